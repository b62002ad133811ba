"""A folder that is ingested for real, and what is told about its documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from connectors.folder import FolderConnector
from ingest.edge import EdgeIndex, EdgeWriter
from ingest.encode import Encoder
from ingest.japanese import Analyzer
from ingest.lexical import LexicalEncoder
from ingest.prepare import build_pipeline, pipeline_fingerprint
from ingest.state import ADMINISTRATOR, Base, State, open_engine
from ingest.sync import Progress, Report, sync
from ingest.workers import Workers

GOOD = "# 休暇\n有給休暇は取得日の3営業日前までに申請します。\n"


def build_encoder() -> Encoder:
    return LexicalEncoder(Analyzer())


@dataclass
class Desk:
    """A folder, and a state directory that it is ingested into."""

    path: Path
    memory_mb: int = 1500
    seconds: float = 60.0
    reserve: int = 0

    @cached_property
    def root(self) -> Path:
        root = self.path / "handbook"
        root.mkdir(exist_ok=True)
        return root

    @cached_property
    def home(self) -> Path:
        home = self.path / "home"
        home.mkdir(exist_ok=True)
        return home

    @cached_property
    def encoder(self) -> Encoder:
        return build_encoder()

    @cached_property
    def state(self) -> State:
        engine = open_engine(f"sqlite:///{self.home / 'kurage.db'}")
        Base.metadata.create_all(engine)
        return State(engine)

    def write(self, name: str, content: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def ingest(self, on_progress: Callable[[Progress], None] = lambda _: None) -> Report:
        fingerprint = pipeline_fingerprint(self.encoder)
        with (
            EdgeWriter(
                self.home / "index", fingerprint, self.encoder.vectors, reserve=self.reserve
            ) as index,
            Workers(
                partial(build_pipeline, build_encoder),
                fingerprint,
                count=1,
                memory_mb=self.memory_mb,
                seconds=self.seconds,
            ) as prepare,
        ):
            connector = FolderConnector(self.root, memory=self.home / "folder.db")
            return sync(
                connector, index, self.state, prepare, source="handbook", on_progress=on_progress
            )

    def documents(self, question: str = "有給休暇") -> set[str]:
        """Return the ids of the documents that a question finds."""
        index = EdgeIndex(self.home / "index")
        try:
            hits = index.search(
                self.encoder.encode_query(question),
                readers=self.state.reader_set_ids({ADMINISTRATOR}),
                limit=1000,
            )
            return {hit.document.id for hit in hits}
        finally:
            index.close()


def line(report: Report, name: str) -> str:
    """Return the one line about a document that failed."""
    lines = [reason for failed, reason in report.failed if failed == name]
    assert len(lines) == 1, report.failed
    assert "\n" not in lines[0]
    assert len(lines[0]) < 300
    assert "please report" not in lines[0], "a fault of ours, not a bad file"
    return lines[0]
