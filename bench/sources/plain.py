"""YAML by PyYAML, separated values by csv, plain text as it stands."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from bench.sources.seen import EITHER, HARD, Source


def yaml(data: bytes) -> Source:
    """Load YAML: its scalars are visible, its comments are not."""
    import yaml as pyyaml

    source = data.decode("utf-8-sig")
    comments = re.findall(r"^\s*#(.*)$", source, re.MULTILINE)
    seen = Source(hidden=comments, outlined=False)
    for value in _scalars(pyyaml.safe_load(source)):
        seen.parts += [value.replace("\n", EITHER), HARD]
    return seen


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _scalars(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _scalars(inner)
    elif isinstance(value, str):
        yield value


def _decoded(data: bytes) -> str:
    if b"\x1b$" in data:
        return data.decode("iso2022_jp").replace("\r\n", "\n")
    for charset in ("utf-8-sig", "cp932", "euc_jp"):
        try:
            return data.decode(charset).replace("\r\n", "\n")
        except UnicodeDecodeError:
            continue
    raise ValueError("in none of the charsets that the check knows")


def comma_separated(data: bytes) -> Source:
    """Read the cells of a table of values."""
    rows = csv.reader(io.StringIO(_decoded(data)))
    cells = [cell.replace("\n", EITHER) for row in rows for cell in row]
    return Source(parts=[part for cell in cells for part in (cell, HARD)], outlined=False)


def plain(data: bytes) -> Source:
    """Read plain text: a blank line ends a paragraph, any other line end may be a margin's."""
    text = re.sub(r"\n[ \t\u3000]*(?=\n)", "\n", _decoded(data))
    parts = [
        part if part.strip("\n") else EITHER if part == "\n" else HARD
        for part in re.split(r"(\n+)", text)
    ]
    marked = r"^(?:[■◆]|第[0-9０-９一二三四五六七八九十]+[章節条])[^。\n]*$|^【[^】]+】$"
    headings = re.findall(marked, text, re.MULTILINE)
    return Source(parts=parts, headings=headings, outlined=False)
