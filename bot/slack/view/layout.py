"""Paragraphs become messages: long ones are cut between sentences, and blocks are made of the rest.

Knows nothing of answers. Nothing is lost on the way: what stood in the paragraphs stands in the
messages, but for blanks where a message ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from bot.reply.graphemes import is_border
from bot.slack.view.values import Json, Paragraph, ParagraphKind, Run
from ingest.sentences import sentences

# Slack takes text of 4,000 characters as one message, and documents no sum over rich text, though
# it has an error for one (`msg_blocks_too_long`). Addresses count a third: nobody reads them.
_MOST = 12_000
_PER_CHARACTER = 3
# Characters: a shorter paragraph is not cut, cuts are so far apart, and a longer sentence is cut
# where it pauses.
_UNCUT = 400
_APART = 200
_LONGEST = 1000
_PAUSE = re.compile(r"[、，,;；・）)」』\s](?=[^\s])")
# A character may have so many marks before it is cut all the same.
_MARKS = 30


def messages(
    body: Iterable[Paragraph], foot: Sequence[Paragraph]
) -> list[tuple[list[Paragraph], list[Paragraph]]]:
    """Return the body and foot of each message.

    The foot is in one message, the last one, unless it is too long for any: then for the last ones.
    """
    packed = [(part, list[Paragraph]()) for part in _packed(body)]
    if not foot:
        return packed or [([], [])]
    last = packed[-1][0] if packed else []
    if packed and _cost(last) + _cost(foot) <= _MOST:
        return [*packed[:-1], (last, list(foot))]
    return packed + [(list[Paragraph](), part) for part in _packed(foot)]


def _packed(paragraphs: Iterable[Paragraph]) -> list[list[Paragraph]]:
    packed: list[list[Paragraph]] = []
    left = 0
    for piece in (piece for paragraph in paragraphs for piece in pieces(paragraph)):
        cost = _cost([piece])
        if cost > left:
            packed.append([])
            left = _MOST
        packed[-1].append(piece)
        left -= cost
    return [_joined(part) for part in packed]


def _cost(paragraphs: Iterable[Paragraph]) -> int:
    return sum(
        _PER_CHARACTER * (1 + sum(len(run.text) for run in each.runs))
        + sum(len(run.url) for run in each.runs)
        for each in paragraphs
    )


def _joined(part: Sequence[Paragraph]) -> list[Paragraph]:
    """Put together again what was cut and has come into the same message."""
    joined: list[Paragraph] = []
    for piece in part:
        if piece.goes_on and joined:
            joined[-1] = joined[-1].with_runs(*piece.runs)
        else:
            joined.append(piece)
    return joined


# Cutting


def pieces(paragraph: Paragraph) -> list[Paragraph]:
    """Return a paragraph as pieces that follow one another; a short one is one piece.

    No piece ends inside a link, a name or before the numbers of a sentence's sources.
    """
    text = paragraph.text
    if len(text) <= _UNCUT:
        return [paragraph]
    offsets = _thinned(sorted({0, *_allowed(paragraph.runs, _cuts(text)), len(text)}))
    return [
        replace(paragraph, runs=tuple(runs), goes_on=paragraph.goes_on or start > 0)
        for start, runs in zip(offsets, _slices(paragraph.runs, offsets), strict=False)
    ]


def _thinned(offsets: Sequence[int]) -> list[int]:
    """Return the first offset, the last, and of the others those that are some way apart."""
    kept = [offsets[0]]
    for at in offsets[1:-1]:
        if at - kept[-1] >= _APART:
            kept.append(at)
    return [*kept, offsets[-1]]


def _cuts(text: str) -> Iterator[int]:
    """Yield where a text may be cut: between sentences, and inside of those that are too long."""
    starts = [0, *(start for start, _ in sentences(text)[1:]), len(text)]
    for start, end in pairwise(starts):
        at = start
        while end - at > _LONGEST:
            at = _cut(text, at)
            yield at
        yield end


def _cut(text: str, start: int) -> int:
    """Return where to cut a sentence that goes on for more than `_LONGEST` from `start`."""
    end = start + _LONGEST
    pauses = [match.end() for match in _PAUSE.finditer(text, start + _LONGEST // 2, end)]
    if pauses:
        return pauses[-1]
    for at in range(end, end - _MARKS, -1):
        if is_border(text, at):
            return at
    return end


def _allowed(runs: Sequence[Run], cuts: Iterable[int]) -> Iterator[int]:
    """Yield the cuts, those inside of something whole put behind it; both are in order."""
    spans = iter(_whole(runs))
    span = next(spans, None)
    for cut in cuts:
        while span and span[1] <= cut:
            span = next(spans, None)
        yield span[1] if span and span[0] <= cut else cut


def _whole(runs: Sequence[Run]) -> list[tuple[int, int]]:
    """Return the spans where no cut may be: from the first offset up to the one before the last."""
    spans: list[tuple[int, int]] = []
    start = 0
    for run in runs:
        end = start + len(run.text)
        # Before the numbers there is no cut, before a link there may be one.
        first = start if run.whole else start + 1
        if run.whole or run.kind != "text":
            if spans and run.whole and spans[-1][1] == start:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((first, end))
        start = end
    return spans


def _slices(runs: Sequence[Run], offsets: Sequence[int]) -> Iterator[list[Run]]:
    """Yield the runs between offsets, of which the first is 0 and the last the whole length."""
    number, begun = 0, 0
    for start, end in pairwise(offsets):
        room, taken = end - start, list[Run]()
        while room > 0:
            run = runs[number]
            text = run.text[begun : begun + room]
            taken.append(replace(run, text=text) if len(text) < len(run.text) else run)
            room -= len(text)
            begun += len(text)
            if begun == len(run.text):
                number, begun = number + 1, 0
        yield taken


# Blocks


def rich_text(paragraphs: Sequence[Paragraph]) -> list[Json]:
    """Return the block of some paragraphs, none where there is nothing to read."""
    elements = [
        element
        for kind, group in groupby(_trimmed(paragraphs), key=_kind)
        for element in _elements(kind, list(group))
    ]
    return [{"type": "rich_text", "elements": elements}] if elements else []


def _kind(paragraph: Paragraph) -> ParagraphKind:
    # The rest of an item that began in the message before is no new item.
    rest = paragraph.goes_on and paragraph.kind in {"bullet", "ordered"}
    return "plain" if rest else paragraph.kind


def _trimmed(paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """Leave out empty lines but one between two lines of text."""
    kept: list[Paragraph] = []
    blank = False
    for each in paragraphs:
        if not each.text.strip() and each.kind != "code":
            blank = bool(kept)
            continue
        if blank and kept[-1].kind == each.kind == "plain":
            kept.append(Paragraph(()))
        blank = False
        kept.append(each)
    return kept


def _elements(kind: ParagraphKind, group: Sequence[Paragraph]) -> Iterator[Json]:
    if kind in {"bullet", "ordered"}:
        yield from _lists(kind, group)
        return
    if leaves := _leaves(_lines(group)):
        name = {"plain": "section", "quote": "quote", "code": "preformatted"}[kind]
        yield {"type": f"rich_text_{name}", "elements": leaves}


def _lines(group: Sequence[Paragraph]) -> Iterator[Run]:
    for number, paragraph in enumerate(group):
        if number:
            yield Run("\n")
        yield from paragraph.runs


def _lists(kind: ParagraphKind, group: Sequence[Paragraph]) -> Iterator[Json]:
    """Yield a list for each run of items that are equally deep and numbered one after another."""
    for (indent, _), numbered in groupby(enumerate(group), key=_list):
        items = [item for _, item in numbered]
        made: Json = {
            "type": "rich_text_list",
            "style": kind,
            "elements": [
                {"type": "rich_text_section", "elements": _leaves(item.runs)} for item in items
            ],
        }
        if indent:
            made["indent"] = indent
        if items[0].number > 1:
            made["offset"] = items[0].number - 1
        yield made


def _list(placed: tuple[int, Paragraph]) -> tuple[int, int]:
    """Return what items of one list have in common; `placed` is an item with its position."""
    position, item = placed
    return item.indent, item.number - position if item.kind == "ordered" else 0


def _leaves(runs: Iterable[Run]) -> list[Json]:
    """Return elements; neighbours that look the same are one, and none is empty."""
    leaves: list[Json] = []
    for run in runs:
        leaf = _leaf(run)
        if not run.text:
            continue
        if leaves and leaf["type"] == "text" and _alike(leaves[-1], leaf):
            leaves[-1]["text"] += leaf["text"]
        else:
            leaves.append(leaf)
    return leaves


def _alike(one: Json, other: Json) -> bool:
    return one["type"] == "text" and one.get("style") == other.get("style")


def _leaf(run: Run) -> Json:
    if run.kind in {"user", "usergroup"}:
        return {"type": run.kind, f"{run.kind}_id": run.text}
    leaf: Json = {"type": run.kind, "text": run.text}
    if run.kind == "link":
        leaf["url"] = run.url
    style = {name: True for name in ("bold", "code") if getattr(run, name)}
    return leaf | ({"style": style} if style else {})
