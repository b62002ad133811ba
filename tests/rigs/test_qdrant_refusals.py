"""The Qdrant rig refuses what Qdrant refuses, in its words, and keeps to its description."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from qdrant_client import QdrantClient, models
from qdrant_rig import COLLECTION, KB, alias, connect, create, point, refusal, sparse
from rigs.qdrant import QdrantRig, specification

Asked = tuple[str, str, object]
"""Method, path below the collection, body."""


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
