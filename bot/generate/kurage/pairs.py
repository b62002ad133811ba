"""Questions with their answers, from what Kurage makes of a chunk.

Knows nothing of whether a pair is any good: a round trip tells, elsewhere.
"""

from __future__ import annotations

from bot.generate.kurage.sections import sections


def pairs(raw: str, *, complete: bool) -> list[tuple[str, str]]:
    """Return the (question, answer) pairs of an output, each once, word for word.

    The last one is dropped where the output is not `complete`: half an answer is none.
    """
    found: dict[tuple[str, str], None] = {}
    question = ""
    for part in sections(raw, going_on=True):
        text = raw[part.begin : part.end].strip()
        if part.kind == "question" and text:
            question = text
        elif part.kind == "answer" and text and question:
            if complete or part.closed:
                found[question, text] = None
            question = ""
    return list(found)
