"""One document becomes chunks with vectors: extract, chunk, encode.

Knows nothing of processes, sources or indexes. `workers.py` runs it on all cores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectors.base import Document
from ingest import chunk, extract
from ingest.chunk import Chunk
from ingest.encode import EncodeError, Encoder, Encoding
from ingest.extract.blocks import ExtractError


class PrepareError(Exception):
    """No document can be prepared at all; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Job:
    """What preparing needs of a document: no address, no readers."""

    name: str
    title: str | None
    """None: the extracted one is used."""
    media_type: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the index is given of a document."""

    title: str
    chunks: tuple[Chunk, ...]
    """At least one."""
    encodings: tuple[Encoding, ...]
    """As many, in order."""
    updated: datetime | None = None
    """As the document itself tells; timezone-aware."""
    owner: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unprepared:
    """Why a document could not be prepared."""

    reason: str
    """Says what to do; without the document's name."""
    lasting: bool
    """Whether the same bytes will fail again; if not, the next run tries them again."""


Pipeline = Callable[[Job], Prepared]
"""Prepares one document, or raises `ExtractError` or `EncodeError`."""


class Prepare(Protocol):
    """Prepares many documents, in any order, holding few of them at a time."""

    @property
    def fingerprint(self) -> str:
        """Identify what it emits: a different one needs a new generation of the index."""
        ...

    def __call__(
        self, documents: Iterable[Document], *, expected: int
    ) -> Iterator[tuple[Document, Prepared | Unprepared]]:
        """Yield every document with what became of it; `documents` is read as it is needed.

        `expected` is about how many there are. Raises `PrepareError`.
        """
        ...


def pipeline_fingerprint(encoder: Encoder) -> str:
    """Identify what `build_pipeline` emits with this encoder."""
    return f"extract-{extract.FINGERPRINT}:{chunk.FINGERPRINT}:{encoder.fingerprint}"


def build_pipeline(build_encoder: Callable[[], Encoder]) -> Pipeline:
    """Return what prepares a document in this process."""
    encoder = build_encoder()

    def prepare(job: Job) -> Prepared:
        extracted = extract.extract(job.body, media_type=job.media_type, name=job.name)
        title = job.title or extracted.title or job.name
        chunks = tuple(chunk.chunk(title, extracted.called(title)))
        if not chunks:
            raise ExtractError("there is no text in the document")
        return Prepared(
            title=title,
            chunks=chunks,
            encodings=tuple(encoder.encode_documents(chunks)),
            updated=extracted.updated,
            owner=extracted.owner,
            warnings=extracted.warnings,
        )

    return prepare


def job_of(document: Document) -> Job:
    """Return what preparing needs of a document."""
    return Job(document.ref.name, document.title, document.media_type, document.body)


def attempt(pipeline: Pipeline, job: Job) -> Prepared | Unprepared:
    """Return what became of a document; a fault of ours in it costs only this document."""
    try:
        return pipeline(job)
    except (ExtractError, EncodeError) as error:
        return Unprepared(" ".join(str(error).split()), lasting=True)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - any file may hit a fault that no test knew
        fault = " ".join(f"{type(error).__name__}: {error}".split())
        return Unprepared(f"its reader failed ({fault[:200]}); please report this", lasting=False)


class InProcess:
    """Prepares in this process, without limits: for documents that we made ourselves."""

    def __init__(self, pipeline: Pipeline, fingerprint: str) -> None:
        self._pipeline = pipeline
        self.fingerprint = fingerprint

    def __call__(
        self,
        documents: Iterable[Document],
        *,
        expected: int,  # noqa: ARG002 - the port's
    ) -> Iterator[tuple[Document, Prepared | Unprepared]]:
        for document in documents:
            yield document, attempt(self._pipeline, job_of(document))
