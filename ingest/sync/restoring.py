"""What was deleted comes back out of its tombstone, and stays until it is released.

Knows nothing of the source that lacks it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence

from ingest.chunk import Chunk
from ingest.encode import Encoder, Encoding
from ingest.state import LeaseHeldError, State
from ingest.sync.deleting import unpacked
from ingest.sync.ports import Writer

_log = logging.getLogger(__name__)

Encode = Callable[[Sequence[Chunk]], list[Encoding]]


def restore(
    index: Writer,
    state: State,
    encode: Encode,
    *,
    source: str,
    document_ids: Collection[str] | None = None,
) -> list[str]:
    """Put these deleted documents back, or all, publish them, and return which ones came back.

    For those who might read them when they were deleted. Syncs leave them although the source lacks
    them; one that the source lists again is an ordinary document again. What is not kept any more,
    or was put back already, is passed over. Holds the lease of the source: raises
    `LeaseHeldError` while it is synced; `SearchIndexError`, `StateError`, `EncodeError`.
    """
    with state.lease(f"sync of {source}") as lease:
        held = index.versions(source)
        wanted = [
            stone.id
            for stone in state.tombstones(source).values()
            if stone.restorable
            and not (stone.restored and stone.id in held)
            and (document_ids is None or stone.id in document_ids)
        ]
        # A run that died may have buried a document and not deleted it, or put it back and not
        # said so: then there is nothing to write.
        restored = [document_id for document_id in wanted if document_id in held]
        wanted = [document_id for document_id in wanted if document_id not in held]
        for document_id, content in state.buried(source, wanted):
            lease.renew()
            hits = list(unpacked(content))
            chunks = [one.chunk for one in hits]
            index.replace(hits[0].document, chunks, encode(chunks))
            restored.append(document_id)
        index.publish()
        state.mark_restored(source, restored)
        return restored


def put_back_restored(
    index: Writer, state: State, encoder: Callable[[], Encoder], *, source: str
) -> list[str]:
    """Put back, at the end of a sync, what was restored once and a new generation lacks.

    Where the next sync of the source has begun already, that one does it.
    """
    restored = [stone.id for stone in state.tombstones(source).values() if stone.restored]
    lost = set(restored) - index.versions(source).keys() if restored else set()
    if not lost:
        return []
    try:
        return restore(index, state, encoder().encode_documents, source=source, document_ids=lost)
    except LeaseHeldError as error:
        _log.info("What was restored of %s is left to the next sync: %s", source, error)
        return []


def release(state: State, *, source: str, document_ids: Collection[str] | None = None) -> list[str]:
    """Let these restored documents, or all, go with the next full listing; return which ones."""
    return state.release(source, document_ids)
