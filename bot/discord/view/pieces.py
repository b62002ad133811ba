"""Statements become pieces of markdown that a message may be cut between.

Of a model's markdown bold text, bulleted lists and code are kept where they are balanced;
everything else reads as it was written. A piece is a sentence with its numbers, a quotation, a list
item, a line of code. Knows nothing of how long a message may be.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from bot import reply
from bot.discord.view.text import JOINER, SPAN, clean, literal, unpinged
from bot.exchange import Language, Statement, Style
from bot.reply.graphemes import is_border
from bot.reply.splitting import split
from ingest.sentences import sentences


@dataclass(frozen=True, slots=True, eq=False)
class Fence:
    """A block of code; one is never another."""

    language: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Markdown that stands on its own, so that a message may begin with it."""

    text: str
    joint: str = "\n"
    """What stands between it and the piece before it in the same message."""
    prefix: str = ""
    """What begins each of its lines: `> ` of a quotation."""
    fence: Fence | None = None
    """The block of code whose line it is; then `text` is no markdown."""


# A bare mark both opens and closes.
_MARK = re.compile(r" {0,3}```(?P<language>[A-Za-z0-9_+.\-]{0,20}) *")
# What is kept of one line: spans within which no sentence may end.
_SPANS = re.compile(
    rf"(?<!`)(?P<ticks>`{{1,2}})(?!`)(?P<code>[^`]{{1,{SPAN}}})(?P=ticks)(?!`)"
    rf"|(?<!\*)\*\*(?=[^\s*])(?P<bold>[^*]{{1,{SPAN}}})(?<!\s)\*\*(?!\*)"
)
_BLANK_LINES = re.compile(r"\A(?:[^\S\n]*\n)+")
_LONG = 600
"""Characters that stand on their own: disarmed they are at most three times as many, and with their
numbers a message holds them."""
_ITEM = re.compile(r"( {0,8})[*-] +(?=\S)")


def statements(
    parts: Iterable[Statement], language: Language, style: Style = "short"
) -> Iterator[Piece]:
    """Yield an answer's statements with their numbers, in order.

    Plain sentences of a short answer stand in one line, as people write; what is quoted, has lines
    of its own or is long begins a new one.
    """
    flowing = False
    for number, part in enumerate(parts):
        plain = style == "short" and not part.verbatim and _one_sentence_line(part.text)
        joint = " " if plain and flowing else "\n"
        flowing = plain and not part.text.endswith("\n")
        made = _quotation(part, language) if part.verbatim else _written(part, language)
        for place, piece in enumerate(made):
            first = place == 0 and number > 0
            yield replace(piece, joint=joint) if first else piece


def _one_sentence_line(text: str) -> bool:
    text = clean(text).strip()
    return "\n" not in text and not _ITEM.match(text)


def _around(part: Statement, language: Language) -> tuple[str, str]:
    """Return what stands before and behind a statement's text: brackets and numbers."""
    before, _, behind = reply.statement(replace(part, text="\0"), language).partition("\0")
    return literal(before), literal(behind)


def _quotation(part: Statement, language: Language) -> list[Piece]:
    text = part.text.strip()
    before, behind = _around(part, language)
    if len(text) <= _LONG:
        return [Piece(f"{before}{literal(text)}{behind}")]
    made = list(_lines(text, literal))
    made = made or [Piece("")]
    made[0] = replace(made[0], text=before + made[0].text)
    made[-1] = replace(made[-1], text=made[-1].text + behind)
    return made


def _written(part: Statement, language: Language) -> list[Piece]:
    made = list(markdown(part.text))
    _, behind = _around(part, language)
    if not made or made[-1].fence:
        return [*made, Piece(behind)]
    return [*made[:-1], replace(made[-1], text=made[-1].text + behind)]


def markdown(text: str) -> Iterator[Piece]:
    """Yield what a model wrote, sentence by sentence and line by line."""
    lines = clean(text).strip("\n").split("\n")
    marks = [place for place, line in enumerate(lines) if line.strip(" ") == "```"]
    start = at = 0
    while at < len(lines):
        found = _MARK.fullmatch(lines[at])
        end = marks[bisect_right(marks, at)] if found and marks and marks[-1] > at else at
        body = "\n".join(lines[at + 1 : end]).strip("\n")
        if found and body.strip():
            yield from _lines("\n".join(lines[start:at]), inline)
            yield from code_lines(body, found["language"])
            start = end + 1
            at = end
        at += 1
    yield from _lines("\n".join(lines[start:]), inline)


def code_lines(body: str, language: str) -> Iterator[Piece]:
    """Yield the lines of a block of clean text, which can not end the block."""
    fence = Fence(language)
    for line in _BLANK_LINES.sub("", body).replace("```", "｀｀｀").split("\n"):
        start = 0
        for at in range(1, len(line) + 1):
            full = at - start >= _LONG and (is_border(line, at) or at - start >= _LONG * 3 // 2)
            if full or at == len(line):
                yield Piece(unpinged(line[start:at]), fence=fence)
                start = at
        if not line:
            yield Piece("", fence=fence)


def _lines(text: str, shown: Callable[[str], str]) -> Iterator[Piece]:
    joint = "\n"
    for line in clean(text).strip("\n").split("\n"):
        if not line.strip():
            joint = "\n\n"
            continue
        yield from _line(line.rstrip(), joint, shown)
        joint = "\n"


def _line(line: str, joint: str, shown: Callable[[str], str]) -> Iterator[Piece]:
    item = _ITEM.match(line) if shown is inline else None
    bullet = f"{item[1]}- " if item else ""
    for sentence, blanks in _cut(line[item.end() :] if item else line):
        yield Piece(bullet + shown(sentence), joint=joint if blanks is None else blanks)
        bullet = ""


def _cut(line: str) -> Iterator[tuple[str, str | None]]:
    """Yield sentences with the blanks before them (None: the line begins), no span being torn."""
    spans = iter([*(found.span() for found in _SPANS.finditer(line)), (len(line), len(line))])
    first, last = next(spans)
    start = 0
    for end in [*(end for _, end in sentences(line)[:-1]), len(line)]:
        while last <= end < len(line):
            first, last = next(spans)
        if first < end < last:
            continue
        for piece in split(line[start:end], _LONG):
            at = line.index(piece, start)
            yield piece, line[start:at] if start else None
            start = at + len(piece)


def inline(text: str) -> str:
    """Return clean text with the bold and code that a model set; all else as it reads."""
    made, end = "", 0
    for found in _SPANS.finditer(text):
        made += literal(text[end : found.start()])
        # Two spans side by side would be read as one.
        made += JOINER + _span(found) if made.endswith(("`", "*")) else _span(found)
        end = found.end()
    rest = literal(text[end:])
    return made + JOINER + rest if made.endswith("`") and rest.startswith("`") else made + rest


def _span(found: re.Match[str]) -> str:
    if found["bold"]:
        return f"**{literal(found['bold'])}**"
    return f"`{unpinged(found['code'])}`" if found["code"].strip() else literal(found[0])


def quoted(text: str) -> Iterator[Piece]:
    """Yield what a person wrote as a quotation, sentence by sentence."""
    for piece in _lines(text, literal):
        yield replace(piece, prefix="> ")
