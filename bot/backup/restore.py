"""Puts a backup into an installation: all of it, or nothing.

The file is verified first. Then the index is filled where nobody searches it yet, the rows are
written in one transaction, and the index takes over just before that is committed. Where the
process dies between these two, the new index stands beside the old rows: reader sets that the
database does not know are satisfied by nobody, and a cursor that is too old only lists more. A
marker tells the next restore of the same file that it may finish what this one began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from bot import migrations
from bot.backup import tables
from bot.backup.archive import OnProgress, Reader
from bot.backup.errors import BackupError
from bot.backup.manifest import CONFIGURATION, POINTS, Manifest, StoredIndex, damaged, moment
from bot.backup.points import read_points
from bot.backup.save import ServedIndex
from bot.conversations.errors import explained, place
from bot.conversations.tables import TurnRow
from bot.conversations.values import OPEN
from ingest.index import IndexWriter, Origin, SearchIndexError, StoredPoint
from ingest.state.tables import RunRow

RESTORING = "restoring"
"""File in `KURAGE_HOME` while a restore has not finished: which backup it restores."""

# Of every so many points, progress is told.
_TOLD = 100
# How long PostgreSQL waits for others to let go of the tables.
_PATIENCE = "10s"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a backup is restored to."""

    home: Path
    engine: Engine
    """Of a database with whatever tables."""
    open_index: Callable[[], ServedIndex]
    """Whatever encoder filled it."""
    open_writer: Callable[[Origin], IndexWriter]
    configuration: Path
    """Where `kurage.toml` belongs."""

    @property
    def marker(self) -> Path:
        """Return the file that is there while a restore has not finished."""
        return self.home / RESTORING


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done."""

    manifest: Manifest
    configuration: Path | None
    """Where `kurage.toml` was written; None: there was none, or the same."""


def restore(file: BinaryIO, target: Target, *, force: bool, on_progress: OnProgress) -> Restored:
    """Make an installation what it was when the backup was made.

    One that holds anything is only replaced by `force`, or when it is what an earlier restore of
    the same file left behind. Raises BackupError, ConversationsError and SearchIndexError.
    """
    reader = Reader(file)
    manifest = reader.manifest
    if manifest.schema_revision > migrations.HEAD:
        raise BackupError(
            f"this backup was written by kurage {manifest.program}, whose database tables are "
            f"newer ({manifest.schema_revision}; this program knows {migrations.HEAD}); "
            "update this program first"
        )
    reader.verify(on_progress)
    migrations.is_current(target.engine)  # a newer one is refused, in its own words
    if not force and not _was_begun(target.marker, reader.id):
        _refuse_to_replace(target)
    target.marker.write_text(reader.id, "ascii")
    with (
        _filled(target, reader, on_progress) as index,
        explained(target.engine.url),
        migrations.exclusive(target.engine) as connection,
    ):
        _load(connection, reader, on_progress)
        if index:
            index.publish()
            if index.waits_for:
                index.take_over()
    configuration = _restore_configuration(reader, target)
    target.marker.unlink()
    return Restored(manifest, configuration)


def _was_begun(marker: Path, id_: str) -> bool:
    try:
        return marker.read_text("ascii") == id_
    except FileNotFoundError:
        return False


def _refuse_to_replace(target: Target) -> None:
    there = [*_held_by_index(target), *_held_by_database(target)]
    if there:
        raise BackupError(
            f"something is here already: {'; '.join(there)}. --force replaces all of it by what "
            "the backup holds"
        )


def _held_by_index(target: Target) -> Iterator[str]:
    try:
        index = target.open_index()
        try:
            documents, _ = index.count() if index.origin else (0, 0)
        finally:
            index.close()
    except SearchIndexError as error:
        yield f"an index that can not be read ({error})"
    else:
        if documents:
            yield f"an index of {documents} documents"


def _held_by_database(target: Target) -> Iterator[str]:
    url = target.engine.url
    if migrations.revision(target.engine) is None:
        return
    with explained(url), target.engine.connect() as connection:
        held = tables.held(connection)
    if held:
        yield f"{place(url)} with " + ", ".join(f"{count} {name}" for name, count in held.items())


@contextmanager
def _filled(
    target: Target, reader: Reader, on_progress: OnProgress
) -> Iterator[IndexWriter | None]:
    """Yield an index that holds what the backup's does and is not searched yet.

    None where there was none and is none.
    """
    stored = reader.manifest.index
    origin = stored.origin if stored else _origin(target)
    if origin is None:
        yield None
        return
    index = target.open_writer(origin)
    # Not as a context: what is left unfinished is to be dropped, not to be continued by a sync.
    index.__enter__()
    try:
        _empty(index)
        if stored:
            index.put(_points(reader, stored, on_progress))
        yield index
    finally:
        index.close()


def _origin(target: Target) -> Origin | None:
    index = target.open_index()
    try:
        return index.origin
    finally:
        index.close()


def _empty(index: IndexWriter) -> None:
    held: dict[str, set[str]] = {}
    for point in index.points():
        held.setdefault(point.payload["source"], set()).add(point.payload["document_id"])
    for source, ids in held.items():
        index.delete(source, ids)


def _points(reader: Reader, stored: StoredIndex, on_progress: OnProgress) -> Iterator[StoredPoint]:
    """Yield the points of documents that are whole; a sync reads the others again."""
    torn = set(stored.torn)
    number = 0
    with reader.part(POINTS) as part:
        for number, point in enumerate(read_points(part), start=1):
            if (point.payload["source"], point.payload["document_id"]) not in torn:
                yield point
            if not number % _TOLD:
                on_progress(number, stored.points, "index")
    if number != stored.points:
        raise damaged(f"{POINTS} holds {number} points, not {stored.points}")


def _load(connection: Connection, reader: Reader, on_progress: OnProgress) -> None:
    """Replace every row, through the tables of the version that wrote the backup."""
    from alembic import command  # noqa: PLC0415 - 0.3 s that only a migration needs
    from alembic.util import CommandError  # noqa: PLC0415

    manifest = reader.manifest
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
    configuration = migrations.configuration(connection)
    command.upgrade(configuration, migrations.HEAD)
    tables.delete_rows(connection)
    try:
        command.downgrade(configuration, manifest.schema_revision)
    except CommandError as error:
        raise damaged(f"its tables are of no known version: {error}") from None
    for table in manifest.tables:
        on_progress(0, table.rows, table.name)
        with reader.part(table.part) as part:
            tables.write_rows(connection, table, tables.read_lines(part, table))
    command.upgrade(configuration, migrations.HEAD)
    tables.continue_counting(connection)
    _end_what_was_going_on(connection, manifest)


def _end_what_was_going_on(connection: Connection, manifest: Manifest) -> None:
    """Close what was under way when the backup was made: where it ran, it has long gone on.

    A bot that found an open turn would answer it a second time.
    """
    runs = sa.update(RunRow).where(RunRow.outcome == "running")
    connection.execute(runs.values(outcome="interrupted", finished=manifest.created))
    turns = sa.update(TurnRow).where(TurnRow.state.in_(OPEN))
    reason = f"it was open when the backup of {moment(manifest.created)} was made"
    connection.execute(
        turns.values(
            state="failed",
            error=reason,
            finished=manifest.created,
            lease_owner=None,
            lease_expires=None,
        )
    )


def _restore_configuration(reader: Reader, target: Target) -> Path | None:
    """Write `kurage.toml`, beside the one that is there if they differ; return where.

    It goes into `KURAGE_HOME` where its folder can not be written, as in a container.
    """
    if reader.manifest.part(CONFIGURATION) is None:
        return None
    with reader.part(CONFIGURATION) as part:
        stored = part.read()
    path = target.configuration
    if path.exists():
        if path.read_bytes() == stored:
            return None
        path = path.with_name(f"{path.name}.restored")
    try:
        path.write_bytes(stored)
    except OSError:
        path = target.home / f"{target.configuration.name}.restored"
        path.write_bytes(stored)
    return path
