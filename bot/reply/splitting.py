"""A long text becomes several messages, cut where a reader would pause.

Knows Markdown's and Slack's marks only as far as they must not be torn apart, and nothing of a
platform's limits: the caller names them, and how it counts.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from bot.reply.graphemes import is_border
from ingest.sentences import sentences

Length = Callable[[str], int]


class _Border(IntEnum):
    """What ends at an offset; the lower, the better it is to cut there."""

    PARAGRAPH = 0
    LINE = 1
    SENTENCE = 2
    CLAUSE = 3
    WORD = 4
    CHARACTER = 5


# Never cut, however long the text: links, citations, mentions, code in a line.
_WHOLE = re.compile(
    r"""
    !?\[[^\[\]\n]{0,500}\]\(<?[^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*>?(?:\s"[^"\n]*")?\)  # [..](..)
  | <[^<>\s][^<>\n]{0,3000}>                       # <url|label>, <@U1>, <:name:1>
  | (?:\[\d{1,3}\])+                               # [1][2]
  | (?:https?|mailto|slack)://?[^\s<>「」（）、。]+
  | `[^`\n]+`
  | :[a-z0-9_+-]{2,40}:                            # :smile:
  | ^[ \t\u3000]*(?:[-*+・•]|\d{1,3}[.)．]|\#{1,6}|>)[ \t\u3000]+\S   # the mark of a list item
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
# Kept together where that is possible.
_TOGETHER = re.compile(r"「[^「」\n]*」|『[^『』\n]*』|“[^“”\n]*”|\*\*[^*\n]+\*\*|（[^（）\n]*）")
_BEHIND = re.compile(r"(?:\[\d{1,3}\]|[」』）)】”*])+")
"""What belongs to a sentence although it stands behind its 。"""
_LINE = re.compile(r"\n(?P<blank>(?:[ \t\u3000]*\n)+)?")
_CLAUSE = re.compile(r"[、，；;：]|,(?=\s)|[　\s](?=\S)")
# Before a word that carries meaning: 申請は|勤怠システムから|行う.
_WORD = re.compile("(?<=[ぁ-ん])(?=[一-龠々ァ-ヺA-Za-z0-9（「『【“])")
_NOT_FIRST = frozenset(
    "、。，．・：；？！?!,.)）」』】”’ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々〜～…"
)
_NOT_LAST = frozenset("（(「『【“‘")
_FENCE = re.compile(
    r"^(?P<open>[ ]{0,3}(?P<mark>`{3,}|~{3,})[^\n`]*)\n"
    r"(?P<body>.*?)(?P<close>^[ ]{0,3}(?P=mark)[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Fence:
    """A block of code; offsets of its body."""

    opening: str
    closing: str
    begin: int
    end: int


@dataclass
class _Marked:
    """A text and where it can be cut."""

    text: str
    fences: list[_Fence] = field(default_factory=list)
    borders: dict[_Border, list[int]] = field(default_factory=dict)
    whole: list[tuple[int, int]] = field(default_factory=list)
    together: list[tuple[int, int]] = field(default_factory=list)

    def fence(self, at: int) -> _Fence | None:
        """Return the block of code that goes on across an offset."""
        return next((f for f in self.fences if f.begin < at < f.end), None)


def split(text: str, limit: int, *, length: Length = len) -> list[str]:
    """Return the text in parts of at most `limit`, none of them blank; no part for a blank text.

    A part ends with a paragraph, line or sentence; only a sentence that is too long itself is cut
    at 、, else between words, else between characters. A block of code that is cut is closed, and
    opened again in the next part; apart from that, the parts joined are the text without the
    blanks around the cuts. `length` counts as the platform does; it must not shrink as a text
    grows. Raises `ValueError` where not even one character fits.
    """
    if limit < 1:
        raise ValueError(f"No text fits into {limit} characters; the limit must be 1 or more")
    if length(text.strip()) <= limit:
        return [text.strip()] if text.strip() else []
    return list(_parts(_marked(text), limit, length))


def _parts(marked: _Marked, limit: int, length: Length) -> Iterator[str]:
    text, start, opening = marked.text, 0, ""
    while True:
        start = _skip_blanks(text, start, in_code=bool(opening))
        if start >= len(text) or not text[start:].strip():
            return
        rest = opening + text[start:].rstrip()
        if length(rest) <= limit:
            yield rest
            return
        end, fence = _cut(marked, start, opening, limit, length)
        yield _part(text, start, end, opening, fence)
        opening = f"{fence.opening}\n" if fence else ""
        start = end


def _part(text: str, start: int, end: int, opening: str, fence: _Fence | None) -> str:
    closing = f"\n{fence.closing}" if fence else ""
    return opening + text[start:end].rstrip() + closing


def _skip_blanks(text: str, start: int, *, in_code: bool) -> int:
    """Return where the next part begins; the indentation of a line of code stays."""
    first = start + len(text[start:]) - len(text[start:].lstrip())
    if not in_code:
        return first
    return max(start, text.rfind("\n", start, first) + 1)


def _cut(
    marked: _Marked, start: int, opening: str, limit: int, length: Length
) -> tuple[int, _Fence | None]:
    """Return where the part that begins at `start` ends, and the code that goes on there."""
    text = marked.text
    reach = _reach(text, start, opening, limit, length)
    for end in _candidates(marked, start, reach):
        fence = _reopened(marked, end, limit, length)
        part = _part(text, start, end, opening, fence)
        if text[start:end].strip() and length(part) <= limit:
            return end, fence
    # Not even one character beside what opens the code again: go on without.
    for end in range(_reach(text, start, "", limit, length), start, -1):
        if length(text[start:end].strip()) <= limit:
            return end, None
    raise ValueError(f"Not even {text[start]!r} fits into {limit} characters")


def _reach(text: str, start: int, opening: str, limit: int, length: Length) -> int:
    """Return the last offset up to which the text fits."""
    low, high = start, min(len(text), start + limit)
    if length(opening + text[start:high]) <= limit:
        while high < len(text) and length(opening + text[start : high + 1]) <= limit:
            high += 1
        return high
    while low < high:
        middle = (low + high + 1) // 2
        if length(opening + text[start:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def _reopened(marked: _Marked, at: int, limit: int, length: Length) -> _Fence | None:
    """Return the code that goes on, unless its marks would fill the parts themselves."""
    fence = marked.fence(at)
    if fence and length(f"{fence.opening}\n\n{fence.closing}") * 2 <= limit:
        return fence
    return None


def _candidates(marked: _Marked, start: int, reach: int) -> Iterator[int]:
    """Yield where a part may end, the best place first."""
    half = start + (reach - start) // 2
    borders, whole = marked.borders, marked.whole
    kept = [*whole, *marked.together]
    # A border of a block is worth a shorter message, down to half of what fits.
    for kind in (_Border.PARAGRAPH, _Border.LINE):
        yield from _descending(borders[kind], half, reach, kept)
    for kind in (_Border.SENTENCE, _Border.CLAUSE):
        # Borders of sentences hold those of lines as well.
        yield from _descending(borders[kind], start, reach, kept)
        yield from _descending(borders[kind], start, reach, whole)
    for kind in (_Border.WORD, _Border.CHARACTER):
        yield from _descending(borders[kind], start, reach, kept)
        yield from _descending(borders[kind], start, reach, whole)
    anywhere = [at for at in range(start + 1, reach + 1) if is_border(marked.text, at)]
    yield from _descending(anywhere, start, reach, whole)
    yield from _descending(anywhere, start, reach, [])
    yield from range(reach, start, -1)


def _descending(
    borders: list[int], after: int, reach: int, spans: list[tuple[int, int]]
) -> Iterator[int]:
    inner = [span for span in spans if span[0] < reach and after < span[1]]
    for at in reversed(borders[bisect_right(borders, after) : bisect_right(borders, reach)]):
        if not any(begin < at < end for begin, end in inner):
            yield at


def _marked(text: str) -> _Marked:
    marked = _Marked(text)
    code: list[tuple[int, int]] = []
    for match in _FENCE.finditer(text):
        begin, end = match.span("body")
        marked.fences.append(_Fence(match["open"], match["mark"], begin, end))
        code.append((begin, end))
        # The marks stay with a line of what they enclose.
        marked.whole += [(match.start("open"), begin + 1), (end - 1, match.end())]
    outside = _outside(code)
    marked.whole += outside(match.span() for match in _WHOLE.finditer(text))
    marked.together += outside(match.span() for match in _TOGETHER.finditer(text))
    _find_borders(marked, code)
    return marked


def _outside(
    code: list[tuple[int, int]],
) -> Callable[[Iterable[tuple[int, int]]], list[tuple[int, int]]]:
    def pick(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        return [span for span in spans if not any(b <= span[0] < e for b, e in code)]

    return pick


def _find_borders(marked: _Marked, code: list[tuple[int, int]]) -> None:
    text = marked.text
    lines = list(_LINE.finditer(text))
    line = [match.end() for match in lines]
    paragraph = [match.end() for match in lines if match["blank"]]
    prose = _outside(code)
    full = prose((_behind(text, end), end) for _, end in sentences(text))
    clause = prose(match.span() for match in _CLAUSE.finditer(text))
    sentence = sorted({*line, *(at for at, _ in full)})
    borders = {
        _Border.PARAGRAPH: [at for at in paragraph if not marked.fence(at)],
        _Border.LINE: line,
        _Border.SENTENCE: sentence,
        _Border.CLAUSE: sorted({end for _, end in clause}),
        _Border.WORD: [match.start() for match in _WORD.finditer(text)],
        _Border.CHARACTER: [at for at in range(1, len(text)) if _between_characters(text, at)],
    }
    # A combining mark may stand behind 。, too.
    marked.borders = {
        kind: [at for at in ats if is_border(text, at)] for kind, ats in borders.items()
    }


def _between_characters(text: str, at: int) -> bool:
    """Tell whether a line of Japanese may break here: within no word of Latin letters."""
    before, after = text[at - 1], text[at]
    one_word = before.isascii() and after.isascii()
    return not (one_word or after in _NOT_FIRST or before in _NOT_LAST)


def _behind(text: str, end: int) -> int:
    """Return the end of a sentence with the citations behind it."""
    closing = _BEHIND.match(text, end)
    return closing.end() if closing else end
