"""The Qdrant rig keeps collections and their aliases as Qdrant does, with the real client."""

from __future__ import annotations

import httpx
import pytest
from qdrant_client import QdrantClient, models
from qdrant_rig import KB, alias, connect, create, point, refusal, sparse
from rigs.qdrant import QdrantRig


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

    def test_a_vector_that_is_added_later_is_shown_and_searched_also_after_a_kill(
        self, rig: QdrantRig, client: QdrantClient
    ) -> None:
        """Adding it again changes nothing; the points that lack it keep what they have."""
        create(client)
        client.upsert(KB, [point(1, 10)], wait=True)
        before = client.get_collection(KB).config.params.sparse_vectors
        later = models.SparseVectorNameConfig(
            sparse=models.SparseVectorConfig(modifier=models.Modifier.IDF)
        )
        for _ in range(2):
            client.create_vector_name(KB, "later", later, wait=True)
        asked = {"query": sparse(7), "using": "later"}
        assert client.query_points(KB, **asked).points == []
        only = models.PointStruct(id=2, vector={"later": sparse(7)}, payload={})
        client.upsert(KB, [only], wait=True)
        rig.kill()
        rig.start()
        shown = client.get_collection(KB).config.params.sparse_vectors
        assert set(shown) == {*before, "later"}
        assert shown["later"].modifier == models.Modifier.IDF
        assert [found.id for found in client.query_points(KB, **asked).points] == [2]

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
