"""Google Docs as their HTML export looks: written from blocks, in the manner of the service.

Classes `c1`, `c2`, … stand for styles; a run of text is parted into spans inside of words, as edits
leave them; headings have ids by which the editor's links lead to them; links lead through
google.com, and the parameter `ust` of them differs at every export; everything that is not ASCII is
a character reference.
"""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal
from urllib.parse import quote

from rigs.drive.records import HTML, PLAIN, SheetProperties, SlideProperties

Kind = Literal[
    "title", "heading", "text", "bullet", "number", "table", "image", "break", "contents"
]
_BASE36 = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one look, with what hangs on its end."""

    text: str
    bold: bool = False
    link: str | None = None
    footnote: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading, an entry of a list, a table or an image."""

    kind: Kind
    runs: tuple[Run, ...] = ()
    level: int = 0
    """Of a heading 1 to 6; of an entry of a list from 0."""
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def text(self) -> str:
        """Its words, without marks of footnotes and comments."""
        return "".join(run.text for run in self.runs)


def blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a light markup: `% title`, `# heading`, `- `, `1. `, `| a | b |`."""
    found: list[Block] = []
    rows: list[tuple[str, ...]] = []
    for line in [*text.split("\n"), ""]:
        if line.startswith("|"):
            rows.append(tuple(cell.strip() for cell in line.strip().strip("|").split("|")))
            continue
        if rows:
            found.append(Block("table", rows=tuple(rows)))
            rows = []
        if line.strip():
            found.append(_line(line))
    return tuple(found)


def _line(line: str) -> Block:
    marks = len(line) - len(line.lstrip("#"))
    if marks and line[marks : marks + 1] == " ":
        return Block("heading", (Run(line[marks + 1 :]),), level=min(marks, 6))
    if line.startswith("% "):
        return Block("title", (Run(line[2:]),))
    inner = line.lstrip(" ")
    level = (len(line) - len(inner)) // 2
    if inner.startswith("- "):
        return Block("bullet", (Run(inner[2:]),), level=level)
    if inner.startswith("1. "):
        return Block("number", (Run(inner[3:]),), level=level)
    return Block("text", (Run(line),))


def heading_ids(content: Sequence[Block]) -> Iterator[tuple[Block, str | None]]:
    """Yield each block with its id; the same heading keeps its id while others come and go."""
    seen: Counter[str] = Counter()
    for block in content:
        if block.kind in {"title", "heading"}:
            seen[block.text] += 1
            said = hashlib.sha256(f"{block.text}#{seen[block.text]}".encode()).digest()
            yield block, "h." + "".join(_BASE36[one % 36] for one in said[:12])
        else:
            yield block, None


@dataclass(slots=True)
class DocumentBody:
    """A document of blocks."""

    content: tuple[Block, ...]

    def exported(self, media_type: str, moment: int) -> bytes | None:
        if media_type == HTML:
            return Export(moment).html(self.content).encode("ascii")
        if media_type == PLAIN:
            said = (
                "\r\n".join("\t".join(row) for row in one.rows) if one.rows else one.text
                for one in self.content
            )
            return b"\xef\xbb\xbf" + "\r\n".join(said).encode()
        return None

    def stored(self) -> bytes:
        return b""

    def sheets(self) -> tuple[SheetProperties, ...]:
        return ()

    def slides(self) -> tuple[SlideProperties, ...]:
        return ()


@dataclass(slots=True)
class RawBody:
    """A document whose export a test wrote itself."""

    html: bytes

    def exported(self, media_type: str, moment: int) -> bytes | None:
        return self.html if media_type == HTML else None

    def stored(self) -> bytes:
        return b""

    def sheets(self) -> tuple[SheetProperties, ...]:
        return ()

    def slides(self) -> tuple[SlideProperties, ...]:
        return ()


_STYLE = (
    "@import url(https://themes.googleusercontent.com/fonts/css?kit=x3gQsGdTmlV3VYLZ9SLVOhLj8a);"
    "ol.lst-kix_list_1-0{list-style-type:none}"
    '.lst-kix_list_1-0>li:before{content:"\\0025cf   "}'
    "ol{margin:0;padding:0}table td,table th{padding:0}"
    ".c0{padding-top:0pt;line-height:1.15;orphans:2;widows:2;text-align:left}"
    '.c1{color:#000000;font-weight:400;font-size:11pt;font-family:"Arial"}'
    ".c2{font-weight:700}.c3{color:inherit;text-decoration:inherit}.c4{height:11pt}"
    ".c5{border-spacing:0;border-collapse:collapse;margin-right:auto}.c6{border-style:solid}"
    ".c7{max-width:451.4pt;padding:72pt;background-color:#ffffff}"
    ".title{padding-top:0pt;color:#000000;font-size:26pt}li{color:#000000;font-size:11pt}"
    "p{margin:0;color:#000000;font-size:11pt}h1{padding-top:20pt;font-size:20pt}"
)


@dataclass(slots=True)
class Export:
    """One export, at one moment."""

    moment: int
    """Microseconds since 1970; goes into links."""
    _footnotes: list[str] = field(default_factory=list)
    _comments: list[str] = field(default_factory=list)
    _tables: int = 0
    _lists: int = 0

    def html(self, content: Sequence[Block]) -> str:
        """Return the page."""
        body = "".join(self._all(content))
        notes = "".join(
            f'<div><p class="c0"><a href="#ftnt_ref{n}" id="ftnt{n}">[{n}]</a>'
            f'<span class="c1">&nbsp;{self._spans(one)}</span></p></div>'
            for n, one in enumerate(self._footnotes, 1)
        )
        talk = "".join(
            f'<div class="c6"><p class="c0"><a href="#cmnt_ref{n}" id="cmnt{n}">[{_letters(n)}]</a>'
            f'<span class="c1">{_escaped(one)}</span></p></div>'
            for n, one in enumerate(self._comments, 1)
        )
        rule = '<hr class="c8">' if notes else ""
        return (
            '<html><head><meta content="text/html; charset=UTF-8" http-equiv="content-type">'
            f'<style type="text/css">{_STYLE}</style></head><body class="c7 doc-content">'
            f"{body}{rule}{notes}{talk}</body></html>"
        )

    def _all(self, content: Sequence[Block]) -> Iterator[str]:
        headings = [
            (block, name) for block, name in heading_ids(content) if block.kind == "heading"
        ]
        last: Block | None = None
        for block, name in heading_ids(content):
            if block.kind in {"bullet", "number"}:
                yield self._entry(block, last)
            elif block.kind == "contents":
                for heading, aim in headings:
                    words = _escaped(heading.text)
                    yield (
                        f'<p class="c0"><span class="c3"><a class="c3" href="#{aim}">{words}</a>'
                        "</span></p>"
                    )
            else:
                yield self._block(block, name)
            last = block

    def _entry(self, block: Block, last: Block | None) -> str:
        # Every entry stands in a list of its own level; no list is in another one.
        tag = "ul" if block.kind == "bullet" else "ol"
        goes_on = last is not None and last.kind == block.kind
        self._lists += not goes_on
        start = "" if goes_on and last and last.level >= block.level else " start"
        number = ' start="1"' if tag == "ol" else ""
        return (
            f'<{tag} class="c9 lst-kix_list_{self._lists}-{block.level}{start}"{number}>'
            f'<li class="c0 c10 li-bullet-0">{self._runs(block.runs)}</li></{tag}>'
        )

    def _block(self, block: Block, name: str | None) -> str:
        if name:
            tag, look = ("p", "c0 title") if block.kind == "title" else (f"h{block.level}", "c0")
            return f'<{tag} class="{look}" id="{name}">{self._runs(block.runs)}</{tag}>'
        if block.kind == "table":
            return self._table(block.rows)
        if block.kind == "break":
            return '<hr style="page-break-before:always;display:none;">'
        if block.kind == "image":
            return _image(block.text)
        look = "c0" if block.runs else "c0 c4"
        return f'<p class="{look}">{self._runs(block.runs)}</p>'

    def _table(self, rows: Sequence[Sequence[str]]) -> str:
        self._tables += 1
        body = "".join(
            '<tr class="c11">'
            + "".join(
                f'<td class="c6" colspan="1" rowspan="1"><p class="c0">{self._spans(cell)}</p></td>'
                for cell in row
            )
            + "</tr>"
            for row in rows
        )
        name = hashlib.sha256(repr(rows).encode()).hexdigest()[:40]
        return (
            f'<a id="t.{name}"></a><a id="t.{self._tables - 1}"></a>'
            f'<table class="c5">{body}</table>'
        )

    def _runs(self, runs: Sequence[Run]) -> str:
        return "".join(self._run(run) for run in runs) or '<span class="c1"></span>'

    def _run(self, run: Run) -> str:
        if run.link:
            words = (
                f'<a class="c3" href="{_escaped(self._through(run.link))}">{_escaped(run.text)}</a>'
            )
            said = f'<span class="c3">{words}</span>'
        else:
            said = self._spans(run.text, "c1 c2" if run.bold else "c1")
        if run.footnote:
            self._footnotes.append(run.footnote)
            n = len(self._footnotes)
            said += f'<sup><a href="#ftnt{n}" id="ftnt_ref{n}">[{n}]</a></sup>'
        if run.comment:
            self._comments.append(run.comment)
            n = len(self._comments)
            said += f'<sup><a href="#cmnt{n}" id="cmnt_ref{n}">[{_letters(n)}]</a></sup>'
        return said

    def _spans(self, text: str, look: str = "c1") -> str:
        """Part a text where nobody would: where, depends on nothing but the text."""
        drawn = Random(text)
        parts, at = [], 0
        while at < len(text):
            until = at + drawn.randint(5, 40)
            parts.append(text[at:until])
            at = until
        return "".join(
            f'<span class="{look if n % 2 == 0 else f"{look} c12"}">{_escaped(part)}</span>'
            for n, part in enumerate(parts)
        )

    def _through(self, address: str) -> str:
        if address.startswith("#"):
            return address
        usg = hashlib.sha256(f"{address}{self.moment}".encode()).hexdigest()[:24]
        return (
            f"https://www.google.com/url?q={quote(address, safe=':/?')}&sa=D&source=editors"
            f"&ust={self.moment}&usg=AOvVaw{usg}"
        )


def _image(alternative: str) -> str:
    data = base64.b64encode(picture(alternative)).decode()
    return (
        '<p class="c0"><span style="overflow: hidden; display: inline-block; margin: 0.00px '
        '0.00px; border: 0.00px solid #000000; width: 24.00px; height: 24.00px;">'
        f'<img alt="{_escaped(alternative)}" src="data:image/png;base64,{data}" '
        'style="width: 24.00px; height: 24.00px;" title=""></span></p>'
    )


def _escaped(text: str) -> str:
    said = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    said = said.replace('"', "&quot;").replace("  ", "&nbsp; ")
    return said.encode("ascii", "xmlcharrefreplace").decode()


def _letters(number: int) -> str:
    said = ""
    while number:
        number, rest = divmod(number - 1, 26)
        said = chr(ord("a") + rest) + said
    return said


def picture(text: str) -> bytes:
    """Return a small PNG; another one for another text."""
    colour = hashlib.sha256(text.encode()).digest()[:3]
    rows = b"".join(b"\0" + colour * 24 for _ in range(24))

    def chunk(kind: bytes, data: bytes) -> bytes:
        end = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + end

    head = struct.pack(">IIBBBBB", 24, 24, 8, 2, 0, 0, 0)
    packed = zlib.compress(rows)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )
