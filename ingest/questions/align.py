"""Makes an index hold the questions that SQL says it shall hold. Knows nothing of models."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from itertools import groupby

from ingest.chunk import Chunk
from ingest.encode import Encoder
from ingest.index import Hit, IndexBusyError, IndexedQuestion, IndexWriter
from ingest.state import LeaseHeldError, State
from ingest.state.questions import INDEXED_STATES, Pair, Pairs, Questions, chunk_hash

OpenWriter = Callable[[], AbstractContextManager[IndexWriter]]
Places = Mapping[str, int]
"""Hashes of a document's chunks, each with the ordinal where it stands first."""


@dataclass(slots=True)
class Aligned:
    """What an index was given and lost."""

    added: int = 0
    """Or replaced, as a person approved of them."""
    removed: int = 0
    waiting: dict[str, str] = field(default_factory=dict)
    """Sources whose index is being written by others, and by whom; a sync aligns at its end."""


def places_of(chunks: Collection[Hit]) -> dict[str, int]:
    """Return the hash of each text, with the ordinal where it stands first."""
    found: dict[str, int] = {}
    for hit in chunks:
        found.setdefault(chunk_hash(hit.chunk.text), hit.chunk.ordinal)
    return found


def align(
    sources: Collection[str],
    open_writer: OpenWriter,
    state: State,
    questions: Questions,
    encoder: Encoder,
) -> Aligned:
    """Let the index hold what SQL says, source by source, and publish it.

    Takes the lease of a sync, so that the two never write at once. A source that is being synced
    waits. Raises `SearchIndexError` and `StateError`.
    """
    done = Aligned()
    for source in sources:
        try:
            with state.lease(f"sync of {source}"), open_writer() as index:
                one = restore(source, index, questions, lambda: encoder)
        except (LeaseHeldError, IndexBusyError) as error:
            done.waiting[source] = str(error)
            continue
        done.added += one.added
        done.removed += one.removed
    return done


def bring_back(
    source: str,
    index: IndexWriter,
    state: State,
    questions: Questions,
    encoder: Callable[[], Encoder],
) -> Aligned:
    """As `restore`, at the end of a sync, under a lease of its own.

    An extra point copies who may read its chunk: nobody may change that meanwhile. Where the next
    sync has begun already, that one does it.
    """
    try:
        with state.lease(f"sync of {source}"):
            return restore(source, index, questions, encoder)
    except LeaseHeldError as error:
        return Aligned(waiting={source: str(error)})


def restore(
    source: str, index: IndexWriter, questions: Questions, encoder: Callable[[], Encoder]
) -> Aligned:
    """Let an open index hold what SQL says of a source, and publish what it changed.

    The caller holds the lease of a sync of this source. After a sync that replaced documents,
    questions of chunks that stayed the same come back without a model. Where there are none it
    costs a look into SQL and one into the index; `encoder` is called where something comes back.
    """
    wanted = questions.pairs(Pairs(sources=[source], states=INDEXED_STATES))
    held = index.questions(source)
    done = Aligned()
    surplus = held.keys() - {pair.id for pair in wanted}
    if surplus:
        index.delete_questions(source, surplus)
        done.removed = len(surplus)
    lacking = [pair for pair in wanted if held.get(pair.id) != (pair.state == "approved")]
    for document_id, pairs in groupby(lacking, key=lambda pair: pair.place.document_id):
        done.added += _add(source, document_id, list(pairs), index, encoder())
    if done.added or done.removed:
        index.publish()
    return done


def _add(
    source: str, document_id: str, pairs: list[Pair], index: IndexWriter, encoder: Encoder
) -> int:
    """Hold the pairs whose chunk is there as it was, wherever in the document it stands now."""
    chunks = {hit.chunk.ordinal: hit.chunk for hit in index.chunks(source, document_id)}
    places: dict[str, int] = {}
    for ordinal, chunk in chunks.items():
        places.setdefault(chunk_hash(chunk.text), ordinal)
    added = 0
    here = [pair for pair in pairs if pair.place.chunk in places]
    for hash_, some in groupby(sorted(here, key=_chunk), key=_chunk):
        listed, chunk = list(some), chunks[places[hash_]]
        index.put_questions(
            source,
            document_id,
            chunk.ordinal,
            [IndexedQuestion(p.id, p.question, p.state == "approved") for p in listed],
            encoder.encode_documents([_asked(chunk, pair) for pair in listed]),
        )
        added += len(listed)
    return added


def _chunk(pair: Pair) -> str:
    return pair.place.chunk


def _asked(chunk: Chunk, pair: Pair) -> Chunk:
    """Return a question as if it stood where its chunk stands: title and headings are context."""
    return replace(chunk, text=pair.question)
