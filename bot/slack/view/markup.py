"""What a model wrote, as paragraphs: lists, bold, code, and links to the sources alone.

Knows nothing of Slack's blocks. Markdown by its useful part only, and bold as people mean it:
beside Japanese, where CommonMark does not always see it. Every expression is bounded, so that no
text can make reading slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace

from bot.slack.view.safe import clean, linkable, names_another_site
from bot.slack.view.values import Paragraph, Run, plain

_FENCE = re.compile(r"\s{0,3}```[\w+#.-]*\s*")
_HEADING = re.compile(r"#{1,6}[ \t]+(?=\S)")
_BULLET = re.compile(r"([ \t]*)[-*+][ \t]+(?=\S)")
_ORDERED = re.compile(r"([ \t]*)(\d{1,3})[.)][ \t]+(?=\S)")
_QUOTE = re.compile(r">[ \t]?")
_INLINE = re.compile(
    r"(?<!`)(?P<ticks>`{1,3})(?!`)(?P<code>[^\n]{1,500}?)(?<!`)(?P=ticks)(?!`)"
    r"|\*\*(?=[^\s*])(?P<bold>[^\n]{1,300}?)(?<=[^\s*])\*\*"
    r"|!?\[(?P<label>[^\[\]\n]{0,300})\]\((?P<url>[^\s()<>]{1,2000})\)"
)
_INDENT = 2
_DEEPEST = 4


def literal(text: str) -> list[Paragraph]:
    """Return a text word for word, a paragraph a line."""
    return [plain(line) for line in clean(text).strip().split("\n")]


def paragraphs(text: str, own: AbstractSet[str]) -> list[Paragraph]:
    """Return what a model wrote; `own` are the linkable addresses of the sources.

    A link to anywhere else reads `label (address)`. Without any text there is one empty paragraph.
    """
    return list(_paragraphs(clean(text).strip(), own))


def _paragraphs(text: str, own: AbstractSet[str]) -> Iterator[Paragraph]:
    fenced = False
    for line in text.split("\n"):
        if _FENCE.fullmatch(line):
            fenced = not fenced
        elif fenced:
            yield Paragraph((Run(line),), "code")
        else:
            yield _paragraph(line, own)


def _paragraph(line: str, own: AbstractSet[str]) -> Paragraph:
    if match := _HEADING.match(line):
        return Paragraph(tuple(inline(line[match.end() :], own, bold=True)))
    if match := _BULLET.match(line):
        return Paragraph(_runs(line, match, own), "bullet", _depth(match))
    if match := _ORDERED.match(line):
        return Paragraph(_runs(line, match, own), "ordered", _depth(match), int(match[2]))
    if match := _QUOTE.match(line):
        return Paragraph(_runs(line, match, own), "quote")
    return Paragraph(tuple(inline(line, own)))


def _runs(line: str, match: re.Match[str], own: AbstractSet[str]) -> tuple[Run, ...]:
    return tuple(inline(line[match.end() :], own))


def _depth(match: re.Match[str]) -> int:
    return min(len(match[1].expandtabs(4)) // _INDENT, _DEEPEST)


def inline(text: str, own: AbstractSet[str], *, bold: bool = False) -> Iterator[Run]:
    """Yield the runs of one line."""
    last = 0
    for match in _INLINE.finditer(text):
        if match.start() > last:
            yield Run(text[last : match.start()], bold=bold)
        last = match.end()
        if match["code"] is not None:
            yield Run(match["code"], code=True, bold=bold)
        elif match["bold"] is not None:
            yield from inline(match["bold"], own, bold=True)
        else:
            yield replace(_link(match["label"], match["url"], own), bold=bold)
    if last < len(text):
        yield Run(text[last:], bold=bold)


def _link(label: str, url: str, own: AbstractSet[str]) -> Run:
    address = linkable(url)
    if address and address in own and label and not names_another_site(label, address):
        return Run(label, "link", address)
    return Run(f"{label} ({url})" if label else url)
