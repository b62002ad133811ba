"""YAML becomes text that can be read and found: values under the path of their keys.

Knows the lines of YAML that people write by hand (maps, lists, block and quoted scalars, comments);
it is no loader: nothing is constructed, aliases are never followed, and no input is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from ingest.extract.blocks import Extracted
from ingest.extract.decode import decode
from ingest.extract.outline import Outline
from ingest.extract.prose import BREAK
from ingest.extract.text import plain
from ingest.extract.when import moment

_LINE = re.compile(r"( *)((?:- +|-$)*)(.*)")
_KEY = re.compile(
    r"(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^']|'')*)'|([^\s#\"'\[\]{}|>%@`&*!,?-][^#]*?|<<)):(?:\s+(.*)|$)"
)
_BLOCK_SCALAR = re.compile(r"([|>])[-+0-9]*\s*(?:#.*)?$")
_PROPERTY = re.compile(r"(?:[&!][^\s]*\s*)+(?=\s|$|[\"'|>\[{\w])")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_WHOLE_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_ESCAPES: Final = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "/": "/", "0": "", " ": " "}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_LONG: Final = 60  # characters; a longer value is a text of its own, a shorter one a line

TITLES: Final = (
    "title",
    "name",
    "subject",
    "question",
    "タイトル",
    "題名",
    "件名",
    "文書名",
    "名称",
    "質問",
)
UPDATED: Final = (
    "updated", "lastupdated", "updated_at", "updatedat", "lastmod", "last_modified", "lastmodified",
    "last_updated", "modified", "date_modified", "更新日", "最終更新日", "最終更新", "改定日",
    "改訂日",
    "date", "日付", "作成日",
)  # fmt: skip
OWNERS: Final = (
    "owner", "owners", "department", "team", "担当", "担当者", "担当部署", "部署",
    "所管", "主管", "問い合わせ先",
    "author", "authors", "作成者", "著者",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value and where it stands."""

    path: tuple[str, ...]
    value: str
    item: int
    """Number of the list item it belongs to; values of one item stand together. 0: in no list."""
    bare: bool = False
    """A list item by itself, without a key of its own."""


def extract(data: bytes, _name: str) -> Extracted:
    """Return the values of a YAML file under their keys; raises `ExtractError` where it is none."""
    decoded = decode(data)
    found = list(scalars(decoded.text))
    if not found:  # keys without values: they are what there is to read
        return plain(_WHOLE_COMMENT.sub("", decoded.text), warnings=decoded.warnings)
    about = metadata(found)
    outline = Outline()
    title = pick(about, TITLES)
    if title:
        outline.heading(1, title)
    for _, group in groupby(found, key=_unit):
        _write(list(group), outline)
    return Extracted(
        outline.finish(),
        title=title,
        updated=moment(pick(about, UPDATED) or ""),
        owner=pick(about, OWNERS),
        warnings=decoded.warnings,
    )


def _unit(scalar: Scalar) -> object:
    """What is written together: the map of a list item, else all under one top-level key."""
    return scalar.item if scalar.item and not scalar.bare else scalar.path[:1]


def pick(about: dict[str, str], keys: tuple[str, ...]) -> str | None:
    """The first of `keys` that is told, in any case; of a map, the Japanese or first value."""
    plain = {
        key.lower().replace("-", "_").replace(" ", "_"): value
        for key, value in about.items()
        if value
    }
    for key in keys:
        if key in plain:
            return plain[key]
        inside = {name: value for name, value in plain.items() if name.startswith(key + ".")}
        if inside:
            return (
                inside.get(key + ".ja") or inside.get(key + ".name") or next(iter(inside.values()))
            )
    return None


def metadata(found: list[Scalar]) -> dict[str, str]:
    """Values by dotted key, on one line each; the values of a list are joined by commas."""
    about: dict[str, str] = {}
    for scalar in found:
        key = ".".join(scalar.path)
        value = " ".join(scalar.value.split())
        about[key] = f"{about[key]}, {value}" if key in about else value
    return about


def _write(group: list[Scalar], outline: Outline) -> None:
    """One top-level key or list item: texts become paragraphs under their key, the rest lines."""
    outline.close(2)
    if group[0].item and not group[0].bare:
        _write_item(group, outline)
        return
    short = [scalar for scalar in group if not _is_text(scalar)]
    for key, value in metadata(short).items():
        outline.item(f"{key}: {value}" if key else value)
    for scalar in group:
        if _is_text(scalar):
            outline.heading(2, ".".join(scalar.path))  # nothing, where a file is one long text
            _write_text(scalar.value, outline)


def _write_item(group: list[Scalar], outline: Outline) -> None:
    path = group[0].path[:-1]
    if path:
        outline.heading(2, ".".join(path))
    named = next((scalar for scalar in group if scalar.path[-1].lower() in TITLES), None)
    if named:
        outline.heading(3, named.value)
    lines = [f"{scalar.path[-1]}: {scalar.value}" for scalar in group if scalar is not named]
    outline.text(BREAK.join(line.replace("\n", BREAK) for line in lines))


def _is_text(scalar: Scalar) -> bool:
    value = scalar.value
    return len(value) > _LONG or "\n" in value or value.endswith(("。", ". ", "."))


def _write_text(value: str, outline: Outline) -> None:
    for paragraph in re.split(r"\n\s*\n", value):
        outline.text(paragraph.replace("\n", BREAK))


def scalars(text: str) -> Iterator[Scalar]:
    """Yield every value of the document in its order, with the path of its keys."""
    lines = text.split("\n")
    place = _Place()
    row = 0
    while row < len(lines):
        line = lines[row].removeprefix("--- ").replace("\t", "  ")
        row += 1
        if not line.strip() or line.lstrip().startswith("#") or line.startswith(_MARKS):
            continue
        margin = len(line) - len(line.lstrip(" "))
        keyed, rest = place.enter(line)
        value, row = _value(rest, lines, row, place.column if keyed else margin)
        if value.strip():
            yield Scalar(place.path(), value.strip("\n"), place.item(), bare=not keyed)


_MARKS: Final = ("---", "...", "%")


class _Place:
    """Where in maps and lists a line stands, told by columns alone."""

    def __init__(self) -> None:
        self.column = 0
        """Where the line's own key or value begins."""
        self._keys: list[tuple[int, str]] = []
        self._items: list[tuple[int, int]] = []
        self._count = 0

    def enter(self, line: str) -> tuple[bool, str]:
        """Move to a line; return whether it has a key, and what stands after key and dashes."""
        indent, dashes, rest = _LINE.match(line).groups()  # type: ignore[union-attr]
        self.column = len(indent)
        self._items = [item for item in self._items if item[0] < self.column]
        for dash in re.finditer(r"- *", dashes):
            self._leave(self.column + 1)
            self._count += 1
            self._items.append((self.column, self._count))
            self.column += len(dash[0])
        self._leave(self.column)
        found = _KEY.match(rest)
        if found is None:
            return False, rest
        key = next(part for part in found.groups()[:3] if part is not None)
        self._keys.append((self.column, key.rstrip()))
        return True, found[4] or ""

    def _leave(self, column: int) -> None:
        while self._keys and self._keys[-1][0] >= column:
            self._keys.pop()

    def path(self) -> tuple[str, ...]:
        return tuple(key for _, key in self._keys)

    def item(self) -> int:
        return self._items[-1][1] if self._items else 0


def _value(rest: str, lines: list[str], row: int, parent: int) -> tuple[str, int]:
    """The value that begins with `rest`, and the row after it; deeper lines may go on with it."""
    rest = _PROPERTY.sub("", rest, count=1).strip() if rest[:1] in "&!" else rest.strip()
    if rest.startswith("#"):
        rest = ""
    block = _BLOCK_SCALAR.match(rest)
    if block:
        return _block(lines, row, parent, folded=block[1] == ">")
    if rest[:1] in ('"', "'"):
        return _quoted(rest, lines, row)
    if rest.startswith("*"):
        return "", row  # an alias: its text stands, and is found, where it was written
    parts = [_COMMENT.sub("", rest)]
    while rest and row < len(lines) and _goes_on(lines[row], parent):
        parts.append(_COMMENT.sub("", lines[row].strip()))
        row += 1
    return _flow(" ".join(part for part in parts if part)), row


def _goes_on(line: str, parent: int) -> bool:
    stripped = line.strip()
    deeper = len(line) - len(line.lstrip()) > parent
    return (
        bool(stripped)
        and deeper
        and not stripped.startswith(("#", "- "))
        and not _KEY.match(stripped)
    )


def _block(lines: list[str], row: int, parent: int, *, folded: bool) -> tuple[str, int]:
    taken: list[str] = []
    while row < len(lines):
        line = lines[row]
        if line.strip() and len(line) - len(line.lstrip(" ")) <= parent:
            break
        taken.append(line)
        row += 1
    margin = min((len(line) - len(line.lstrip(" ")) for line in taken if line.strip()), default=0)
    text = "\n".join(line[margin:].rstrip() for line in taken).strip("\n")
    return (re.sub(r"(?<!\n)\n(?![\n ])", " ", text) if folded else text), row


def _quoted(rest: str, lines: list[str], row: int) -> tuple[str, int]:
    quote = rest[0]
    pattern = re.compile(r'"((?:[^"\\]|\\.)*)"' if quote == '"' else r"'((?:[^']|'')*)'", re.DOTALL)
    parts, start = [rest], row
    while pattern.match("\n".join(parts)) is None:
        if row >= len(lines) or row - start > 1_000:
            return rest.lstrip(quote), start  # never closed: the first line stands for itself
        parts.append(lines[row].strip())
        row += 1
    found = pattern.match("\n".join(parts))
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", found[1]) if found else ""
    return (_ESCAPE.sub(_unescape, text) if quote == '"' else text.replace("''", "'")), row


def _unescape(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if code is None:
        return _ESCAPES.get(found[4], found[4])
    number = int(code, 16)
    return "\ufffd" if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF else chr(number)


def _flow(text: str) -> str:
    """`[a, "b"]` as `a, b`: the brackets and quotes of short collections carry nothing to read."""
    text = text.strip()
    if len(text) > 1 and text[0] + text[-1] in ("[]", "{}"):
        return ", ".join(
            part.strip().strip("\"'") for part in text[1:-1].split(",") if part.strip()
        )
    return text
