"""Whose collection it is that is written to on a Qdrant server, and how it is filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from index_contract import (
    ask,
    document,
    put,
)
from qdrant_client import models
from server_index import admin, make, publish
from servers import Place

from ingest.index import (
    SearchIndexError,
    StoredPoint,
)


class TestWhoseCollection:
    """What something else made is never read, written or deleted."""

    def test_an_index_of_another_encoder_is_refused(self, there: Place) -> None:
        publish(there, ("one", "a"), encoder="theirs")
        reader = there.reader(encoder="ours")
        with pytest.raises(SearchIndexError, match=r"another encoder \(theirs, not ours\); run"):
            reader.count()
        reader.close()

    def test_a_reader_stays_with_its_encoder_when_another_takes_over(
        self, there: Place, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A bot that was not restarted after an upgrade goes on answering."""
        publish(there, ("one", "a"), encoder="ours")
        reader = there.reader(encoder="ours")
        assert reader.count() == (1, 2)
        publish(there, ("one", "a"), ("one", "b"), encoder="theirs", fingerprint="q")
        for _ in range(3):
            reader._served = reader._served and type(reader._served)(reader._served.points, -9.0)
            assert reader.count() == (1, 2)
        assert caplog.text.count("can not be used") == 1
        reader.close()

    @pytest.mark.parametrize(
        ("metadata", "words"),
        [
            (None, "not made by Kurage Bot"),
            ({"kurage_bot": "yes"}, "not made by Kurage Bot"),
            ({"kurage_bot": {"layout": 99}}, "newer version"),
            ({"kurage_bot": {"layout": 1}}, "damaged"),
        ],
        ids=["none", "strange", "newer", "damaged"],
    )
    def test_a_collection_of_something_else_is_refused_and_left_alone(
        self, there: Place, metadata: dict[str, object] | None, words: str
    ) -> None:
        name = there.writer()._planned.name
        make(there, name, metadata)
        alias = models.CreateAlias(collection_name=name, alias_name=there.prefix)
        operation = models.CreateAliasOperation(create_alias=alias)
        admin(there, lambda c: c.update_collection_aliases([operation]))
        with there.writer() as index:
            for attempt in (
                lambda: put(index, document(), *"甲" * 600),
                lambda: index.versions("handbook"),
                index.publish,
            ):
                with pytest.raises(SearchIndexError, match=words):
                    attempt()
        reader = there.reader()
        with pytest.raises(SearchIndexError, match=words):
            reader.count()
        reader.close()
        assert admin(there, lambda c: c.count(name).count) == 0

    def test_a_collection_with_other_vectors_than_it_says_is_refused(self, there: Place) -> None:
        planned = there.writer()._planned
        vectors = {"other": models.SparseVectorParams()}
        admin(
            there,
            lambda c: c.create_collection(
                planned.name,
                vectors_config={},
                sparse_vectors_config=vectors,
                metadata=planned.metadata,
            ),
        )
        with there.writer() as index, pytest.raises(SearchIndexError, match="other vectors"):
            index.versions("handbook")

    def test_a_collection_that_has_the_name_of_the_alias_is_named(self, there: Place) -> None:
        make(there, there.prefix)
        with there.writer() as index:
            put(index, document(), "甲")
            with pytest.raises(SearchIndexError, match="not ours; choose another `collection`"):
                index.publish()

    def test_an_old_collection_that_only_looks_like_ours_is_not_deleted(self, there: Place) -> None:
        strange = f"{there.prefix}-0123456789ab"
        make(there, strange)
        for fingerprint in "pqr":
            publish(there, ("one", "a"), fingerprint=fingerprint)
        assert strange in there.collections()


class TestWriting:
    def test_every_field_that_is_filtered_by_is_indexed(self, there: Place) -> None:
        """Also where a writer died between making the collection and its indexes."""
        name = there.writer(encoder="e")._planned.name
        publish(there, ("one", "a"))
        admin(there, lambda c: c.delete_payload_index(name, "readers", wait=True))
        publish(there, ("one", "b"))
        schema = admin(there, lambda c: c.get_collection(name).payload_schema)
        assert isinstance(schema, dict)
        assert {field: index.data_type.value for field, index in schema.items()} == {
            "source": "keyword",
            "document_id": "keyword",
            "readers": "integer",
            "ordinal": "integer",
        }

    def test_a_document_larger_than_a_request_is_written_whole(
        self, there: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ingest.server.points.REQUEST_BYTES", 20_000)
        texts = ["甲" * 1_000 for _ in range(40)]
        with there.writer() as index:
            put(index, document(), *texts)
            put(index, document("b"), "乙")
            assert index.count() == (2, 41)
            put(index, document(), *texts[:30])
            assert [hit.chunk.ordinal for hit in index.chunks("handbook", document().id)] == list(
                range(30)
            )

    def test_points_of_a_restore_may_come_first_chunks_first(self, there: Place) -> None:
        """And a half restored document counts as absent."""
        with there.writer() as index:
            for name in "ab":
                put(index, document(name), "甲", "乙", "丙")
            points = sorted(index.points(), key=lambda point: point.payload["ordinal"])

            def broken() -> Iterator[StoredPoint]:
                yield from points[:4]
                raise SearchIndexError("the backup is damaged")

            index.delete("handbook", ["a", "b"])
            with pytest.raises(SearchIndexError, match="damaged"):
                index.put(broken())
            assert index.versions("handbook") == {}
            index.put(points)
            assert set(index.versions("handbook")) == {"a", "b"}
            assert index.count() == (2, 6)

    def test_readers_of_an_old_version_never_see_a_new_one_nor_the_other_way_round(
        self, there: Place
    ) -> None:
        """In whatever state the server is between two changes."""
        old = document("a", version="1", readers=1)
        new = document("a", version="2", readers=2)
        with there.writer() as index:
            put(index, old, "旧", "旧", "旧")
            index.publish()
            reader = there.reader()
            states: list[tuple[set[str], set[str]]] = []
            target = index._make()
            plain = target._connection.ask

            def step(client: object, updates: Sequence[object]) -> None:
                for update in updates:
                    plain(
                        "x", lambda c, update=update: c.batch_update_points(target._name, [update])
                    )
                    seen = [
                        {
                            hit.chunk.text
                            for hit in reader.search(ask("旧新"), readers=[who], limit=9)
                        }
                        for who in (1, 2)
                    ]
                    states.append((seen[0], seen[1]))

            target._update = lambda updates: step(None, updates)  # type: ignore[method-assign]
            put(index, new, "新", "新")
            assert index.versions("handbook")["a"].version == "2"
            reader.close()
        assert len(states) >= 5
        assert all(to_old <= {"旧"} and to_new <= {"新"} for to_old, to_new in states)
        assert states[-1] == (set(), {"新"})
