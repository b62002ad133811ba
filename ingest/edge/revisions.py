"""Folders of the embedded index: generations, immutable revisions, and the pointer to one of them.

    index/current                    the pointer: `<generation>/<revision>`
    index/writer.lock                held by the process that writes
    index/3f2a9c…/generation.json    which encoder filled it, and the vectors that it holds
    index/3f2a9c…/000007/shard/      a revision: never changed once it is here
    index/3f2a9c…/000007/lock        shared by its readers; who gets it alone may remove it
    index/3f2a9c…/saved-000007-…/    the state of a run that has not published, to be continued
    index/3f2a9c…/working/           what a run is changing; worthless when it dies

A generation is what one extractor, chunker and encoder produced. Knows nothing of the engine.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from ingest.encode import VectorSpec
from ingest.index import IndexBusyError, SearchIndexError, generation_name

# Names the layout of folders and payload; a change makes new generations.
_LAYOUT = 1
_POINTER = re.compile(r"([0-9a-f]{12})/([0-9]{6,})\n")
_REVISION = re.compile(r"[0-9]{6,}")
_SPAN = 1 << 30


@dataclass(frozen=True, slots=True)
class Generation:
    """A folder of revisions that one pipeline filled."""

    folder: Path
    encoder: str
    """Fingerprint of the encoder: a question must be encoded by the same one."""
    vectors: Mapping[str, VectorSpec]
    pipeline: str = ""
    """Fingerprint of extractor, chunker and encoder; empty where an older version made it."""

    @classmethod
    def of(
        cls, index: Path, pipeline: str, encoder: str, vectors: Mapping[str, VectorSpec]
    ) -> Generation:
        """Return the generation of a pipeline, whether or not it exists yet."""
        name = generation_name(_LAYOUT, pipeline, encoder)
        return cls(index / name, encoder, vectors, pipeline)

    @classmethod
    def load(cls, folder: Path) -> Generation:
        """Return the generation that a folder describes."""
        path = folder / "generation.json"
        try:
            stored = json.loads(path.read_text("utf-8"))
            vectors = {name: VectorSpec(**spec) for name, spec in stored["vectors"].items()}
            return cls(folder, stored["encoder"], vectors, stored.get("pipeline", ""))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SearchIndexError(
                f"{path} can not be read ({error}); delete the folder {folder.parent} and run "
                "`kurage ingest --all`"
            ) from error

    def save(self) -> None:
        """Make the folder and describe it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        vectors = {name: asdict(spec) for name, spec in self.vectors.items()}
        described = {"pipeline": self.pipeline, "encoder": self.encoder, "vectors": vectors}
        replace_file(self.folder / "generation.json", json.dumps(described, indent=2))

    def revisions(self) -> list[Path]:
        """Return the complete revisions, oldest first."""
        return sorted(
            (path for path in _entries(self.folder) if _REVISION.fullmatch(path.name)),
            key=lambda path: int(path.name),
        )

    def saved(self) -> list[Path]:
        """Return what runs left that have not published."""
        return [path for path in _entries(self.folder) if path.name.startswith("saved-")]


@dataclass(frozen=True, slots=True)
class Health:
    """What `kurage doctor` tells of the embedded index."""

    generation: str | None
    """None: nothing was published yet."""
    revision: str | None
    encoder: str | None
    bytes: int
    """On disk, with everything that is kept beside the published revision."""
    revisions: int
    unpublished: bool
    """Whether a run died or failed, whose work the next one continues."""
    writer: str | None
    """Who is writing now."""


def health(index: Path) -> Health:
    """Return the state of the index in a folder; a damaged one raises `SearchIndexError`."""
    current = read_pointer(index)
    generations = [Generation(path, "", {}) for path in _generations(index)]
    return Health(
        generation=current.parent.name if current else None,
        revision=current.name if current else None,
        encoder=Generation.load(current.parent).encoder if current else None,
        bytes=size_on_disk(index),
        revisions=sum(len(generation.revisions()) for generation in generations),
        unpublished=any(generation.saved() for generation in generations),
        writer=_writer(index),
    )


def read_pointer(index: Path) -> Path | None:
    """Return the published revision's folder; None before anything was published."""
    path = index / "current"
    try:
        match = _POINTER.fullmatch(path.read_text("ascii"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error
    if not match:
        raise _damaged(path, "it names no revision")
    revision = index / match[1] / match[2]
    if not revision.is_dir():
        raise _damaged(path, f"{match[0].strip()} is not there")
    return revision


def published_or_none(index: Path) -> Path | None:
    """Return the published revision, none also where the pointer is damaged."""
    try:
        return read_pointer(index)
    except SearchIndexError:
        return None


def write_pointer(index: Path, revision: Path) -> None:
    """Name the revision that readers shall serve from now on, at once."""
    replace_file(index / "current", f"{revision.parent.name}/{revision.name}\n")


def _damaged(path: Path, why: str) -> SearchIndexError:
    return SearchIndexError(f"{path} is damaged ({why}); run `kurage ingest --all`, which mends it")


@contextmanager
def writing(index: Path) -> Iterator[None]:
    """Be the only process that writes this index."""
    index.mkdir(parents=True, exist_ok=True)
    with (index / "writer.lock").open("a+", encoding="ascii") as lock:
        while not _lock(lock, fcntl.LOCK_EX):
            if holder := _writer(index):  # else somebody just looked who writes
                raise IndexBusyError(
                    f"the index is being written by {holder}; wait until it has finished"
                )
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        yield


def _writer(index: Path) -> str | None:
    try:
        with (index / "writer.lock").open(encoding="ascii") as lock:
            if _lock(lock, fcntl.LOCK_SH):
                return None
            return lock.read() or "another process"
    except FileNotFoundError:
        return None


def reading(revision: Path) -> IO[str] | None:
    """Return a handle that keeps a revision from being removed; None if it is gone already."""
    try:
        handle = (revision / "lock").open(encoding="ascii")
    except FileNotFoundError:
        return None
    if _lock(handle, fcntl.LOCK_SH) and revision.is_dir():
        return handle
    handle.close()
    return None


def remove_others(index: Path, keep: set[Path]) -> None:
    """Remove the revisions that are neither kept nor read, and generations without any."""
    for folder in _generations(index):
        for revision in Generation(folder, "", {}).revisions():
            if revision not in keep:
                _remove_unread(revision)
        if (
            not any(path.parent == folder for path in keep)
            and not Generation(folder, "", {}).revisions()
        ):
            shutil.rmtree(folder, ignore_errors=True)


def _remove_unread(revision: Path) -> None:
    with suppress(FileNotFoundError), (revision / "lock").open(encoding="ascii") as lock:
        if _lock(lock, fcntl.LOCK_EX):
            shutil.rmtree(revision, ignore_errors=True)


def _lock(handle: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _generations(index: Path) -> list[Path]:
    return [path for path in _entries(index) if (path / "generation.json").exists()]


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def size_on_disk(folder: Path) -> int:
    """Return the bytes that the files of a folder occupy: the engine's are mostly holes."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += path.lstat().st_blocks * 512
    return total


def replace_file(path: Path, text: str) -> None:
    """Write a small file so that it is there whole or not at all, also across a power cut."""
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def sync_tree(folder: Path) -> None:
    """Bring a folder and all in it to the disk."""
    for where, _, names in os.walk(folder):
        for name in names:
            _sync(Path(where, name))
        sync_folder(Path(where))


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder of files, leaving out the holes that make up most of the engine's files."""
    target.mkdir()
    for path in sorted(source.iterdir()):
        if path.is_dir():
            copy_tree(path, target / path.name)
        else:
            _copy_file(path, target / path.name)


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as reader, target.open("wb") as writer:
        size = os.fstat(reader.fileno()).st_size
        writer.truncate(size)
        for start, end in _extents(reader.fileno(), size):
            _copy_extent(reader.fileno(), writer.fileno(), start, end)


def _extents(handle: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a file that hold data."""
    end = 0
    while end < size:
        try:
            start = os.lseek(handle, end, os.SEEK_DATA)
        except OSError:  # ENXIO: only a hole is left
            return
        end = os.lseek(handle, start, os.SEEK_HOLE)
        yield start, end


def _copy_extent(reader: int, writer: int, start: int, end: int) -> None:
    while start < end:
        length = min(end - start, _SPAN)
        if hasattr(os, "copy_file_range"):
            copied = os.copy_file_range(reader, writer, length, start, start)
        else:  # macOS
            copied = os.pwrite(writer, os.pread(reader, min(length, 1 << 22), start), start)
        if not copied:
            return
        start += copied
