"""The index on a Qdrant server: the port's contract, and what generations behind an alias promise.

Runs on the rig, and on a real server where `QDRANT_URL` names one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack

import pytest
from index_contract import (
    EVERYONE,
    VECTORS,
    IndexContract,
    ask,
    chunks,
    document,
    encode,
    found,
    index_machine,
    put,
)
from qdrant_client import models
from rigs.qdrant import QdrantRig
from servers import KINDS, Place, place, running_rig

from ingest.chunk import Chunk
from ingest.edge import EdgeWriter
from ingest.encode import EncodedQuery, Encoding, SparseVector, VectorSpec
from ingest.index import (
    Hit,
    Index,
    IndexedDocument,
    SearchIndexError,
    StoredPoint,
    StoredVersion,
    payload,
    point_id,
)
from ingest.server import ServerIndex, ServerWriter, health
from ingest.server.connection import Connection

_RUNNING: list[QdrantRig] = []


@pytest.fixture(scope="module", autouse=True)
def rig() -> Iterator[QdrantRig]:
    """One server for the tests of this module; each has a prefix of its own."""
    with running_rig() as running:
        _RUNNING.append(running)
        yield running
        _RUNNING.remove(running)


@pytest.fixture(params=KINDS)
def there(request: pytest.FixtureRequest, rig: QdrantRig) -> Iterator[Place]:
    """A place for an index."""
    with place(request.param, rig) as chosen:
        yield chosen


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


class _Published:
    """The port as a reader sees it: changes are published, and answers come from ServerIndex."""

    def __init__(self, there: Place) -> None:
        self.writer = there.writer()
        self._reader = there.reader()
        self.writer.delete("handbook", ["none"])  # publishes an empty collection

    def replace(
        self, what: IndexedDocument, chunks: Sequence[Chunk], encodings: Sequence[Encoding]
    ) -> None:
        self.writer.replace(what, chunks, encodings)

    def delete(self, source: str, document_ids: Collection[str]) -> None:
        self.writer.delete(source, document_ids)

    def set_readers(
        self, source: str, document_id: str, readers: int, readers_version: str
    ) -> None:
        self.writer.set_readers(source, document_id, readers, readers_version)

    def put(self, points: Iterable[StoredPoint]) -> None:
        self.writer.put(points)

    def _published(self) -> ServerIndex:
        self.writer.publish()
        return self._reader

    def versions(self, source: str) -> dict[str, StoredVersion]:
        return self._published().versions(source)

    def chunks(self, source: str, document_id: str) -> list[Hit]:
        return self._published().chunks(source, document_id)

    def search(
        self,
        query: EncodedQuery,
        *,
        readers: Collection[int],
        limit: int,
        sources: Collection[str] | None = None,
    ) -> list[Hit]:
        return self._published().search(query, readers=readers, limit=limit, sources=sources)

    def inverse_document_frequencies(self, query: EncodedQuery) -> dict[str, float]:
        return self._published().inverse_document_frequencies(query)

    def count(self, source: str | None = None) -> tuple[int, int]:
        return self._published().count(source)

    def points(self) -> Iterator[StoredPoint]:
        return self._published().points()

    def close(self) -> None:
        self._reader.close()
        self.writer.close()


def write_half(index: ServerWriter, what: IndexedDocument, *texts: str) -> None:
    """Write all but the first chunk."""
    passages = chunks(*texts)
    index._make().put(
        StoredPoint(
            point_id(what.source, what.id, chunk.ordinal),
            encode(chunk.text),
            payload(what, chunk),
        )
        for chunk in passages[1:]
    )


class TestServerWriter(IndexContract):
    """A writer finds what it wrote before it published it."""

    @pytest.fixture
    def index(self, there: Place) -> Iterator[Index]:
        with there.writer() as index:
            yield index

    @pytest.fixture
    def another(self, rig: QdrantRig) -> Iterator[Index]:
        with place("rig", rig) as elsewhere, elsewhere.writer() as index:
            yield index

    def write_half(self, index: Index, what: IndexedDocument, *texts: str) -> None:
        assert isinstance(index, ServerWriter)
        write_half(index, what, *texts)


class TestServerIndex(IndexContract):
    """A reader finds what was published."""

    @pytest.fixture
    def index(self, there: Place) -> Iterator[Index]:
        index = _Published(there)
        yield index
        index.close()

    @pytest.fixture
    def another(self, rig: QdrantRig) -> Iterator[Index]:
        with place("rig", rig) as elsewhere:
            index = _Published(elsewhere)
            yield index
            index.close()

    def write_half(self, index: Index, what: IndexedDocument, *texts: str) -> None:
        assert isinstance(index, _Published)
        write_half(index.writer, what, *texts)


def _open_writer(stack: ExitStack) -> Index:
    return stack.enter_context(stack.enter_context(place("rig", _RUNNING[0])).writer())


def _publish_between(index: Index) -> None:
    assert isinstance(index, ServerWriter)
    index.publish()


TestRandomHistories = index_machine(_open_writer, between=_publish_between).TestCase


class TestPublishing:
    def test_a_new_index_is_served_once_it_is_published(self, there: Place) -> None:
        reader = there.reader()
        with there.writer() as index:
            put(index, document(), "甲")
            assert index.count() == (1, 1)
            with pytest.raises(SearchIndexError, match=r"nothing is indexed .*`kurage ingest`"):
                reader.count()
            assert reader.origin is None
            index.publish()
            assert reader.count() == (1, 1)
        reader.close()

    def test_a_run_without_changes_makes_nothing(self, there: Place) -> None:
        """Also a rehearsal, which only looks."""
        with there.writer() as index:
            assert index.versions("handbook") == {}
            assert index.count() == (0, 0)
            assert list(index.points()) == []
            index.publish()
        assert (there.collections(), there.aliases()) == (set(), {})

    def test_a_context_left_with_an_error_publishes_nothing(self, there: Place) -> None:
        def fail() -> None:
            with there.writer() as index:
                put(index, document(), "甲")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert there.aliases() == {}

    def test_a_new_generation_takes_over_when_it_holds_every_source(self, there: Place) -> None:
        """Until then the former one serves, and readers go on without a gap."""
        publish(there, ("one", "a"), ("two", "b"))
        former = there.aliases()[there.prefix]
        reader = there.reader()
        assert reader.count() == (2, 4)
        with there.writer("q", encoder="e") as index:
            put(index, document("a", source="one"), "甲")
            index.publish()
            assert index.waits_for == {"two"}
        assert there.aliases() == {there.prefix: former}
        with there.writer("q", encoder="e") as index:
            put(index, document("b", source="two"), "甲")
            index.publish()
            assert index.waits_for == frozenset()
        aliases = there.aliases()
        assert aliases[there.prefix] != former
        assert aliases[f"{there.prefix}-former"] == former
        reader._served = None  # as after two seconds
        assert reader.count() == (2, 2)
        reader.close()

    def test_a_new_generation_can_be_told_not_to_wait(self, there: Place) -> None:
        publish(there, ("one", "a"), ("two", "b"))
        with there.writer("q") as index:
            put(index, document("a", source="one"), "甲")
            index.publish()
            assert index.waits_for == {"two"}
            index.take_over()
            assert index.waits_for == frozenset()
        reader = there.reader()
        assert reader.count() == (1, 1)
        reader.close()

    def test_the_former_generation_is_kept_and_older_ones_are_removed(self, there: Place) -> None:
        for fingerprint in "pqr":
            publish(there, ("one", "a"), fingerprint=fingerprint)
        aliases = there.aliases()
        assert there.collections() == set(aliases.values())
        assert set(aliases) == {there.prefix, f"{there.prefix}-former"}

    def test_a_generation_that_another_version_is_filling_is_left_alone(self, there: Place) -> None:
        publish(there, ("one", "a"), ("two", "b"))
        with there.writer("newer") as building:
            put(building, document("a", source="one"), "甲")
            building.publish()
        publish(there, ("one", "c"))
        assert len(there.collections()) == 2
        with there.writer("newer") as building:
            assert set(building.versions("one")) == {"a"}

    def test_a_reader_survives_that_its_generation_is_removed(self, there: Place) -> None:
        publish(there, ("one", "a"))
        reader = there.reader()
        assert reader.count() == (1, 2)
        for fingerprint in "qr":
            publish(there, ("one", "a"), ("one", "b"), fingerprint=fingerprint)
        assert reader.count() == (2, 4)
        reader.close()

    def test_going_back_to_a_former_pipeline_serves_what_it_made(self, there: Place) -> None:
        for fingerprint in "pqp":
            publish(there, ("one", "a"), fingerprint=fingerprint)
        aliases = there.aliases()
        assert len(there.collections()) == 2
        publish(there, ("one", "b"))
        assert there.aliases() == aliases

    def test_two_writers_make_one_collection(self, there: Place) -> None:
        with there.writer() as one, there.writer() as two:
            put(one, document("a", source="one"), "甲")
            put(two, document("a", source="two"), "甲")
            one.publish()
            two.publish()
            assert one.count() == two.count() == (2, 2)
        assert len(there.collections()) == 1


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


def test_scores_are_those_of_the_embedded_index(there: Place, tmp_path: object) -> None:
    """One vector: the same engine, the same numbers."""
    texts = ["甲乙丙", "甲甲丁", "乙乙乙戊", "丙丁戊", "甲", "己"]
    with there.writer() as server, EdgeWriter(tmp_path, "p", VECTORS) as edge:  # type: ignore[arg-type]
        for index in (server, edge):
            for number, text in enumerate(texts):
                put(index, document(f"d{number}"), text, text[::-1] + "甲")
        for question in ("甲", "乙丁", "甲乙丙丁戊己", "無"):
            theirs = server.search(ask(question), readers=[EVERYONE], limit=99)
            ours = edge.search(ask(question), readers=[EVERYONE], limit=99)
            assert sorted((h.score, found([h])) for h in theirs) == [
                (pytest.approx(score, rel=1e-6), which)
                for score, which in sorted((h.score, found([h])) for h in ours)
            ]
            held = server.inverse_document_frequencies(ask(question))
            assert held == pytest.approx(edge.inverse_document_frequencies(ask(question)))


HYBRID = {"lexical": VectorSpec("sparse", idf=True), "dense": VectorSpec("dense", size=4)}


def test_ranks_of_several_vectors_are_fused_and_each_is_filtered(there: Place) -> None:
    """What the asker may not read takes no place among the candidates of either vector."""
    directions = {"x": [1.0, 0.0, 0.0, 0.0], "y": [0.0, 1.0, 0.0, 0.0], "z": [0.6, 0.8, 0.0, 0.0]}
    with ServerWriter(there.address, there.prefix, "p", HYBRID) as index:
        for number in range(150):  # better than all that may be read, and more than candidates
            secret = document(f"secret {number}", readers=9)
            [text] = chunks("甲甲甲")
            index.replace(secret, [text], [{**encode("甲甲甲"), "dense": directions["x"]}])
        for name, word in (("x", "丙"), ("y", "甲"), ("z", "甲甲")):
            [text] = chunks(word)
            index.replace(document(name), [text], [{**encode(word), "dense": directions[name]}])
        query = EncodedQuery({**ask("甲").vectors, "dense": directions["x"]})
        hits = index.search(query, readers=[EVERYONE], limit=3)
        assert {hit.document.id for hit in hits} == {"x", "y", "z"}
        assert hits[0].document.id == "z"  # first by words and second by meaning
        only_meaning = EncodedQuery({"lexical": SparseVector([], []), "dense": directions["x"]})
        assert [h.document.id for h in index.search(only_meaning, readers=[EVERYONE], limit=2)] == [
            "x",
            "z",
        ]


def test_the_health_tells_what_is_served_and_what_waits(there: Place) -> None:
    assert health(there.address, there.prefix).generation is None
    publish(there, ("one", "a"), ("two", "b"))
    with there.writer("q") as index:
        put(index, document("a", source="one"), "甲")
        index.publish()
    state = health(there.address, there.prefix)
    assert state.generation is not None
    assert state.generation.name == there.aliases()[there.prefix]
    assert (state.generation.encoder, state.too_old, state.unfinished) == ("e", False, 0)
    assert set(state.building) == there.collections() - {state.generation.name}
