"""Changes a private copy of the embedded index, and publishes it as the next revision.

Knows nothing of who reads. One thread uses a writer, and one process at a time has one.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.chunk import Chunk
from ingest.edge import revisions
from ingest.edge.revisions import Generation
from ingest.edge.shard import DocumentKey, Entry, Shard, explained
from ingest.encode import EncodedQuery, Encoding, VectorSpec
from ingest.index import (
    Hit,
    IndexedDocument,
    IndexedQuestion,
    SearchIndexError,
    StoredPoint,
    StoredVersion,
)

# Points written at once: one at a time is many times slower, and more gain nothing.
_BATCH = 1_000
# Documents named in one filter.
_FILTERED = 1_000
# Seconds of work that a killed run may lose; longer where saving would take more than 5 % of them.
SAVE_EVERY = 5.0
_SAVING_SHARE = 0.05
# Bytes that must be free before anything is written. The engine maps its files into memory, where a
# full disk ends the process without a word.
RESERVE = 100_000_000

_log = logging.getLogger(__name__)


class EdgeWriter:
    """The Index port for writing, as a context: nothing is served before `publish`.

    Starts from the newest revision of its generation, or from what a run saved that could not
    publish. Leaving the context with an error (or being killed) keeps the work for the next run.
    """

    def __init__(
        self,
        folder: Path,
        fingerprint: str,
        vectors: Mapping[str, VectorSpec],
        *,
        encoder: str = "",
        reserve: int = RESERVE,
        save_every: float = SAVE_EVERY,
    ) -> None:
        """Write the index in `folder`, in the generation that `fingerprint` names.

        `encoder` is the encoder's own fingerprint, which readers compare with theirs. `reserve` are
        the bytes of the disk that stay free, `save_every` the seconds that a killed run may lose
        (0: none, saving after every write).
        """
        self.waits_for: frozenset[str] = frozenset()
        """Sources that keep the former generation in service, as this one lacks them yet."""
        self._folder = folder
        self._generation = Generation.of(folder, fingerprint, encoder, vectors)
        self._reserve = reserve
        self._save_every = save_every
        self._stack = ExitStack()
        self._base: Path | None = None
        """The newest revision that can be opened."""
        self._source: Path | None = None
        """What is read: a revision or what a run saved."""
        self._shard: Shard | None = None
        self._pending: dict[DocumentKey, Entry] = {}
        self._pending_points = 0  # counting them anew each time took a tenth of the writing
        self._working = self._generation.folder / "working"
        self._saving = self._generation.folder / "saving"
        self._changed = False
        """Whether the working copy is open."""
        self._unpublished = False
        self._broken = False
        self._saved_at = self._saving_takes = 0.0

    def __enter__(self) -> Self:
        with explained(f"opening {self._folder} for writing"):
            self._stack.enter_context(revisions.writing(self._folder))
            try:
                self._open()
            except BaseException:
                self._stack.close()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if not self._broken:
                self._drain()
                self._save()
        except SearchIndexError:
            if error is None:
                raise
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the index; what was not published or saved is dropped."""
        if self._shard:
            self._shard.close()
            self._shard = None
        shutil.rmtree(self._working, ignore_errors=True)
        self._stack.close()

    # What is held

    def versions(self, source: str) -> dict[str, StoredVersion]:
        shard = self._read()
        return shard.versions(source) if shard else {}

    def chunks(self, source: str, document_id: str) -> list[Hit]:
        shard = self._read()
        return shard.chunks(source, document_id) if shard else []

    def search(
        self,
        query: EncodedQuery,
        *,
        readers: Collection[int],
        limit: int,
        sources: Collection[str] | None = None,
    ) -> list[Hit]:
        shard = self._read()
        return shard.search(query, readers, limit, sources) if shard else []

    def inverse_document_frequencies(self, query: EncodedQuery) -> dict[str, float]:
        shard = self._read()
        return shard.inverse_document_frequencies(query) if shard else {}

    def count(self, source: str | None = None) -> tuple[int, int]:
        shard = self._read()
        return shard.count(source) if shard else (0, 0)

    def questions(self, source: str) -> dict[str, bool]:
        shard = self._read()
        return shard.questions(source) if shard else {}

    def points(self) -> Iterator[StoredPoint]:
        shard = self._read()
        if shard:
            yield from shard.points()

    # Changes

    def replace(
        self, document: IndexedDocument, chunks: Sequence[Chunk], encodings: Sequence[Encoding]
    ) -> None:
        if len(chunks) != len(encodings):
            raise ValueError(f"{len(chunks)} chunks, but {len(encodings)} encodings")
        self._pending[document.source, document.id] = (document, chunks, encodings)
        self._pending_points += max(1, len(chunks))
        if self._pending_points >= _BATCH:
            self._drain()

    def delete(self, source: str, document_ids: Collection[str]) -> None:
        ids = list(document_ids)
        if ids:
            with self._change() as shard:
                for start in range(0, len(ids), _FILTERED):
                    shard.delete(source, ids[start : start + _FILTERED])

    def set_readers(
        self, source: str, document_id: str, readers: int, readers_version: str
    ) -> None:
        with self._change() as shard:
            shard.set_readers(source, document_id, readers, readers_version)

    def put_questions(
        self,
        source: str,
        document_id: str,
        ordinal: int,
        questions: Sequence[IndexedQuestion],
        encodings: Sequence[Encoding],
    ) -> None:
        if len(questions) != len(encodings):
            raise ValueError(f"{len(questions)} questions, but {len(encodings)} encodings")
        with self._change() as shard:
            shard.put_questions(source, document_id, ordinal, questions, encodings)

    def delete_questions(self, source: str, question_ids: Collection[str]) -> None:
        if question_ids:
            with self._change() as shard:
                shard.delete_questions(source, question_ids)

    def put(self, points: Iterable[StoredPoint]) -> None:
        waiting = iter(points)
        while batch := list(islice(waiting, _BATCH)):
            with self._change() as shard:
                shard.put(batch)

    def publish(self) -> None:
        """Let readers serve what was written, all of it at once; without a change, do nothing.

        A new generation takes over when it holds every source of the one that is served;
        `waits_for` names those that it lacks.
        """
        self._check()
        self._drain()
        if self._unpublished:
            self._base = self._finish()
        self._point()

    def take_over(self) -> None:
        """Let readers serve this generation although it lacks sources of the former one."""
        if self._base:
            revisions.write_pointer(self._folder, self._base)
            self._point()

    # How

    def _open(self) -> None:
        for left in (self._working, self._saving):
            shutil.rmtree(left, ignore_errors=True)
        newest = self._generation.revisions()
        saved = self._usable_save(newest[-1] if newest else None)
        for place in (*saved, *reversed(newest)):
            try:
                self._reopen(place)
            except SearchIndexError as error:
                # A sync mends whatever is missing, so an older start, or none, is good enough.
                _log.warning("Passed over: %s", error)
            else:
                break
        self._unpublished = self._source in saved
        last = newest[-1] if newest else None
        self._base = last if self._unpublished else self._source
        if not self._unpublished:
            self._point()  # a run may have died between the revision and the pointer

    def _usable_save(self, newest: Path | None) -> list[Path]:
        """Return what a run saved that began where this one does, if any; remove all else."""
        usable = []
        for path in self._generation.saved():
            if path.name.startswith(_save_name(newest)):
                usable.append(path)
            else:
                shutil.rmtree(path, ignore_errors=True)
        return usable[-1:]

    def _reopen(self, place: Path | None) -> None:
        """Read from a folder that is not to be changed, or from nothing."""
        self._changed = False
        self._shard = Shard.load(place / "shard", self._generation.vectors) if place else None
        self._source = place

    def _read(self) -> Shard | None:
        self._drain()
        return self._shard

    def _begin(self) -> Shard:
        """Open the working copy."""
        with explained(f"copying the index in {self._folder}"):
            if self._shard and self._source:
                self._shard.close()
                self._shard = None
                self._make_room(revisions.size_on_disk(self._source))
                self._working.mkdir()
                revisions.copy_tree(self._source / "shard", self._working / "shard")
                self._shard = Shard.load(self._working / "shard", self._generation.vectors)
            else:
                self._make_room()
                self._generation.save()
                self._shard = Shard.create(self._working / "shard", self._generation.vectors)
        self._changed = True
        self._saved_at = time.monotonic()
        return self._shard

    @contextmanager
    def _change(self) -> Iterator[Shard]:
        self._drain()
        with self._writing() as shard:
            yield shard

    def _drain(self) -> None:
        """Write the documents that wait for a full batch."""
        if self._pending:
            pending, self._pending, self._pending_points = self._pending, {}, 0
            with self._writing() as shard:
                shard.write([*pending.values()])

    @contextmanager
    def _writing(self) -> Iterator[Shard]:
        self._check()
        try:
            shard = self._shard if self._shard and self._changed else self._begin()
            self._make_room()
            yield shard
        except BaseException:
            self._broken = True  # half a batch may be in: good for nothing but to be dropped
            raise
        self._unpublished = True
        pause = self._save_every and max(self._save_every, self._saving_takes / _SAVING_SHARE)
        if time.monotonic() - self._saved_at >= pause:
            self._save()

    def _check(self) -> None:
        if self._broken:
            raise SearchIndexError("an earlier write failed; run `kurage ingest` again")

    def _make_room(self, needed: int = 0) -> None:
        free = self._free()
        if free < needed + self._reserve:
            raise SearchIndexError(
                f"the disk of {self._folder} is almost full: {free / 1e6:.0f} MB are free and "
                f"{(needed + self._reserve) / 1e6:.0f} MB needed; free some and run "
                "`kurage ingest` again. What was published before is still searched"
            )

    def _free(self) -> int:
        with explained(f"looking for space in {self._folder}"):
            return shutil.disk_usage(self._folder).free

    def _save(self) -> None:
        """Keep the work so far, so that a run that dies is continued instead of repeated."""
        if not self._shard or not self._changed or not self._unpublished:
            return
        began = time.monotonic()
        with explained(f"saving the work in {self._folder}"):
            self._shard.flush()
            if self._free() < revisions.size_on_disk(self._working) + self._reserve:
                return  # a convenience: better than to end the run for it
            former = self._generation.saved()
            shutil.rmtree(self._saving, ignore_errors=True)
            self._saving.mkdir()
            revisions.copy_tree(self._working / "shard", self._saving / "shard")
            revisions.sync_tree(self._saving)
            number = int(former[-1].name.rpartition("-")[2]) + 1 if former else 1
            self._saving.rename(self._generation.folder / f"{_save_name(self._base)}{number:06}")
            for path in former:
                shutil.rmtree(path, ignore_errors=True)
        self._saved_at = time.monotonic()
        self._saving_takes = self._saved_at - began

    def _finish(self) -> Path:
        """Turn the working copy into the next revision, open it, and return its folder."""
        shard = self._shard if self._shard and self._changed else self._begin()
        former = self._generation.revisions()
        number = int(former[-1].name) + 1 if former else 1
        revision = self._generation.folder / f"{number:06}"
        with explained(f"publishing the index in {self._folder}"):
            shard.optimize()
            held = shard.count()
            shard.close()
            self._shard = None
            (self._working / "lock").touch()
            revisions.sync_tree(self._working)
            self._working.rename(revision)
            revisions.sync_folder(self._generation.folder)
        self._reopen(revision)
        if not self._shard or self._shard.count() != held:
            raise SearchIndexError(f"{revision} is incomplete; delete it and run `kurage ingest`")
        self._unpublished = False
        for path in self._generation.saved():
            shutil.rmtree(path, ignore_errors=True)
        return revision

    def _point(self) -> None:
        """Let readers serve the newest revision, unless another generation holds more sources."""
        if not self._base:
            return
        served = revisions.published_or_none(self._folder)
        self.waits_for = self._lacking(served)
        if served != self._base and not self.waits_for:
            revisions.write_pointer(self._folder, self._base)
        keep = {path for path in (served, self._base, *self._generation.revisions()[-2:]) if path}
        revisions.remove_others(self._folder, keep)

    def _lacking(self, served: Path | None) -> frozenset[str]:
        if not self._shard or not served or served.parent == self._generation.folder:
            return frozenset()
        vectors = Generation.load(served.parent).vectors
        former = Shard.load(served / "shard", vectors)
        try:
            return frozenset(former.sources() - self._shard.sources())
        finally:
            former.close()


def _save_name(base: Path | None) -> str:
    """Return how the folder of saved work begins: it names the revision that it changed."""
    return f"saved-{base.name if base else '0'}-"
