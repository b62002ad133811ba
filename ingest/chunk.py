"""Blocks become chunks: by heading, then by Japanese sentence, under a hard ceiling of tokens.

Knows nothing of documents' formats nor of vectors.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ingest.extract.blocks import Block, Kind
from ingest.sentences import sentences

# Kurage was trained on chunks of 250, 500 and 1,000 tokens: aim at the middle, stay in the range.
TARGET = 500
CEILING = 1000
FINGERPRINT = f"chunk-1:{TARGET}:{CEILING}"
"""Identifies what `chunk` emits: a different one needs a new generation of the index."""

_LETTERS_AND_SPACE = b" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Where a sentence that is itself too long may be cut, best first.
_PAUSES = (re.compile(r"[、，,;；]\s*"), re.compile(r"\s+"), re.compile(r"[・／/|）)」』]"))
# Cuts inside these are avoided where there is any other place: addresses, numbers, words.
_RUN = re.compile(r"https?://[!-~]+|[0-9０-９][0-9０-９.,．，:：/]*|[A-Za-z]+")
# How far behind a cut an address or a word is followed to see whether the cut is inside it.
_RUN_REACH = 200
# Belong to the character before them although Unicode does not class them as marks: the joiner of
# emoji, half-width voicing marks (カ + ﾞ), skin tones, tags, the second letter of a flag, and low
# surrogates of text that was decoded badly.
_EXTENDING = re.compile(
    "[\u200d\uff9e\uff9f\udc00-\udfff\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage that is found, shown and cited as one."""

    ordinal: int
    """Position in the document, from 0."""
    title: str
    """The document's title: context, not part of `text`."""
    headings: tuple[str, ...]
    """The path of headings above it: context, not part of `text`."""
    text: str
    kind: Kind
    """Of a mixed chunk (a sentence and its table), the kind of the larger part of its text."""
    anchor: str
    """Fragment of a link to it, without `#`; empty for the top of the document."""

    def __reduce__(self) -> tuple[type[Chunk], tuple[Any, ...]]:
        """Travel between processes five times faster than a dataclass does by itself."""
        return Chunk, (self.ordinal, self.title, self.headings, self.text, self.kind, self.anchor)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text that is not torn unless it alone passes the ceiling."""

    text: str
    kind: Kind
    joint: str
    """What stood between it and the piece before it."""
    header: str = ""
    """Header rows of its table, repeated in every chunk that begins behind them."""


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a language model reads, rather too many than too few.

    By class of character: one token a kana or kanji; one a digit and a sign, as Qwen2 splits them;
    one for three Latin letters or blanks; three beyond U+FFFF, where rare kanji and emoji fall
    apart into bytes. Qwen2's vocabulary needs 0.81 of it over 17,000 encyclopaedia passages (above
    it in 2.7 %, by at most 20 %) and 0.70 over 593 FAQ answers (never above it).
    """
    ascii_ = text.encode("ascii", "ignore")
    signs = len(ascii_.translate(None, _LETTERS_AND_SPACE))
    units = len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
    # UTF-16 has two units for a character beyond U+FFFF: 1 + 2 tokens.
    wide = len(text) - len(ascii_) + 2 * (units - len(text))
    return wide + signs + (len(ascii_) - signs + 2) // 3


def chunk(
    title: str,
    blocks: Sequence[Block],
    *,
    target: int = TARGET,
    ceiling: int = CEILING,
    count: Callable[[str], int] = estimate_tokens,
) -> list[Chunk]:
    """Return the chunks of a document: about `target` tokens each, none above `ceiling`.

    Blocks under one heading that one link leads to share chunks; a chunk never spans two of them.
    Together the chunks hold all text of the blocks, in order; only the blanks at cuts are dropped,
    and the header rows of a split table are repeated. `count` returns the tokens of a text.
    """
    chunks: list[Chunk] = []
    for (headings, anchor), section in groupby(blocks, key=lambda b: (b.headings, b.anchor)):
        for pieces in _pack(tuple(section), target, ceiling, count):
            text = _join(pieces)
            if text:
                kind = _kind(pieces)
                chunks.append(Chunk(len(chunks), title, headings, text, kind, anchor))
    return chunks


def _pack(
    section: Sequence[Block], target: int, ceiling: int, count: Callable[[str], int]
) -> Iterator[list[_Piece]]:
    """Yield the pieces of each chunk of a section, chunks of about equal size."""
    sizes = [count(block.text) for block in section]
    total = sum(sizes)
    goal = total / max(1, round(total / target), -(-total // ceiling))
    pieces: list[_Piece] = []
    for block, size in zip(section, sizes, strict=True):
        # Code is torn only where it can not stay whole at all.
        whole = size <= (ceiling if block.kind == "code" else min(goal, ceiling))
        pieces += [_Piece(block.text, block.kind, "\n")] if whole else _SPLIT[block.kind](block)
    weights = sizes if len(pieces) == len(section) else [count(piece.text) for piece in pieces]
    for share in _shares(pieces, weights, goal):
        yield from _under(share, ceiling, count)


def _shares(pieces: list[_Piece], weights: list[int], goal: float) -> Iterator[list[_Piece]]:
    """Deal consecutive pieces out so that each boundary lies as near as it can to its place."""
    share: list[_Piece] = []
    number, before = 0, 0.0
    for piece, weight in zip(pieces, weights, strict=True):
        middle = int((before + weight / 2) / goal) if goal else 0
        if share and middle > number:
            yield share
            share = []
        number = max(number, middle)
        share.append(piece)
        before += weight
    if share:
        yield share


def _rows(block: Block) -> Iterator[_Piece]:
    lines = block.text.split("\n")
    rows = lines[block.header_rows :]
    header = "\n".join(lines[: block.header_rows]) if rows else ""
    if header:
        # The header stays with the first row: alone it tells nothing.
        yield _Piece(f"{header}\n{rows[0]}", "table", "\n")
    for row in rows[1:] if header else lines:
        yield _Piece(row, "table", "\n", header)


def _lines(block: Block) -> Iterator[_Piece]:
    for line in block.text.split("\n"):
        yield _Piece(line, block.kind, "\n")


def _sentences(block: Block) -> Iterator[_Piece]:
    end = 0
    for start, stop in sentences(block.text):
        joint = block.text[end:start] if end else "\n"
        yield _Piece(block.text[start:stop], block.kind, joint)
        end = stop


_SPLIT: dict[Kind, Callable[[Block], Iterator[_Piece]]] = {
    "paragraph": _sentences,
    "list": _sentences,
    "table": _rows,
    "code": _lines,
}


def _under(
    pieces: list[_Piece], ceiling: int, count: Callable[[str], int]
) -> Iterator[list[_Piece]]:
    """Yield the pieces in as many lists as it takes for each to stay under the ceiling."""
    if count(_join(pieces)) <= ceiling:
        yield pieces
    elif len(pieces) > 1:
        middle = len(pieces) // 2
        yield from _under(pieces[:middle], ceiling, count)
        yield from _under(pieces[middle:], ceiling, count)
    else:
        for text in _cut(pieces[0].text, ceiling, count):
            yield [_Piece(text, pieces[0].kind, "")]


def _join(pieces: Sequence[_Piece]) -> str:
    text = pieces[0].text + "".join(piece.joint + piece.text for piece in pieces[1:])
    if pieces[0].header:
        text = f"{pieces[0].header}\n{text}"
    # The first line of code keeps its indentation.
    return text.strip("\n").rstrip() if pieces[0].kind == "code" else text.strip()


def _kind(pieces: Iterable[_Piece]) -> Kind:
    lengths: dict[Kind, int] = {}
    for piece in pieces:
        lengths[piece.kind] = lengths.get(piece.kind, 0) + len(piece.text)
    return max(lengths, key=lambda kind: lengths[kind])


def _cut(text: str, ceiling: int, count: Callable[[str], int]) -> Iterator[str]:
    """Yield a text that has no sentence to split by in parts that stay under the ceiling."""
    start = 0
    while start < len(text):
        end = _longest(text, start, ceiling, count)
        if end < len(text):
            end = _boundary(text, start, end)
        yield text[start:end]
        start = end


def _longest(text: str, start: int, ceiling: int, count: Callable[[str], int]) -> int:
    """Return the end of the longest part from `start` that is under the ceiling, by bisection.

    At least one character, whatever `count` says of it.
    """
    fits, reach = start + 1, max(1, ceiling)
    while start + reach < len(text) and count(text[start : start + reach]) <= ceiling:
        fits, reach = start + reach, 2 * reach
    fails = min(len(text), start + reach)
    if count(text[start:fails]) <= ceiling:
        return fails
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if count(text[start:middle]) <= ceiling:
            fits = middle
        else:
            fails = middle
    return fits


def _boundary(text: str, start: int, end: int) -> int:
    """Return the best place to cut at or before `end`: at a pause, or else between characters."""
    half = (start + end + 1) // 2
    runs = [run.span() for run in _RUN.finditer(text, start, end + _RUN_REACH)]
    for pause in _PAUSES:
        places = [stop.end() for stop in pause.finditer(text, half, end)]
        for place in reversed(places):
            if not _inside(runs, place):
                return place
    for runs_avoided in (runs, []):
        for place in range(end, half, -1):
            if not _extends(text, place) and not _inside(runs_avoided, place):
                return place
    return end


def _inside(runs: Sequence[tuple[int, int]], place: int) -> bool:
    """Return whether a cut at `place` would tear one of the runs."""
    last = bisect_left(runs, (place, 0)) - 1
    return last >= 0 and runs[last][1] > place


def _extends(text: str, place: int) -> bool:
    """Return whether the character at `place` belongs to the one before it."""
    character = text[place]
    return (
        unicodedata.category(character)[0] == "M"
        or text[place - 1] == "\u200d"
        or _EXTENDING.match(character) is not None
    )
