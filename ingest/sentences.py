"""Where sentences of Japanese (and English) text end, as offsets into the text.

Knows nothing of chunks nor of words: it looks at punctuation only, in one pass of one expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# A bracket that closes within this many characters is one unit: the 。 inside
# （宿泊費を含む。以下同じ。） ends nothing. Beyond it the bracket is taken for unbalanced.
_BRACKET_REACH = 200

_BRACKETS = "|".join(
    f"{opening}[^{opening}{closing}\\n]{{0,{_BRACKET_REACH}}}{closing}"
    for opening, closing in (("（", "）"), (r"\(", r"\)"), ("「", "」"), ("『", "』"), ("【", "】"))
)
_JAPANESE = "\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f"
_CLOSERS = "」』）)】》〉”’\"'"

_END = re.compile(
    rf"""
    (?P<unit>{_BRACKETS})
  | (?P<line>[\n\r\u2028\u2029\f\v]+)
  | (?P<full>[。｡！？‼⁇⁈⁉]+[!?]*)
  | (?P<mark>(?<=[{_JAPANESE}{_CLOSERS}])[!?]+(?![0-9A-Za-z])  # ありますか?
           | [!?]+(?=[\s{_CLOSERS}]|\Z))
  | (?P<wide>(?<=[{_JAPANESE}）」])．(?![0-9０-９]))
  | (?P<stop>(?<=[0-9A-Za-z{_CLOSERS}])\.(?=[{_CLOSERS}]*(?:\s+[^\sa-z]|\s*\Z)))
    """,
    re.VERBOSE,
)
# 「はい。」と答えた and なぜ？という go on; so does a quotation before any other particle.
_QUOTING = re.compile(r"と|って")
_PARTICLE = re.compile(r"[とはがをにのもでや、，,]|って|など|から")
_CLOSING = re.compile(rf"[{_CLOSERS}]+")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|cf|vs|Nos?|Fig|Mrs?|Ms|Dr|Inc|Ltd|Co|St|[A-Z])\Z")
_ENDS_INSIDE = re.compile(rf"[。｡！？!?][{_CLOSERS}]+\Z")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the spans (start, end) of the sentences, in order, without the blanks around them.

    A sentence ends behind 。！？ and the brackets that close there, behind `. ! ?` where a new one
    begins, and at the end of a line. Nothing but blanks stands between two spans. Never cut are a
    number (3.5, ３．５), an address, a bracket （…。）, and a quotation that goes on: 「…。」と.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for end in _ends(text):
        _add(spans, text, start, end)
        start = end
    _add(spans, text, start, len(text))
    return spans


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        first = start + len(piece) - len(piece.lstrip())
        spans.append((first, first + len(stripped)))


def _ends(text: str) -> Iterator[int]:
    """Yield where sentences end; the last one may have no end of its own."""
    for match in _END.finditer(text):
        end = match.end()
        behind = _behind_closers(text, end)
        if match.lastgroup == "line" or (
            # 「…。」 ends a sentence, unless what follows depends on it; （…。） does not.
            match.lastgroup == "unit"
            and match.group()[0] in "「『"
            and behind == end
            and _ENDS_INSIDE.search(match.group())
            and not _PARTICLE.match(text, end)
        ):
            yield end
        elif match.lastgroup == "stop":
            if not _ABBREVIATION.search(text, max(0, match.start() - 5), match.start()):
                yield behind
        elif match.lastgroup in {"full", "mark", "wide"}:
            goes_on = _QUOTING if behind == end else _PARTICLE
            if not goes_on.match(text, behind):
                yield behind


def _behind_closers(text: str, end: int) -> int:
    closers = _CLOSING.match(text, end)
    return closers.end() if closers else end
