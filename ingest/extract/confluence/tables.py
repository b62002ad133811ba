"""Reads tables: rows of cells, or, where a cell holds what no line can, cells as blocks.

Knows which tables are which; how rows become text is `outline`'s.
"""

from __future__ import annotations

from typing import Final

from ingest.extract.confluence.markup import AC
from ingest.extract.confluence.walker import Leave, Node, Reader, Table, nothing
from ingest.extract.html.gather import index
from ingest.extract.outline import Cell
from ingest.extract.prose import fold

_MAX_COLUMNS: Final = 50
_MAX_ROWS: Final = 1_000
_PLAIN_BODY: Final = f"{AC}plain-text-body"
_LAYOUT: Final = ("table", "h1", "h2", "h3", "pre", _PLAIN_BODY)


def table(reader: Reader, node: Node) -> Leave:
    """`table`. Like a page of HTML, one with tables, headings or code in it is read as blocks."""
    reader.sink.end_block()
    if reader.sink.one_line or _lays_out(node):
        reader.tables.append(None)
        sink = reader.sink

        def leave() -> None:
            reader.tables.pop()
            sink.end_block()

        return leave
    opened = Table()
    reader.tables.append(opened)

    def end() -> None:
        reader.tables.pop()
        reader.in_head = False
        reader.sink.table(opened.rows, opened.caption)

    return end


def head(reader: Reader, _node: Node) -> Leave:
    """`thead`."""
    reader.in_head = True

    def leave() -> None:
        reader.in_head = False

    return leave


def row(reader: Reader, _node: Node) -> Leave:
    """`tr`."""
    opened = reader.tables[-1] if reader.tables else None
    if opened is None:
        return reader.block()
    opened.rows.append([])
    return nothing


def cell(reader: Reader, node: Node) -> Leave:
    """`td` and `th`."""
    opened = reader.tables[-1] if reader.tables else None
    if opened is None:
        return reader.block()
    header = reader.in_head or node.tag == "th"
    columns = min(max(index(node.get("colspan"), 1), 1), _MAX_COLUMNS)
    height = min(max(index(node.get("rowspan"), 1), 1), _MAX_ROWS)
    line = reader.hold()

    def leave() -> None:
        reader.release()
        if not opened.rows:
            opened.rows.append([])
        opened.rows[-1].append(Cell(fold(line.text).replace("\n", " "), header, columns, height))

    return leave


def caption(reader: Reader, _node: Node) -> Leave:
    """`caption`."""
    opened = reader.tables[-1] if reader.tables else None
    if opened is None:
        return reader.block()
    line = reader.hold()

    def leave() -> None:
        reader.release()
        opened.caption = line.text

    return leave


def _lays_out(node: Node) -> bool:
    """Whether a cell holds what is no line: another table, a heading, code of several lines."""
    for found in node.iterdescendants(*_LAYOUT):
        if found.tag != _PLAIN_BODY or "\n" in (found.text or "").strip():
            return True
    return False


TABLES: Final = {
    "table": table,
    "thead": head,
    "tr": row,
    "td": cell,
    "th": cell,
    "caption": caption,
}
"""By tag."""
