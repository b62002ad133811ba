"""Changes one generation on a Qdrant server, and publishes it by an alias.

Knows nothing of who reads. One thread uses a writer; several processes may write several sources.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self

from ingest.chunk import Chunk
from ingest.encode import EncodedQuery, Encoding, VectorSpec
from ingest.index import (
    Hit,
    IndexedDocument,
    IndexedQuestion,
    SearchIndexError,
    StoredPoint,
    StoredVersion,
)
from ingest.server.connection import Address, Connection
from ingest.server.generations import Generation, Generations
from ingest.server.points import REQUEST_BYTES, DocumentKey, Entry, Points
from ingest.server.requests import FIRST, size_of
from ingest.server.uploads import Uploads

# Seconds in which a sync survives a server that restarts; at a million chunks opening takes some.
PATIENCE = 120.0
# Seconds that one change may take: it waits until every replica has made it.
_TIMEOUT = 60.0
# Requests under way at once. A server uses all its cores for one collection; more only wait there.
_THREADS = 4
# Seconds that requests under way have to end when a writer closes; then they are cut off.
_GRACE = 5.0
# Points of a request: beyond some hundred a request gains nothing, and costs more when repeated.
_BATCH = 500
# Documents whose readers are changed by one request.
_READERS_BATCH = 100
# Points that a restore keeps in memory before it writes them to a temporary file (bytes).
_SPOOLED = 64_000_000


class ServerWriter:
    """The Index port for writing, as a context; what is written to the served generation shows.

    A generation that is new is served once it was published. Leaving the context with an error, or
    being killed, keeps what was written: every document is then held as it was, as it shall be, or
    counts as absent, and the next run mends it.
    """

    def __init__(
        self,
        address: Address,
        prefix: str,
        fingerprint: str,
        vectors: Mapping[str, VectorSpec],
        *,
        encoder: str = "",
        shards: int | None = None,
        replicas: int | None = None,
        on_disk: bool = False,
        patience: float = PATIENCE,
        threads: int = _THREADS,
    ) -> None:
        """Write the index `prefix`, in the generation that `fingerprint` names.

        `encoder` is the encoder's own fingerprint, which readers compare with theirs. `shards`,
        `replicas` and `on_disk` are of a collection that this writer makes.
        """
        self.waits_for: frozenset[str] = frozenset()
        """Sources that keep the former generation in service, as this one lacks them yet."""
        timeout = max(_TIMEOUT, address.timeout)
        self._connection = Connection(address, patience=patience, timeout=timeout)
        self._generations = Generations(self._connection, prefix)
        self._planned = Generation.of(prefix, fingerprint, encoder, vectors)
        self._create = partial(
            self._generations.create,
            self._planned,
            shards=shards,
            replicas=replicas,
            on_disk=on_disk,
        )
        self._threads = threads
        self._uploads: Uploads[DocumentKey] | None = None
        self._points: Points | None = None
        self._ready = False
        """Whether every index of the payload is known to be there."""
        self._entries: dict[DocumentKey, Entry] = {}
        self._size = self._count = 0
        """Of the entries: bytes and points."""
        self._readers: dict[DocumentKey, tuple[int, str]] = {}
        self._seen: set[str] = set()
        """Sources that were asked for."""
        self._mended: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._drain()
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the server; what was not sent yet is dropped."""
        self._entries, self._readers = {}, {}
        uploads, self._uploads = self._uploads, None
        if uploads:
            uploads.abandon()
            self._connection.end_patience()
            # A connection that is being made while the client closes would be nobody's.
            uploads.settle(_GRACE)
        self._connection.close()
        if uploads:
            uploads.close()

    # What is held

    def versions(self, source: str) -> dict[str, StoredVersion]:
        self._seen.add(source)
        points = self._read()
        return points.versions(source) if points else {}

    def chunks(self, source: str, document_id: str) -> list[Hit]:
        points = self._read()
        return points.chunks(source, document_id) if points else []

    def search(
        self,
        query: EncodedQuery,
        *,
        readers: Collection[int],
        limit: int,
        sources: Collection[str] | None = None,
    ) -> list[Hit]:
        points = self._read()
        return points.search(query, readers, limit, sources) if points else []

    def inverse_document_frequencies(self, query: EncodedQuery) -> dict[str, float]:
        points = self._read()
        return points.inverse_document_frequencies(query) if points else {}

    def count(self, source: str | None = None) -> tuple[int, int]:
        points = self._read()
        return points.count(source) if points else (0, 0)

    def questions(self, source: str) -> dict[str, bool]:
        points = self._read()
        return points.questions(source) if points else {}

    def points(self) -> Iterator[StoredPoint]:
        points = self._read()
        if points:
            yield from points.points()

    # Changes

    def replace(
        self, document: IndexedDocument, chunks: Sequence[Chunk], encodings: Sequence[Encoding]
    ) -> None:
        if len(chunks) != len(encodings):
            raise ValueError(f"{len(chunks)} chunks, but {len(encodings)} encodings")
        key = (document.source, document.id)
        self._settle(key)
        self._entries[key] = (document, chunks, encodings)
        self._count += max(1, len(chunks))
        self._size += sum(map(_size, chunks, encodings))
        if self._count >= _BATCH or self._size >= REQUEST_BYTES:
            self._send_entries()

    def delete(self, source: str, document_ids: Collection[str]) -> None:
        ids = list(document_ids)
        if ids:
            self._drain()
            self._write(source).delete(source, ids)

    def set_readers(
        self, source: str, document_id: str, readers: int, readers_version: str
    ) -> None:
        key = (source, document_id)
        self._settle(key)
        self._readers[key] = (readers, readers_version)
        if len(self._readers) >= _READERS_BATCH:
            self._send_readers()

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
        self._settle((source, document_id))
        self._write(source).put_questions(source, document_id, ordinal, questions, encodings)

    def delete_questions(self, source: str, question_ids: Collection[str]) -> None:
        if question_ids:
            self._drain()
            self._write(source).delete_questions(source, question_ids)

    def put(self, points: Iterable[StoredPoint]) -> None:
        """As `Index.put`; first chunks last, so that a restore that dies leaves no half document.

        They wait in a temporary file: points come in no order.
        """
        self._drain()
        target = self._make()
        with tempfile.SpooledTemporaryFile(_SPOOLED) as waiting:

            def rest() -> Iterator[StoredPoint]:
                for one in points:
                    if one.payload.get("ordinal") in FIRST:
                        pickle.dump(one, waiting)
                    else:
                        yield one

            target.put(rest())
            waiting.seek(0)
            target.put(_unpickled(waiting))

    def publish(self) -> None:
        """Send what is left, and let readers be served by this generation.

        A new generation takes over when it holds every source of the one that is served;
        `waits_for` names those that it lacks.
        """
        self._drain()
        if self._points is None and self._find() is None:
            return
        for source in self._seen:
            self._write(source)  # also what a run left that died, where this one changed nothing
        self.waits_for = self._lacking()
        if not self.waits_for:
            self.take_over()

    def take_over(self) -> None:
        """Let readers serve this generation although it lacks sources of the former one."""
        points = self._read()
        if points:
            self._generations.serve(points.generation.name)
            self.waits_for = frozenset()
            self._generations.drop_before(points.generation)

    # How

    def _read(self) -> Points | None:
        self._drain()
        return self._points or self._find()

    def _find(self) -> Points | None:
        """Look for the collection of our generation."""
        found = self._generations.find(self._planned.name)
        if found:
            self._adopt(found)
        return self._points

    def _make(self) -> Points:
        """Return the collection of our generation, made and indexed if need be."""
        points = self._points or self._find()
        if points is None:
            points = self._adopt(self._create())
        if not self._ready:
            self._generations.index_payload(points.generation)
            self._ready = True
        return points

    def _adopt(self, found: Generation) -> Points:
        if (found.encoder, dict(found.vectors)) != (self._planned.encoder, self._planned.vectors):
            raise SearchIndexError(
                f"the collection {found.name} was made by another encoder ({found.encoder}, not "
                f"{self._planned.encoder}); delete it and run `kurage ingest --all`"
            )
        self._points = Points(self._connection, found)
        return self._points

    def _write(self, source: str) -> Points:
        """Return the collection, free of what a dead writer left of a source."""
        points = self._make()
        if source not in self._mended:
            points.mend(source)
            self._mended.add(source)
        return points

    def _settle(self, key: DocumentKey) -> None:
        """Finish what is waiting or under way for a document, so that changes keep their order."""
        under_way = self._uploads is not None and self._uploads.writes(key)
        if under_way or key in self._entries or key in self._readers:
            self._drain()

    def _drain(self) -> None:
        """Return when all that was asked for is on the server."""
        if self._readers:
            self._send_readers()
        if self._entries:
            self._send_entries()
        if self._uploads:
            self._uploads.drain()

    def _send_entries(self) -> None:
        entries, self._entries = list(self._entries.values()), {}
        self._size = self._count = 0
        keys = [(document.source, document.id) for document, _, _ in entries]
        points = [self._write(source) for source in {source for source, _ in keys}][-1]
        self._submit(keys, partial(points.write, entries))

    def _send_readers(self) -> None:
        changes, self._readers = self._readers, {}
        points = [self._write(source) for source in {source for source, _ in changes}][-1]
        listed = [(key, readers, version) for key, (readers, version) in changes.items()]
        self._submit(list(changes), partial(points.set_readers, listed))

    def _submit(self, keys: Collection[DocumentKey], task: partial[None]) -> None:
        if self._uploads is None:
            self._uploads = Uploads(self._threads)
        self._uploads.submit(keys, task)

    def _lacking(self) -> frozenset[str]:
        """Return the sources of the served generation that this one lacks."""
        served = self._generations.served()
        points = self._read()
        if points is None or served in {None, points.generation.name}:
            return frozenset()
        former = self._generations.find(served) if served else None
        if former is None:
            return frozenset()
        return frozenset(Points(self._connection, former).sources() - points.sources())


def _size(chunk: Chunk, encoding: Encoding) -> int:
    return size_of(StoredPoint("", encoding, {"text": chunk.text, "headings": chunk.headings}))


def _unpickled(file: tempfile.SpooledTemporaryFile[bytes]) -> Iterator[StoredPoint]:
    with suppress(EOFError):
        while True:
            yield pickle.load(file)  # noqa: S301 - we wrote it just now, into a file without a name
