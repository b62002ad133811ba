"""What generations behind an alias promise on a Qdrant server, and what a search ranks there."""

from __future__ import annotations

import pytest
from index_contract import (
    EVERYONE,
    VECTORS,
    ask,
    chunks,
    document,
    encode,
    found,
    put,
)
from server_index import publish
from servers import Place

from ingest.edge import EdgeWriter
from ingest.encode import EncodedQuery, SparseVector, VectorSpec
from ingest.index import (
    SearchIndexError,
)
from ingest.server import ServerWriter, health


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
