"""A source text: front matter and a small, strict subset of Markdown; and what all builders share.

Knows nothing of the formats that the other modules write.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

COMPANY = "株式会社ミナモリンク"
JST = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True, slots=True)
class Part:
    """One block of a source: a heading, paragraph, list, table or a slide's notes."""

    kind: Literal["heading", "paragraph", "numbers", "bullets", "table", "notes"]
    lines: tuple[str, ...]
    """List items, table rows (cells joined by `|`), or one line of text."""
    level: int = 0
    """Headings: 1 to 3. Numbered lists: the first number."""

    @property
    def rows(self) -> list[list[str]]:
        """A table's cells, without the `|---|` line."""
        cells = [[c.strip() for c in line.strip("|").split("|")] for line in self.lines]
        return [row for row in cells if set("".join(row)) != {"-"}]


@dataclass(frozen=True, slots=True)
class Source:
    """A text and what its front matter says of it."""

    title: str
    owner: str
    updated: datetime
    parts: tuple[Part, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read one source; KeyError names the key that its front matter lacks."""
        _, front, body = path.read_text("utf-8").split("---\n", 2)
        keys = dict(line.split(": ", 1) for line in front.splitlines())
        updated = morning(date.fromisoformat(keys["updated"]))
        return cls(keys["title"], keys["owner"], updated, tuple(parse(body)))


def morning(day: date) -> datetime:
    """The moment at which the owner saved the file: nine o'clock of that day in Japan."""
    return datetime.combine(day, time(9), JST)


def kind_of(line: str) -> str:
    """The kind of block that a line belongs to; empty for a blank line."""
    first = line.split(" ", 1)[0]
    if not line:
        return ""
    if set(first) == {"#"}:
        return "heading"
    if first == "???":
        return "notes"
    if first == "-":
        return "bullets"
    if first[:-1].isdigit() and first.endswith("."):
        return "numbers"
    return "table" if line.startswith("|") else "paragraph"


def parse(body: str) -> Iterator[Part]:
    """Yield the blocks of a source in order; the paragraph after `???` becomes a slide's notes."""
    in_notes = False
    for kind, group in groupby(body.splitlines(), kind_of):
        lines = tuple(group)
        texts = tuple(line.split(" ", 1)[-1] for line in lines)
        if kind == "notes":
            in_notes = True
        elif kind == "heading":
            yield Part("heading", texts, level=len(lines[0].split(" ", 1)[0]))
        elif kind == "numbers":
            yield Part("numbers", texts, level=int(lines[0].split(".", 1)[0]))
        elif kind == "bullets":
            yield Part("bullets", texts)
        elif kind == "table":
            yield Part("table", lines)
        elif kind == "paragraph":
            yield Part("notes" if in_notes else "paragraph", ("".join(lines),))
            in_notes = False


def fixed_zip(archive: bytes) -> bytes:
    """Return the same archive with every entry dated 1980-01-01, as zip's epoch has it."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(archive)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name)  # date_time defaults to the epoch
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return out.getvalue()
