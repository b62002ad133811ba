"""The Qdrant rig behaves as Qdrant does, with the real client: scores, filters, points.

`test_qdrant_collections.py` has settings and aliases, `test_qdrant_refusals.py` what is refused,
`test_qdrant_faults.py` what goes wrong on demand, and what survives it.
"""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path

import httpx
import pytest
from qdrant_client import QdrantClient, models
from qdrant_rig import COLLECTION, KB, create, point, sparse
from rigs.qdrant import QdrantRig
from rigs.qdrant.rig import wait_for


class TestSearch:
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
        # Ranks start at 0: the first of both lists gets 2/k, the second of one list 1/(k + 1). Two
        # is what the server takes where nothing is asked for.
        for query, k in [
            (models.RrfQuery(rrf=models.Rrf(k=60)), 60),
            (models.FusionQuery(fusion=models.Fusion.RRF), 2),
        ]:
            fused = client.query_points(KB, prefetch=branches, query=query)
            assert [(hit.id, hit.score) for hit in fused.points] == [
                (2, pytest.approx(2 / k)),
                (1, pytest.approx(1 / (k + 1))),
            ]

    def test_a_filter_of_integers_finds_only_their_points(self, client: QdrantClient) -> None:
        create(client)
        points = [point(place, 10, readers=place % 3) for place in range(1, 7)]
        client.upsert(KB, points, wait=True)
        allowed = models.FieldCondition(key="readers", match=models.MatchAny(any=[0, 2]))
        hits = client.query_points(
            KB, query=sparse(10), using="lexical", query_filter=models.Filter(must=[allowed])
        )
        assert {hit.id for hit in hits.points} == {2, 3, 5, 6}

    @pytest.mark.parametrize(
        ("condition", "ids"),
        [
            (models.Filter(must_not=[models.HasIdCondition(has_id=[1])]), {2, 3}),
            (models.Filter(must=[models.HasVectorCondition(has_vector="lexical")]), {1, 2}),
            (
                models.Filter(
                    should=[
                        models.FieldCondition(key="readers", range=models.Range(gte=3)),
                        models.IsEmptyCondition(is_empty=models.PayloadField(key="readers")),
                    ]
                ),
                {2, 3},
            ),
            (
                models.Filter(
                    must=[models.Filter(must_not=[models.HasIdCondition(has_id=[2, 3])])]
                ),
                {1},
            ),
            (
                models.Filter(
                    must=[models.FieldCondition(key="readers", match=models.MatchAny(any=[]))]
                ),
                set(),
            ),
            (
                models.Filter(
                    must=[models.FieldCondition(key="readers", match=models.MatchValue(value=1))]
                ),
                {1},
            ),
        ],
        ids=["not_an_id", "has_a_vector", "range_or_empty", "nested", "any_of_none", "a_value"],
    )
    def test_a_filter_means_what_it_says(
        self, client: QdrantClient, condition: models.Filter, ids: set[int]
    ) -> None:
        create(client)
        bare = models.PointStruct(id=3, vector={"dense": [1.0, 0.0]}, payload={})
        client.upsert(KB, [point(1, 10), point(2, 10, readers=3), bare], wait=True)
        found, _ = client.scroll(KB, scroll_filter=condition)
        assert {record.id for record in found} == ids

    def test_what_scores_less_than_the_threshold_is_left_out(self, client: QdrantClient) -> None:
        create(client)
        client.upsert(KB, [point(1, 10), point(9, 10)], wait=True)
        near = client.query_points(KB, query=[0.0, 1.0], using="dense", score_threshold=0.9)
        assert [hit.id for hit in near.points] == [9]

    def test_a_batch_answers_each_query_in_its_place(self, client: QdrantClient) -> None:
        create(client)
        client.upsert(KB, [point(1, 10), point(2, 20)], wait=True)
        answers = client.query_batch_points(
            KB,
            [
                models.QueryRequest(query=sparse(word), using="lexical", limit=1)
                for word in (20, 10, 30)
            ],
        )
        assert [[hit.id for hit in answer.points] for answer in answers] == [[2], [1], []]

    def test_only_what_is_asked_for_comes_back(self, client: QdrantClient) -> None:
        create(client)
        client.upsert(KB, [point(1, 10)], wait=True)
        (hit,) = client.query_points(
            KB, query=sparse(10), using="lexical", with_payload=["text"], with_vectors=["lexical"]
        ).points
        assert hit.payload == {"text": "日当は三千円です。"}
        assert hit.vector == {"lexical": models.SparseVector(indices=[10], values=[1.0])}

    def test_a_facet_counts_the_values_of_an_indexed_field(self, client: QdrantClient) -> None:
        create(client)
        client.create_payload_index(KB, "readers", models.PayloadSchemaType.INTEGER)
        client.upsert(KB, [point(1, 1), point(2, 1, readers=7), point(3, 1)], wait=True)
        hits = client.facet(KB, "readers", exact=True).hits
        assert {hit.value: hit.count for hit in hits} == {1: 2, 7: 1}


class TestPoints:
    def test_pages_of_a_scroll_show_every_point_once(self, client: QdrantClient) -> None:
        create(client)
        client.upsert(KB, [point(place, 10) for place in range(1, 8)], wait=True)
        seen, offset = [], None
        while True:
            page, offset = client.scroll(KB, limit=3, offset=offset)
            seen += [record.id for record in page]
            if offset is None:
                break
        assert seen == [1, 2, 3, 4, 5, 6, 7]

    def test_a_payload_is_changed_by_id_and_by_filter(self, client: QdrantClient) -> None:
        create(client)
        client.upsert(KB, [point(1, 10), point(2, 10, readers=2)], wait=True)
        client.set_payload(KB, {"readers": 5}, points=[1], wait=True)
        second = models.FieldCondition(key="readers", match=models.MatchValue(value=2))
        client.set_payload(KB, {"readers": 6}, points=models.Filter(must=[second]), wait=True)
        found = client.retrieve(KB, [1, 2], with_payload=["readers"])
        assert [record.payload for record in found] == [{"readers": 5}, {"readers": 6}]

    def test_points_are_deleted_by_id_and_by_filter(self, client: QdrantClient) -> None:
        create(client)
        client.upsert(KB, [point(place, 10, readers=place) for place in (1, 2, 3)], wait=True)
        client.delete(KB, [1], wait=True)
        third = models.FieldCondition(key="readers", match=models.MatchValue(value=3))
        client.delete(KB, models.FilterSelector(filter=models.Filter(must=[third])), wait=True)
        assert client.count(KB, exact=True).count == 1
        assert [record.id for record in client.retrieve(KB, [1, 2, 3])] == [2]

    def test_a_batch_of_columns_is_as_good_as_a_list(self, client: QdrantClient) -> None:
        create(client)
        ids = [str(uuid.UUID(int=number)) for number in (1, 2)]
        client.upsert(
            KB,
            models.Batch(
                ids=ids,
                vectors={"dense": [[1.0, 0.0], [0.0, 1.0]]},
                payloads=[{"readers": 1}, {"readers": 2}],
            ),
            wait=True,
        )
        found = client.retrieve(KB, ids, with_payload=True, with_vectors=True)
        assert {record.id: record.payload for record in found} == {
            ids[0]: {"readers": 1},
            ids[1]: {"readers": 2},
        }

    def test_operations_of_a_batch_are_carried_out_in_order(self, client: QdrantClient) -> None:
        create(client)
        upsert = models.UpsertOperation(upsert=models.PointsList(points=[point(1, 10)]))
        delete = models.DeleteOperation(delete=models.PointIdsList(points=[1]))
        client.batch_update_points(KB, [upsert, delete, upsert], wait=True)
        assert client.count(KB).count == 1

    def test_an_update_that_nobody_waits_for_is_applied_later_and_in_order(
        self, rig: QdrantRig, client: QdrantClient
    ) -> None:
        create(client)
        rig.hold_updates()
        promised = client.upsert(KB, [point(1, 10)], wait=False)
        assert promised.status == models.UpdateStatus.ACKNOWLEDGED
        assert client.count(KB).count == 0
        rig.recover()
        # Waiting for the second means that the first is done as well.
        done = client.set_payload(KB, {"readers": 9}, points=[1], wait=True)
        assert done.status == models.UpdateStatus.COMPLETED
        assert client.retrieve(KB, [1])[0].payload == {"readers": 9, "text": "日当は三千円です。"}

    def test_without_wait_the_server_only_promises(
        self, rig: QdrantRig, client: QdrantClient
    ) -> None:
        create(client)
        body = {"points": [{"id": 1, "vector": {"dense": [1.0, 0.0]}}]}
        answer = httpx.put(f"{rig.url}{COLLECTION}/points", json=body).json()
        assert answer["result"]["status"] == "acknowledged"
        wait_for(lambda: client.count(KB).count == 1)


def test_the_rig_imports_nothing_of_ours() -> None:
    code = (
        "import sys, rigs.qdrant.server, rigs.qdrant.rig\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'bot', 'ingest', 'connectors'}, loaded"
    )
    tests = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(tests)})
