"""The same run against an index on a Qdrant server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from questions_desk import EVERYBODY, SECRET, SOURCE, Desk, Reader, topic
from rigs.qdrant import QdrantRig
from servers import running_rig

from ingest.index import SearchIndexError
from ingest.questions import align
from ingest.server import Address, ServerIndex, ServerWriter


@dataclass
class ServerDesk(Desk):
    """A desk whose index is on a server."""

    address: Address = field(default_factory=lambda: Address(""))
    prefix: str = "kurage"

    @property
    def index(self) -> Any:
        if "_reader" not in self.__dict__:
            self.__dict__["_reader"] = ServerIndex(self.address, self.prefix, recount=0.0)
        return self.__dict__["_reader"]

    def open_writer(self) -> Any:
        return ServerWriter(self.address, self.prefix, "p", self.encoder.vectors, encoder="e")

    def close(self) -> None:
        self.index.close()
        self.engine.dispose()


@pytest.fixture(scope="module")
def rig() -> Iterator[QdrantRig]:
    with running_rig() as running:
        yield running
        assert running.violations() == []


def test_questions_are_kept_found_and_forgotten_on_a_server(tmp_path: Path, rig: QdrantRig) -> None:
    """Each step as in the embedded index, readers and decisions too."""
    desk = ServerDesk(tmp_path, address=Address(rig.url))
    desk.sync()
    report = desk.generate()
    assert (report.kept, report.indexed) == (6, 6)
    assert desk.generate(Reader()).chunks == 0
    asked = f"{topic(SECRET)}についてご存じですか？"
    assert desk.search(asked, "group:board")[0].chunk.text == SECRET
    assert all(hit.chunk.text != SECRET for hit in desk.search(asked, EVERYBODY))
    first, second, *_ = desk.questions.pairs()
    desk.questions.decide([first.id], "rejected", by="sato")
    desk.questions.decide([second.id], "approved", by="sato")
    align([SOURCE], desk.open_writer, desk.state, desk.questions, desk.encoder)
    held = desk.index.questions(SOURCE)
    assert first.id not in held
    assert held[second.id] is True
    del desk.pages[second.place.document_id]
    desk.sync()
    assert second.id not in desk.index.questions(SOURCE)
    desk.generate()
    assert second.id not in {pair.id for pair in desk.questions.pairs()}
    desk.close()


def test_a_server_that_is_too_old_is_told_apart_and_the_pairs_are_kept(
    tmp_path: Path, rig: QdrantRig
) -> None:
    """Before 1.18 no vector can be added to a collection: such a server knows no such path."""
    desk = ServerDesk(tmp_path, address=Address(rig.url), prefix="old")
    desk.sync()
    rig.fail("PUT", "*/vectors/*", status=404)
    with pytest.raises(SearchIndexError, match="too old to hold questions"):
        desk.generate()
    assert len(desk.questions.pairs()) == 6
    assert desk.generate().indexed == 6
    desk.close()
