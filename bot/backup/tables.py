"""Tables of the SQL database as JSON Lines, from SQLite or PostgreSQL and into either.

A row is an object; times are ISO 8601 in UTC, bytes base64. The manifest says of which kind each
column is, so that rows can be put into the tables of the version that they come from.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.types import TypeEngine

import bot.conversations.tables  # noqa: F401 - its tables join ingest's metadata
from bot.backup.archive import Sink
from bot.backup.errors import BackupError
from bot.backup.manifest import Column, Kind, Table, damaged
from bot.conversations.tables import clean
from ingest.state import Base
from ingest.state.tables import LeaseRow, UtcDateTime

_BATCH = 1_000
# A statement, its quotes and its timings are some kilobytes.
_LONGEST_LINE = 1 << 26

# The first that fits counts.
_KINDS: tuple[tuple[type[TypeEngine[Any]], Kind], ...] = (
    (sa.DateTime, "datetime"),
    (sa.JSON, "json"),
    (sa.Boolean, "boolean"),
    (sa.Integer, "integer"),
    (sa.Float, "float"),
    (sa.LargeBinary, "bytes"),
    (sa.String, "text"),
)
_TYPES: Mapping[Kind, Callable[[], TypeEngine[Any]]] = {
    "datetime": UtcDateTime,
    "json": lambda: sa.JSON(none_as_null=True),
    "boolean": sa.Boolean,
    "integer": sa.BigInteger,
    "float": sa.Float,
    "bytes": sa.LargeBinary,
    "text": sa.Text,
}


def stored_tables() -> list[sa.Table]:
    """Return the tables that a backup holds, those that others refer to first.

    Leases are left out: they name processes of this moment.
    """
    return [table for table in Base.metadata.sorted_tables if table is not LeaseRow.__table__]


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that sees the database as it is now, whatever others write meanwhile."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(  # noqa: PLW2901 - the same, with options
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        else:
            # The driver begins a transaction at the first change only, and none comes.
            connection.exec_driver_sql("BEGIN")
        # The snapshot is taken at the first look, not at the beginning.
        connection.execute(sa.select(sa.func.count()).select_from(LeaseRow)).all()
        yield connection


def described(table: sa.Table, rows: int) -> Table:
    """Return what the manifest says of a table."""
    columns = tuple(Column(name=c.name, kind=_kind(c.type)) for c in table.columns)
    return Table(name=table.name, columns=columns, rows=rows)


def read_rows(connection: Connection, table: sa.Table) -> Iterator[dict[str, Any]]:
    """Yield every row in the order of its key, holding some of them at a time."""
    streamed = connection.execution_options(yield_per=_BATCH)
    ordered = sa.select(table).order_by(*table.primary_key.columns)
    for row in streamed.execute(ordered).mappings():
        yield {name: _to_json(value) for name, value in row.items()}


def write_lines(rows: Iterable[Mapping[str, Any]], file: Sink) -> int:
    """Write rows as JSON Lines and return how many there were."""
    count = 0
    for row in rows:
        file.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
        count += 1
    return count


def read_lines(file: BinaryIO, table: Table) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table as the database takes them. Raises `BackupError`."""
    kinds = {column.name: column.kind for column in table.columns}
    count = 0
    while line := file.readline(_LONGEST_LINE):
        try:
            row = json.loads(line.decode("utf-8", "surrogatepass"))
            values = {name: _from_json(row.pop(name), kind) for name, kind in kinds.items()}
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise damaged(f"{table.part}, line {count + 1}: {error}") from None
        if row:
            raise damaged(f"{table.part}, line {count + 1} has more columns than the manifest")
        yield values
        count += 1
    if count != table.rows:
        raise damaged(f"{table.part} holds {count} rows, not {table.rows}")


def write_rows(connection: Connection, table: Table, rows: Iterator[dict[str, Any]]) -> int:
    """Insert rows into a table as it was when they were read; return how many. Raises as SQL."""
    names = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    lacking = [column.name for column in table.columns if column.name not in names]
    if lacking:
        raise BackupError(f"the backup's table {table.name} has columns of its own: {lacking}")
    target = sa.table(table.name, *(sa.column(c.name, _TYPES[c.kind]()) for c in table.columns))
    count = 0
    while batch := list(islice(rows, _BATCH)):
        connection.execute(sa.insert(target), batch)
        count += len(batch)
    return count


def delete_rows(connection: Connection) -> None:
    """Empty every table."""
    for table in reversed(Base.metadata.sorted_tables):
        connection.execute(sa.delete(table))


def continue_counting(connection: Connection) -> None:
    """Let new rows get numbers after those that were inserted: PostgreSQL counts apart."""
    if connection.dialect.name != "postgresql":
        return
    for table in stored_tables():
        column = table.autoincrement_column
        if column is None or not column.autoincrement:
            continue
        last = connection.scalar(sa.select(sa.func.max(column)))
        sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
        if last is not None and connection.scalar(sa.select(sequence)):
            connection.execute(sa.select(sa.func.setval(sequence, last)))


def held(connection: Connection) -> dict[str, int]:
    """Return how many rows each table holds, of those that hold any."""
    there = set(sa.inspect(connection).get_table_names())
    counts = {
        table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
        for table in stored_tables()
        if table.name in there
    }
    return {name: count for name, count in counts.items() if count}


def _kind(type_: TypeEngine[Any]) -> Kind:
    plain = type_.impl_instance if isinstance(type_, sa.TypeDecorator) else type_
    for known, kind in _KINDS:
        if isinstance(plain, known):
            return kind
    raise TypeError(f"a backup knows no columns of the type {type_!r}")


def _to_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value


def _from_json(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind == "datetime":
        return datetime.fromisoformat(value)
    if kind == "bytes":
        return base64.b64decode(value, validate=True)
    # SQLite stores NUL and halves of surrogate pairs, which PostgreSQL refuses.
    return clean(value) if kind == "text" else value
