"""The Qdrant rig behaves as Qdrant does, with the real client: scores, settings, refusals.

`test_qdrant_faults.py` has what goes wrong on demand, and what survives it.
"""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path

import httpx
import pytest
from qdrant_client import QdrantClient, models
from qdrant_rig import KB, connect, create, point, refusal, sparse
from rigs.qdrant import QdrantRig, specification
from rigs.qdrant.rig import wait_for

COLLECTION = f"/collections/{KB}"
Asked = tuple[str, str, object]
"""Method, path below the collection, body."""


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


class TestCollections:
    def test_settings_are_kept_and_shown(self, client: QdrantClient) -> None:
        client.create_collection(
            KB,
            vectors_config={
                "dense": models.VectorParams(
                    size=2, distance=models.Distance.DOT, on_disk=True, datatype="float16"
                )
            },
            sparse_vectors_config={
                "lexical": models.SparseVectorParams(
                    modifier=models.Modifier.IDF, index=models.SparseIndexParams(on_disk=True)
                )
            },
            hnsw_config=models.HnswConfigDiff(m=32),
            quantization_config=models.ScalarQuantization(
                scalar=models.ScalarQuantizationConfig(type="int8", always_ram=True)
            ),
            metadata={"encoder": "lexical-2"},
        )
        config = client.get_collection(KB).config
        dense = config.params.vectors["dense"]
        assert (dense.size, dense.distance, dense.on_disk) == (2, models.Distance.DOT, True)
        assert config.params.sparse_vectors["lexical"].modifier == models.Modifier.IDF
        assert config.hnsw_config.m == 32
        assert config.hnsw_config.ef_construct == 100  # the server's default
        assert config.quantization_config.scalar.always_ram is True
        assert config.metadata == {"encoder": "lexical-2"}

    def test_metadata_is_merged_and_a_null_removes_its_key(self, client: QdrantClient) -> None:
        create(client)
        client.update_collection(KB, metadata={"encoder": "a", "state": "building"})
        client.update_collection(KB, metadata={"state": None, "sources": ["handbook"]})
        kept = client.get_collection(KB).config.metadata
        assert kept == {"encoder": "a", "sources": ["handbook"]}

    def test_an_index_of_the_payload_shows_in_the_schema_until_it_is_dropped(
        self, client: QdrantClient
    ) -> None:
        create(client)
        client.upsert(KB, [point(1, 10)], wait=True)
        client.create_payload_index(
            KB, "source", models.KeywordIndexParams(type="keyword", is_tenant=True)
        )
        client.create_payload_index(KB, "readers", models.PayloadSchemaType.INTEGER)
        schema = client.get_collection(KB).payload_schema
        assert schema["readers"].data_type == models.PayloadSchemaType.INTEGER
        assert schema["readers"].points == 1
        assert schema["source"].params.is_tenant is True
        client.delete_payload_index(KB, "source")
        assert set(client.get_collection(KB).payload_schema) == {"readers"}

    def test_collections_are_listed_until_they_are_deleted(self, client: QdrantClient) -> None:
        create(client, "a")
        create(client, "規程")
        assert {found.name for found in client.get_collections().collections} == {"a", "規程"}
        assert client.delete_collection("規程") is True
        assert not client.collection_exists("規程")
        assert client.delete_collection("規程") is False
        create(client, "規程")

    def test_the_client_takes_it_for_a_server_of_its_version(self, rig: QdrantRig) -> None:
        # qdrant-client warns about a server that is too old or does not say its version, and
        # warnings fail the tests.
        connected = connect(rig)
        assert connected.info().title == "qdrant - vector search engine"
        connected.close()

    @pytest.mark.parametrize("path", ["healthz", "readyz", "livez"])
    def test_health_is_told_in_words(self, rig: QdrantRig, path: str) -> None:
        answer = httpx.get(f"{rig.url}/{path}")
        assert (answer.status_code, answer.text.endswith(("passed", "ready"))) == (200, True)


class TestAliases:
    def test_an_alias_stands_for_its_collection_everywhere(self, client: QdrantClient) -> None:
        create(client)
        alias(client, KB, "served")
        client.upsert("served", [point(1, 10)], wait=True)
        assert client.count(KB).count == 1
        assert client.collection_exists("served")
        assert client.get_collection("served").points_count == 1
        assert client.query_points("served", query=sparse(10), using="lexical").points
        (found,) = client.get_collection_aliases(KB).aliases
        assert (found.alias_name, found.collection_name) == ("served", KB)
        assert client.get_aliases().aliases == [found]

    def test_an_alias_moves_in_one_step_and_goes_with_its_collection(
        self, client: QdrantClient
    ) -> None:
        create(client, "old")
        create(client, "new")
        alias(client, "old", "served")
        client.upsert("new", [point(1, 10)], wait=True)
        client.update_collection_aliases(
            [
                models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name="served")),
                models.CreateAliasOperation(
                    create_alias=models.CreateAlias(collection_name="new", alias_name="served")
                ),
                models.RenameAliasOperation(
                    rename_alias=models.RenameAlias(
                        old_alias_name="served", new_alias_name="public"
                    )
                ),
            ]
        )
        assert client.count("public").count == 1
        client.delete_collection("new")
        assert client.get_aliases().aliases == []

    def test_no_action_is_carried_out_where_one_is_refused(self, client: QdrantClient) -> None:
        create(client)
        with refusal(404):
            client.update_collection_aliases(
                [
                    models.CreateAliasOperation(
                        create_alias=models.CreateAlias(collection_name=name, alias_name=name * 2)
                    )
                    for name in (KB, "unknown")
                ]
            )
        assert client.get_aliases().aliases == []

    def test_an_alias_can_not_have_the_name_of_a_collection(self, client: QdrantClient) -> None:
        create(client)
        create(client, "other")
        with refusal(409):
            alias(client, KB, "other")
        alias(client, KB, "served")
        with refusal(400):
            create(client, "served")


def alias(client: QdrantClient, collection: str, name: str) -> None:
    made = models.CreateAlias(collection_name=collection, alias_name=name)
    client.update_collection_aliases([models.CreateAliasOperation(create_alias=made)])


class TestRefusals:
    def test_an_unknown_collection_is_named_in_the_servers_words(self, rig: QdrantRig) -> None:
        answer = httpx.post(f"{rig.url}/collections/nowhere/points/count", json={})
        assert answer.status_code == 404
        assert answer.json()["status"] == {
            "error": "Not found: Collection `nowhere` doesn't exist!"
        }
        assert answer.json()["time"] >= 0

    def test_a_collection_is_made_once(self, client: QdrantClient) -> None:
        create(client)
        with refusal(409):
            create(client)

    @pytest.mark.parametrize(
        ("asked", "status", "says"),
        [
            (
                ("PUT", "/points?wait=true", {"points": [{"id": 1, "vector": {"dense": [1.0]}}]}),
                400,
                "Wrong input: Vector dimension error: expected dim: 2, got 1",
            ),
            (
                (
                    "PUT",
                    "/points?wait=true",
                    {"points": [{"id": 1, "vector": {"title": [1.0, 2.0]}}]},
                ),
                400,
                "Wrong input: Not existing vector name error: title",
            ),
            (
                ("PUT", "/points?wait=true", {"points": [{"id": "not a uuid", "vector": {}}]}),
                400,
                "is not a valid point ID",
            ),
            (("PUT", "/points?wait=true", {"points": []}), 400, "Empty update request"),
            (
                (
                    "PUT",
                    "/points",
                    {
                        "points": [
                            {"id": 1, "vector": {"lexical": {"indices": [1, 1], "values": [1, 2]}}}
                        ]
                    },
                ),
                422,
                "must be unique",
            ),
            (
                ("POST", "/points/payload?wait=true", {"payload": {"a": 1}, "points": [99]}),
                404,
                "No point with id 99",
            ),
            (
                ("POST", "/points/query", {"query": [1.0, 2.0, 3.0], "using": "dense"}),
                400,
                "Vector dimension error",
            ),
            (
                ("POST", "/points/query", {"query": [1.0, 2.0], "using": "title"}),
                400,
                "Not existing vector name",
            ),
            (("POST", "/points/query", {"query": {"fusion": "rrf"}}), 400, "without prefetches"),
            (("POST", "/points/query", {"limit": 0}), 422, "limit"),
            (("POST", "/points/count", {"filter": {"must": [{"key": "a"}]}}), 400, "Condition"),
            (("POST", "/points/count", {"filter": {"musst": []}}), 400, "musst"),
            (("POST", "/facet", {"key": "readers"}), 400, "No appropriate index for faceting"),
            (("POST", "/points/scroll", "nothing like JSON"), 400, "Format error in JSON body"),
            (("GET", "/points/7", None), 404, "Point with id 7 does not exists!"),
            (("PUT", "/index", {"field_name": "a", "field_schema": "word"}), 400, "Format error"),
        ],
        ids=[
            "dimension",
            "vector_name",
            "id",
            "empty",
            "indices_twice",
            "payload_of_no_point",
            "query_dimension",
            "query_vector_name",
            "fusion_of_nothing",
            "limit_0",
            "empty_condition",
            "unknown_clause",
            "facet_without_index",
            "no_json",
            "no_point",
            "index_type",
        ],
    )
    def test_a_wrong_request_is_refused_as_the_server_refuses_it(
        self,
        asked: Asked,
        status: int,
        says: str,
        rig: QdrantRig,
        client: QdrantClient,
    ) -> None:
        create(client)
        client.upsert(KB, [point(1, 10)], wait=True)
        method, path, body = asked
        content = {"content": body} if isinstance(body, str) else {"json": body}
        answer = httpx.request(method, f"{rig.url}{COLLECTION}{path}", **content)
        assert answer.status_code == status, answer.text
        assert says in answer.json()["status"]["error"]

    def test_a_wrong_vector_that_nobody_waits_for_is_not_reported(
        self, rig: QdrantRig, client: QdrantClient
    ) -> None:
        create(client)
        wrong = models.PointStruct(id=1, vector={"dense": [1.0]})
        assert client.upsert(KB, [wrong], wait=False).status == models.UpdateStatus.ACKNOWLEDGED
        client.upsert(KB, [point(2, 10)], wait=True)
        assert [record.id for record in client.scroll(KB)[0]] == [2]

    def test_a_body_over_the_limit_is_refused_with_its_size(self, tmp_path: Path) -> None:
        with QdrantRig(tmp_path, max_body=2000) as rig:
            client = connect(rig)
            create(client)
            with refusal(400) as refused:
                client.upsert(KB, [point(place, *range(50)) for place in range(20)], wait=True)
            assert b"is larger than allowed (limit: 2000 bytes)" in refused.value.content
            assert client.count(KB).count == 0
            client.close()

    def test_what_the_rig_does_not_know_is_no_silent_success(
        self, rig: QdrantRig, client: QdrantClient
    ) -> None:
        create(client)
        with refusal(501):
            client.query_points(KB, query=models.RecommendQuery(
                recommend=models.RecommendInput(positive=[1])
            ), using="dense")  # fmt: skip
        assert "does not know" in rig.violations()[0]


class TestKeys:
    @pytest.mark.parametrize(
        ("key", "reads", "writes"),
        [(None, 401, 401), ("wrong", 401, 401), ("reader", 200, 403), ("writer", 200, 200)],
        ids=["none", "wrong", "read_only", "read_write"],
    )
    def test_a_key_opens_what_it_is_for(
        self, tmp_path: Path, key: str | None, reads: int, writes: int
    ) -> None:
        with QdrantRig(tmp_path, api_key="writer", read_only_api_key="reader") as rig:
            headers = {"api-key": key} if key else {}
            body = {"vectors": {"size": 2, "distance": "Dot"}}
            wrote = httpx.put(f"{rig.url}{COLLECTION}", json=body, headers=headers)
            read = httpx.get(f"{rig.url}/collections", headers=headers)
            assert (read.status_code, wrote.status_code) == (reads, writes)
            assert httpx.get(f"{rig.url}/readyz").status_code == 200

    def test_a_bearer_token_is_a_key_too(self, tmp_path: Path) -> None:
        with QdrantRig(tmp_path, api_key="writer") as rig:
            headers = {"Authorization": "Bearer writer"}
            assert httpx.get(f"{rig.url}/collections", headers=headers).status_code == 200


class TestContract:
    @pytest.fixture(autouse=True)
    def _described(self) -> None:
        if specification() is None:
            pytest.skip("Qdrant's OpenAPI description is not at hand (QDRANT_OPENAPI)")

    def test_bodies_of_the_real_client_and_of_the_rig_fit_the_description(
        self, rig: QdrantRig, client: QdrantClient
    ) -> None:
        create(client)
        client.create_payload_index(KB, "readers", models.PayloadSchemaType.INTEGER)
        client.upsert(KB, [point(1, 10), point(2, 20)], wait=True)
        client.get_collection(KB)
        client.scroll(KB, with_vectors=True)
        client.query_points(KB, query=sparse(10), using="lexical", with_vectors=True)
        client.facet(KB, "readers")
        alias(client, KB, "served")
        client.get_aliases()
        with refusal(404):
            client.get_collection("nowhere")
        httpx.get(f"{rig.url}/telemetry").raise_for_status()
        assert rig.violations() == []

    @pytest.mark.parametrize(
        ("body", "status"),
        [({"limit": "ten"}, 400), ({"limit": 0}, 422), ({"query": {"fusion": "sum"}}, 400)],
        ids=["type", "value", "variant"],
    )
    def test_a_request_that_breaks_the_description_is_refused_and_put_on_record(
        self, rig: QdrantRig, client: QdrantClient, body: object, status: int
    ) -> None:
        create(client)
        answer = httpx.post(f"{rig.url}{COLLECTION}/points/query", json=body)
        assert answer.status_code == status
        (violation,) = rig.violations()
        assert violation.startswith(f"request of POST {COLLECTION}/points/query")

    def test_an_answer_that_breaks_the_description_is_put_on_record(
        self, rig: QdrantRig, client: QdrantClient
    ) -> None:
        create(client)
        rig.report("mauve")  # no status of a collection
        httpx.get(f"{rig.url}{COLLECTION}")
        (violation,) = rig.violations()
        assert violation.startswith(f"response of GET {COLLECTION}")


def test_the_rig_imports_nothing_of_ours() -> None:
    code = (
        "import sys, rigs.qdrant.server, rigs.qdrant.rig\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'bot', 'ingest', 'connectors'}, loaded"
    )
    tests = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(tests)})
