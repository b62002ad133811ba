"""The Qdrant rig behaves as Qdrant does, with the real client: what it refuses, keeps and loses."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse
from rigs.qdrant import QdrantRig, specification
from rigs.qdrant.rig import wait_for

KB = "knowledge"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[QdrantRig]:
    with QdrantRig(tmp_path) as running:
        yield running


@pytest.fixture
def client(rig: QdrantRig) -> Iterator[QdrantClient]:
    connected = connect(rig)
    yield connected
    connected.close()


def connect(rig: QdrantRig, **options: Any) -> QdrantClient:
    return QdrantClient(url=rig.url, timeout=10, **options)


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


def refusal(status: int) -> Any:
    """Return a context that expects the client to report this status."""
    return pytest.raises(UnexpectedResponse, match=f"Unexpected Response: {status} ")


class TestScores:
    def test_a_rare_word_weighs_more_than_a_common_one(self, client: QdrantClient) -> None:
        create(client)
        client.upsert(KB, [point(1, 10, 20), point(2, 10), point(3, 10)], wait=True)
        common, rare = (
            client.query_points(KB, query=sparse(word), using="lexical", limit=1).points[0]
            for word in (10, 20)
        )
        assert rare.score > common.score
        assert rare.id == 1

    def test_fusion_adds_the_reciprocal_ranks_with_the_constant_that_is_asked_for(
        self, client: QdrantClient
    ) -> None:
        create(client)
        client.upsert(KB, [point(1, 10), point(2, 10, 20)], wait=True)
        branches = [
            models.Prefetch(query=[0.0, 1.0], using="dense"),
            models.Prefetch(query=sparse(20), using="lexical"),
        ]
        fused = client.query_points(
            KB, prefetch=branches, query=models.RrfQuery(rrf=models.Rrf(k=60))
        )
        # Ranks start at 0 in the engine: the first of both lists gets 2/60, the second of one 1/61.
        assert [(hit.id, hit.score) for hit in fused.points] == [
            (2, pytest.approx(2 / 60)),
            (1, pytest.approx(1 / 61)),
        ]
