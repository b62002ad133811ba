"""Rows of a PDF's pages become blocks: headings, paragraphs, lists and tables.

Knows how Japanese documents are set (full lines, indents, page furniture); knows nothing of pdfium.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from ingest.extract.blocks import Block, Kind
from ingest.extract.clauses import clause_level
from ingest.extract.lines import ends_japanese, join, starts_item, starts_japanese
from ingest.extract.pdf.page import Page
from ingest.extract.pdf.rows import Row, page_rows

_MARGIN = 0.09
"""Share of the page's height at top and bottom where headers and footers stand."""
_PAGE_NUMBER = re.compile(
    r"(?:page|p\.?)?\s*[-–—‐(（]?\s*(?:\d{1,4}|[ivxl]{1,6})\s*[-–—‐)）]?"
    r"(?:\s*(?:/|／|of|頁|ページ)\s*\d{0,4})?",
    re.IGNORECASE,
)
_CONTENTS = re.compile(r".+?[.…‥・･\s]{4,}\s*\d{1,4}")
_AMOUNT = re.compile(r"[-△▲¥￥$]?\s*[\d,.]+\s*\w?")
_MAX_HEADING = 60
_MAX_BOLD_HEADING = 40
_LARGER = 1.15
_CLAUSES_FROM = 20
"""Levels of clauses (第3条) lie below those of sizes, and bold lines below both."""
_BOLD_LEVEL = 30


@dataclass(slots=True)
class _Style:
    """What is usual in the document."""

    size: float
    weight: float
    pitch: float
    """From line to line, in sizes."""
    heading_sizes: list[float]


@dataclass(slots=True)
class _Text:
    """A paragraph that is still being read."""

    page: int
    kind: Kind
    text: str
    rows: list[Row] = field(default_factory=list)


def layout(pages: list[Page]) -> tuple[list[Block], str | None]:
    """The blocks of a document, anchors `page=N`, and the title that its first page shows."""
    by_page = [page_rows(page) for page in pages]
    by_page = _without_furniture(pages, by_page)
    by_page = [_without_contents(rows) for rows in by_page]
    rows = [row for page in by_page for row in page]
    if not rows:
        return [], None
    writer = _Writer(_usual(rows))
    for page in by_page:
        writer.page(page)
    return writer.finish()


def _usual(rows: list[Row]) -> _Style:
    sizes: Counter[float] = Counter()
    weights: Counter[int] = Counter()
    for row in rows:
        length = sum(map(len, row.texts))
        sizes[_rounded(row.first.size)] += length
        weights[row.first.weight] += length
    size = sizes.most_common(1)[0][0]
    steps = [
        (above.first.bottom - below.first.bottom) / size
        for above, below in pairwise(rows)
        if above.page == below.page and 0 < above.first.bottom - below.first.bottom < 3 * size
    ]
    larger = sorted((found for found in sizes if found >= size * _LARGER), reverse=True)
    return _Style(size, weights.most_common(1)[0][0], median(steps) if steps else 1.5, larger)


def _rounded(size: float) -> float:
    return round(size * 2) / 2 or 0.5


def _without_furniture(pages: list[Page], by_page: list[list[Row]]) -> list[list[Row]]:
    """The rows without page numbers, and without headers and footers that recur on most pages."""
    candidates = [_in_margins(page, rows) for page, rows in zip(pages, by_page, strict=True)]
    seen = Counter(key for found in candidates for key in set(found.values()))
    recurring = {key for key, count in seen.items() if count >= max(2, 0.5 * len(pages))}
    return [
        [
            row
            for row in rows
            if id(row) not in found
            or not (found[id(row)] in recurring or _PAGE_NUMBER.fullmatch(" ".join(row.texts)))
        ]
        for found, rows in zip(candidates, by_page, strict=True)
    ]


def _in_margins(page: Page, rows: list[Row]) -> dict[int, tuple[bool, str]]:
    """The rows that stand in a margin, apart from the body: by id, which margin and what text.

    Digits do not count in the text: they number pages.
    """
    found = {}
    margin = _MARGIN * page.height
    for at_top in (True, False):
        inwards = sorted(rows, key=lambda row: row.first.bottom, reverse=not at_top)
        body = None  # the row of the body nearest to the margin
        for row in inwards:
            inside = row.first.bottom > page.height - margin if at_top else row.first.top < margin
            if not inside or (body is not None and _distance(row, body) < row.first.size):
                body = row
                continue
            text = re.sub(r"\d+", "#", re.sub(r"\s", "", "".join(row.texts)))
            found[id(row)] = (at_top, text)
    return found


def _distance(row: Row, other: Row) -> float:
    return max(row.first.bottom - other.first.top, other.first.bottom - row.first.top)


def _without_contents(rows: list[Row]) -> list[Row]:
    """The rows without a table of contents, which repeats the headings."""
    lines = [row for row in rows if _is_contents(row)]
    if len(lines) < 3:
        return rows
    return [row for row in rows if not _is_contents(row)]


def _is_contents(row: Row) -> bool:
    return _CONTENTS.fullmatch(" ".join(row.texts)) is not None and bool(
        re.search(r"[.…‥・･]{4,}|(?:[.…‥・･] ?){4,}", " ".join(row.texts))
    )


class _Writer:
    """Takes rows in reading order and makes blocks of them."""

    def __init__(self, style: _Style) -> None:
        self._style = style
        self._blocks: list[Block] = []
        self._path: list[tuple[int, str]] = []
        self._text: _Text | None = None
        self._heading: tuple[int, Row] | None = None
        self._used = True
        self._heading_page = 0
        self._title: str | None = None

    def page(self, rows: list[Row]) -> None:
        """Take the rows of one page."""
        rights = _right_edges(rows)
        for table, part in _runs(rows):
            if table:
                self._end_text()
                self._table(part)
                continue
            for row in part:
                level = self._level(row)
                if level:
                    self._add_heading(level, row)
                else:
                    self._add_text(row, rights)

    def finish(self) -> tuple[list[Block], str | None]:
        """All blocks, and the title."""
        self._end_text()
        self._flush_heading()
        return self._blocks, self._title

    def _level(self, row: Row) -> int:
        text = " ".join(row.texts)
        if len(text) > _MAX_HEADING or text.endswith(("。", "、")) or not re.search(r"\w", text):
            return 0
        if clause := clause_level(text):
            return _CLAUSES_FROM + clause
        size = _rounded(row.first.size)
        if size in self._style.heading_sizes:
            return 1 + self._style.heading_sizes.index(size)
        bold = row.first.weight >= max(self._style.weight + 150, 500)
        plain = len(text) > _MAX_BOLD_HEADING or len(row.cells) > 1 or size < self._style.size
        return _BOLD_LEVEL if bold and not plain else 0

    def _add_heading(self, level: int, row: Row) -> None:
        text = " ".join(row.texts)
        self._end_text()
        if self._heading and self._goes_on(level, row):
            self._path[-1] = (level, join(self._path[-1][1], text))
        else:
            if self._path and level <= self._path[-1][0]:
                self._flush_heading()
            self._path = [(above, name) for above, name in self._path if above < level]
            self._path.append((level, text))
            self._used, self._heading_page = False, row.page
        self._heading = (level, row)
        if row.page == 1 and level == 1 and not self._blocks:
            self._title = self._path[-1][1]

    def _goes_on(self, level: int, row: Row) -> bool:
        """Whether the row is a further line of the heading above it."""
        above_level, above = self._heading or (0, row)
        step = above.first.bottom - row.first.bottom
        close = above.page == row.page and 0 < step <= 1.8 * row.first.size
        return close and level == above_level and level < _CLAUSES_FROM and not self._used

    def _flush_heading(self) -> None:
        """A heading that nothing stands under is text of its own."""
        if not self._used:
            path = tuple(name for _, name in self._path)
            self._blocks.append(
                Block(path[-1], "paragraph", path[:-1], f"page={self._heading_page}")
            )
        self._used = True

    def _add_text(self, row: Row, rights: dict[int, float]) -> None:
        self._heading = None
        text = " ".join(row.texts)
        current = self._text
        if current and self._continues(current, row, rights):
            current.text = join(current.text, text)
            current.rows.append(row)
            return
        self._end_text()
        kind: Kind = "list" if starts_item(text) else "paragraph"
        self._text = _Text(row.page, kind, text, [row])

    def _continues(  # noqa: PLR0911 - one return a rule
        self, current: _Text, row: Row, rights: dict[int, float]
    ) -> bool:
        above = current.rows[-1]
        text, em = row.first.text, self._style.size
        if starts_item(text) or text.startswith("\u3000") or len(row.cells) > 1:
            return False
        if abs(row.first.size - above.first.size) > 0.15 * em:
            return False
        step = above.first.bottom - row.first.bottom
        if row.page != above.page or step < -5 * em:
            # Over the end of a page or column only a sentence that is not finished runs on.
            unfinished = not re.search(r"[。．.！？!?：:]$", current.text)
            return unfinished and above.right - above.first.left > 10 * em
        if not 0 < step <= 1.35 * self._style.pitch * em:
            return False
        indent = row.first.left - above.first.left
        hanging = current.kind == "list" and len(current.rows) == 1
        if indent > (4 * em if hanging else 0.6 * em):
            return False
        if indent < (-2.6 * em if len(current.rows) == 1 else -0.6 * em):
            return False
        # The line above is full when the first word of this one would not have fitted into it.
        return above.right + _first_word(text, em) > rights.get(id(above), above.right)

    def _end_text(self) -> None:
        current, self._text = self._text, None
        if current is None:
            return
        anchor = f"page={current.page}"
        path = tuple(name for _, name in self._path)
        last = self._blocks[-1] if self._blocks else None
        self._used = True
        if (
            last
            and current.kind == "list" == last.kind
            and (last.anchor, last.headings) == (anchor, path)
        ):
            self._blocks[-1] = Block(f"{last.text}\n{current.text}", "list", path, anchor)
        else:
            self._blocks.append(Block(current.text, current.kind, path, anchor))

    def _table(self, rows: list[Row]) -> None:
        self._used, self._heading = True, None
        lines = [" | ".join(row.texts) for row in rows]
        first = rows[0].texts
        widest = max(len(row.cells) for row in rows)
        named = len(rows) > 2 and len(first) == widest and all(len(text) <= 20 for text in first)
        header_rows = int(named and not any(map(_AMOUNT.fullmatch, first)))
        path = tuple(name for _, name in self._path)
        self._blocks.append(
            Block("\n".join(lines), "table", path, f"page={rows[0].page}", header_rows)
        )


def _runs(rows: list[Row]) -> Iterator[tuple[bool, list[Row]]]:
    """Runs of rows that are a table (two or more rows of several cells), and of others."""
    run: list[Row] = []
    for row in rows:
        if run and (len(row.cells) > 1) != (len(run[-1].cells) > 1):
            yield len(run) > 1 and len(run[0].cells) > 1, run
            run = []
        run.append(row)
    if run:
        yield len(run) > 1 and len(run[0].cells) > 1, run


def _right_edges(rows: list[Row]) -> dict[int, float]:
    """For each row of running text, by its id, where the lines of its column end."""
    edges: dict[int, float] = {}
    columns: dict[int, float] = {}
    for row in rows:
        if len(row.cells) == 1:
            # Lines that begin within some characters of each other are of one column.
            column = round(row.first.left / (4 * max(row.first.size, 1.0)))
            columns[column] = max(columns.get(column, 0.0), row.right)
    for row in rows:
        if len(row.cells) == 1:
            column = round(row.first.left / (4 * max(row.first.size, 1.0)))
            near = [columns.get(column + step, 0.0) for step in (-1, 0, 1)]
            edges[id(row)] = max(near)
    return edges


def _first_word(text: str, em: float) -> float:
    """The least width that a line needs to take the beginning of `text`."""
    if starts_japanese(text):
        return 2.2 * em  # two characters: a small kana or a stop may not begin a line
    word = text.split(" ", 1)[0]
    cut = next((i for i, char in enumerate(word) if ends_japanese(char)), len(word))
    return (0.6 * cut + 1) * em
