"""Collections on a server, as an index or somebody else makes them."""

from __future__ import annotations

from index_contract import (
    document,
    put,
)
from qdrant_client import models
from rigs.qdrant import QdrantRig
from servers import Place

from ingest.server.connection import Connection

RUNNING: list[QdrantRig] = []


def publish(
    there: Place, *documents: tuple[str, str], fingerprint: str = "p", encoder: str = "e"
) -> None:
    """Hold these documents, by source and id, and publish them."""
    with there.writer(fingerprint, encoder=encoder) as index:
        for source, document_id in documents:
            put(index, document(document_id, source=source), "甲", "乙")
        index.publish()


def make(there: Place, name: str, metadata: dict[str, object] | None = None) -> None:
    """Make a collection as something else than an index makes it."""
    vectors = {"lexical": models.SparseVectorParams(modifier=models.Modifier.IDF)}
    admin(
        there,
        lambda c: c.create_collection(
            name, vectors_config={}, sparse_vectors_config=vectors, metadata=metadata
        ),
    )


def admin(there: Place, request: object) -> object:
    """Do something to the server that no index does."""
    connection = Connection(there.address, patience=0)
    try:
        return connection.ask("meddling", request)  # type: ignore[arg-type]
    finally:
        connection.close()
