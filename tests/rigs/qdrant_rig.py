"""What the tests of the Qdrant rig share: a small collection, and how the client reports."""

from __future__ import annotations

from typing import Any

import pytest
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse
from rigs.qdrant import QdrantRig

KB = "knowledge"
COLLECTION = f"/collections/{KB}"


def connect(rig: QdrantRig, **options: Any) -> QdrantClient:
    # The client's look at the server's version runs in a thread, into whatever fault comes next.
    return QdrantClient(url=rig.url, timeout=10, check_compatibility=False, **options)


def create(client: QdrantClient, name: str = KB) -> None:
    client.create_collection(
        name,
        vectors_config={"dense": models.VectorParams(size=2, distance=models.Distance.COSINE)},
        sparse_vectors_config={"lexical": models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )


def point(place: int, *words: int, readers: int = 1) -> models.PointStruct:
    return models.PointStruct(
        id=place,
        vector={"dense": [1.0, float(place)], "lexical": sparse(*words)},
        payload={"readers": readers, "text": "日当は三千円です。"},
    )


def sparse(*words: int) -> models.SparseVector:
    return models.SparseVector(indices=list(words), values=[1.0] * len(words))


def alias(client: QdrantClient, collection: str, name: str) -> None:
    made = models.CreateAlias(collection_name=collection, alias_name=name)
    client.update_collection_aliases([models.CreateAliasOperation(create_alias=made)])


def refusal(status: int) -> Any:
    """Return a context in which the client has to report this status."""
    return pytest.raises(UnexpectedResponse, match=f"Unexpected Response: {status} ")
