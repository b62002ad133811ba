"""What is wrong with a question and answer that a model made of a text; nothing, where it is kept.

Pure: looks at the two and the text, and asks nobody. Whether the question leads back to its text is
for the search to say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Literal

Flaw = Literal[
    "no question",
    "too short",
    "too long",
    "tags",
    "copied",
    "said before",
    "answer not in the text",
    "not found",
]
"""Why a pair is dropped; `not found`: the question does not lead to its own chunk."""

SHORTEST_QUESTION, LONGEST_QUESTION = 5, 200
"""Characters. What is shorter tells no chunk from another, what is longer holds several questions:
the 4,442 questions of JSQuAD have 7 to 98."""
COPIED = 15
"""Characters: so much of a text in a row is a sentence of it; 有給休暇の申請は？ is a question."""
LONGEST_ANSWER = 500
"""Characters: what is longer retells the chunk."""

_ASKS = re.compile(
    r"""[?？؟]["'」』）)]*$
      | (か|かな|かしら|でしょう|ください|下さい|なさい|教えて|答えよ|[あ挙上]げよ|は)[。.．！!]?$
      | (何|誰|だれ|どこ|いつ|なに|なん|いくつ|いくら|どれ|どの|どんな|どちら|どう|なぜ).{0,8}$
      | (吗|呢|까|나요|가요|주세요)[。.．！!]?$
      | ^(what|which|who|whose|whom|when|where|why|how)\b
      | ^(is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_TAGS = re.compile(
    r"<<|>>|<\||\|>|\[/?(INST|ATTR)\b|</?s>|^\s*(USER|ASSISTANT|SYSTEM)\s*:", re.IGNORECASE
)
_MARKS = re.compile(r"[?？!！。．.、,，「」『』\"']")
# Words that carry a meaning, without dictionaries: runs of one kind of writing. A kanji run goes
# with no okurigana, so that conjugation does not matter.
_TERMS = re.compile(
    r"[0-9][0-9.,:/-]*[0-9]|[0-9]|[a-z][a-z'-]*|[\u30a1-\u30ff]{2,}|[\u3400-\u9fff々]+|[\uac00-\ud7af]+"
)
# Words of English answers that a text may well put otherwise.
_LIGHT = frozenset(
    """a an and are as at be been but by can do does for from had has have if in into is it its may
    must no not of on or so such than that the their them then there these they this to was were
    which will with would yes you your""".split()  # noqa: SIM905 - a list of 53 reads worse
)


def flaw(question: str, answer: str, text: str, others: Collection[str] = ()) -> Flaw | None:
    """Return what is wrong with a pair, None where nothing is; `others` are questions of the text.

    The answer must stand in the text word for word (widths, cases and blanks apart), or, where it
    is a sentence, all of its words that carry a meaning must.
    """
    asked = _bare(question)
    wrong: dict[Flaw, bool] = {
        "too short": len(asked) < SHORTEST_QUESTION or not answer.strip(),
        "too long": len(question) > LONGEST_QUESTION or len(answer) > LONGEST_ANSWER,
        "tags": bool(_TAGS.search(question) or _TAGS.search(answer)),
        "no question": not _ASKS.search(question.strip()),
        "copied": len(asked) >= COPIED and asked in _bare(text),
        "said before": asked in map(_bare, others),
        "answer not in the text": not stands(answer, text),
    }
    return next((name for name, is_so in wrong.items() if is_so), None)


def stands(answer: str, text: str) -> bool:
    """Tell whether a text bears an answer."""
    held = folded(text)
    if _holds(held, folded(answer).strip("。.「」")):
        return True
    spaced = unicodedata.normalize("NFKC", answer).lower()
    terms = [term for term in _TERMS.findall(spaced) if term not in _LIGHT]
    return bool(terms) and all(_holds(held, term) for term in terms)


def folded(text: str) -> str:
    """Return a text with the widths and cases of its characters folded, and without blanks."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def cleaned(text: str) -> str:
    """Return a text on one line, without characters that no database or terminal takes."""
    shown = (" " if unicodedata.category(char) == "Cc" else char for char in text)
    return " ".join("".join(char for char in shown if unicodedata.category(char) != "Cs").split())


def _bare(text: str) -> str:
    return _MARKS.sub("", folded(text))


def _holds(text: str, term: str) -> bool:
    """Tell whether a folded text holds a term that is no part of a longer number."""
    start = text.find(term)
    while term and start >= 0:
        before, behind = text[start - 1 : start], text[start + len(term) :][:2]
        if not (_goes_on(before, term[0]) or _follows(term[-1], behind)):
            return True
        start = text.find(term, start + 1)
    return False


def _goes_on(before: str, first: str) -> bool:
    return first.isdecimal() and (before.isdecimal() or before in {".", ","})


def _follows(last: str, behind: str) -> bool:
    if not last.isdecimal() or not behind:
        return False
    return behind[0].isdecimal() or (behind[0] in ".," and behind[1:].isdecimal())
