"""Writes a backup while everything else goes on.

SQL is read as it was at one moment; the index a little later. That order is safe: a cursor never
covers more than the index holds, reader sets are only ever added (those that came in between are
read, too), and a document that a sync rewrote meanwhile is named, so that it is read again.
"""

from __future__ import annotations

import fcntl
import glob
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from bot import migrations
from bot.backup import tables
from bot.backup.archive import OnProgress, Reader, Writer
from bot.backup.configuration import masked
from bot.backup.errors import BackupError
from bot.backup.manifest import (
    CONFIGURATION,
    FORMAT,
    POINTS,
    Manifest,
    StoredIndex,
    Table,
    damaged,
)
from bot.backup.points import write_points
from bot.conversations.errors import explained
from ingest.index import EMPTY, Index, Origin, StoredPoint
from ingest.state.tables import ReaderSetRow

# How often a new generation of the index may take over in the moment in which it is opened.
_ATTEMPTS = 5


class ServedIndex(Index, Protocol):
    """The index that questions are answered from."""

    @property
    def origin(self) -> Origin | None:
        """Return what filled it; None before anything was published."""
        ...


@dataclass(frozen=True, slots=True)
class Installation:
    """What is backed up, beside the configuration."""

    engine: Engine
    index: ServedIndex
    configuration: Path | None
    """`kurage.toml`, if there is one."""
    encoder: str
    generator: str


@contextmanager
def new_file(target: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Yield a file that only this user can read, which becomes `target` when all went well.

    Raises BackupError; what is at `target` is only ever replaced whole, and by `force` alone.
    """
    if target.is_dir():
        raise BackupError(f"{target} is a folder; name a file in it")
    if target.exists() and not force:
        raise BackupError(f"{target} is there already; choose another name, or replace it: --force")
    try:
        handle, name = tempfile.mkstemp(".partial", f".{target.name}.", target.parent)
    except OSError as error:
        raise BackupError(
            f"{target.parent} can not be written ({error.strerror}); choose another folder"
        ) from None
    partial = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            _remove_left_over(target)
            yield cast("BinaryIO", file)
            file.flush()
            os.fsync(file.fileno())
        _publish(partial, target, force=force)
    except OSError as error:
        raise BackupError(f"{target} can not be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def _remove_left_over(target: Path) -> None:
    """Remove what backups left that were killed: it holds conversations, and nobody's name."""
    for path in target.parent.glob(f".{glob.escape(target.name)}.*.partial"):
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def _publish(partial: Path, target: Path, *, force: bool) -> None:
    if force:
        partial.replace(target)
    else:
        try:
            os.link(partial, target)  # unlike a renaming, it never replaces what came meanwhile
        except FileExistsError:
            raise BackupError(f"{target} came into being meanwhile; nothing was replaced") from None
        except OSError:  # some file systems have no links
            partial.rename(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def save(installation: Installation, file: BinaryIO, on_progress: OnProgress) -> Manifest:
    """Write a backup into an empty file, verify it there and return what it says of itself.

    Raises BackupError, ConversationsError and SearchIndexError.
    """
    created = datetime.now(UTC).replace(microsecond=0)
    writer = Writer(file, created)
    count_masked = _save_configuration(installation.configuration, writer)
    with explained(installation.engine.url), tables.snapshot(installation.engine) as connection:
        index, readers = _save_index(installation.index, writer, on_progress)
        stored = tuple(_save_tables(connection, installation.engine, writer, readers, on_progress))
    manifest = Manifest(
        format=FORMAT,
        program=version("kurage-bot"),
        created=created,
        schema_revision=migrations.HEAD,
        encoder=installation.encoder,
        generator=installation.generator,
        index=index,
        tables=stored,
        masked=count_masked,
        parts=tuple(writer.parts),
    )
    writer.finish(manifest)
    _verify(file, manifest, on_progress)
    return manifest


def _save_configuration(path: Path | None, writer: Writer) -> int:
    if path is None:
        return 0
    try:
        text, count = masked(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(f"{path} can not be read: {error}") from None
    with writer.part(CONFIGURATION) as part:
        part.write(text.encode())
    return count


@dataclass(slots=True)
class _Seen:
    """What went by of the points."""

    points: int = 0
    documents: int = 0
    chunks: int = 0
    readers: set[int] = field(default_factory=set)
    torn: set[tuple[str, str]] = field(default_factory=set)
    _versions: dict[tuple[str, str], int] = field(default_factory=dict)

    def watch(self, points: Iterator[StoredPoint], on_progress: OnProgress, total: int) -> Any:
        """Yield the points, looking at each."""
        for point in points:
            self._look(point)
            yield point
            if not self.points % 100:
                on_progress(self.points, max(total, self.points), "index")

    def _look(self, point: StoredPoint) -> None:
        held = point.payload
        document = held["source"], held["document_id"]
        state = hash((held["version"], held["readers_version"], held["readers"]))
        if self._versions.setdefault(document, state) != state:
            self.torn.add(document)
        self.readers.add(held["readers"])
        self.points += 1
        self.documents += held["ordinal"] in {EMPTY, 0}
        self.chunks += held["ordinal"] >= 0


def _save_index(
    index: ServedIndex, writer: Writer, on_progress: OnProgress
) -> tuple[StoredIndex | None, set[int]]:
    """Write the points; return what they are, and the reader sets that they name."""
    origin = index.origin
    if origin is None:
        return None, set()
    for _ in range(_ATTEMPTS):
        _, total = index.count()
        points = index.points()
        first = next(points, None)
        opened = index.origin
        if opened == origin:
            break
        origin = cast("Origin", opened)
    else:
        raise BackupError("the index changes all the time; back up when no sync is running")
    seen = _Seen()
    with writer.part(POINTS) as part:
        rest = seen.watch(_with_first(first, points), on_progress, total)
        write_points(rest, part)
    stored = StoredIndex(
        pipeline=origin.pipeline,
        encoder=origin.encoder,
        vectors=dict(origin.vectors),
        points=seen.points,
        documents=seen.documents,
        chunks=seen.chunks,
        torn=tuple(sorted(seen.torn)),
    )
    return stored, seen.readers


def _with_first(first: StoredPoint | None, rest: Iterator[StoredPoint]) -> Iterator[StoredPoint]:
    if first is not None:
        yield first
        yield from rest


def _save_tables(
    connection: Connection,
    engine: Engine,
    writer: Writer,
    readers: set[int],
    on_progress: OnProgress,
) -> Iterator[Table]:
    for table in tables.stored_tables():
        on_progress(0, None, table.name)
        described = tables.described(table, 0)
        with writer.part(described.part) as part:
            count = tables.write_lines(tables.read_rows(connection, table), part)
            if table is ReaderSetRow.__table__:
                count += tables.write_lines(_later_sets(connection, engine, readers), part)
        yield described.model_copy(update={"rows": count})


def _later_sets(
    connection: Connection, engine: Engine, readers: set[int]
) -> Iterator[dict[str, Any]]:
    """Yield the reader sets that points name and that came after the snapshot."""
    known = set(connection.scalars(sa.select(ReaderSetRow.id)))
    later = sorted(readers - known)
    with engine.connect() as now:
        for id_ in later:
            rows = now.execute(sa.select(ReaderSetRow.__table__).where(ReaderSetRow.id == id_))
            yield from (dict(row) for row in rows.mappings())


def _verify(file: BinaryIO, manifest: Manifest, on_progress: OnProgress) -> None:
    file.flush()
    file.seek(0)
    reader = Reader(file)
    reader.verify(on_progress)
    if reader.manifest != manifest:
        raise damaged("what was written is not what is read")
