"""A company's documents, indexed, and a writer of questions that reads what it is given.

Run as a process it generates until it is killed: `python questions_desk.py FOLDER SECONDS`.
"""

from __future__ import annotations

import asyncio
import re
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from connectors.base import ANYONE, READABLE_BY_ANYONE, Readers
from ingest.chunk import Chunk
from ingest.edge import EdgeIndex, EdgeWriter
from ingest.index import Hit, IndexedDocument
from ingest.japanese import Analyzer
from ingest.lexical import LexicalEncoder
from ingest.questions import Report, WriterError, generate
from ingest.questions.generate import Parts
from ingest.state import ADMINISTRATOR, Base, State, open_engine
from ingest.state.questions import Questions

POSTGRESQL = "postgresql+psycopg://postgres@127.0.0.1:5432/test"

HANDBOOK = {
    "休暇": [
        "有給休暇の申請は、取得日の3営業日前までに勤怠システムから行う。",
        "慶弔休暇は、本人の結婚では5日、子の結婚では2日を与える。",
    ],
    "経費": [
        "経費精算の締め日は毎月25日であり、領収書の原本は経理部に提出する。",
        "出張の日当は、国内では1日につき3000円を支給する。",
    ],
    "開発": ["社外から接続するときの接続先は vpn.example.co.jp であり、二段階認証を要する。"],
}
SECRET = "役員賞与の総額は、2026年度では4億8000万円と決議した。"
BOARD: Readers = (frozenset({"group:board"}),)
SOURCE = "handbook"


class Reader:
    """A `Writer` that asks for the first number or address of what it reads, in its own words.

    What it says depends on the text alone.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self.read: list[str] = []
        """Every text that it was asked about."""
        self.at_once = self.most_at_once = 0
        self._seconds = seconds

    async def questions(self, text: str) -> list[tuple[str, str]]:
        self.read.append(text)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self._seconds)
        self.at_once -= 1
        if "読めない" in text:
            raise WriterError("the text is longer than the model reads")
        return [(f"{topic(text)}についてご存じですか？", found) for found in answers(text)[:1]]


def topic(text: str) -> str:
    return re.split("は、|は|であり", text)[0]


def answers(text: str) -> list[str]:
    return re.findall(r"[0-9]+(?:営業日前|日|円|億)|[a-z]+(?:\.[a-z]+)+", text)


@dataclass
class Desk:
    """State, index and encoder in a folder; whoever opens it again goes on."""

    folder: Path
    pages: dict[str, list[str]] = field(default_factory=lambda: {**HANDBOOK, "役員": [SECRET]})
    readers: dict[str, Readers] = field(default_factory=lambda: {"役員": BOARD})

    @cached_property
    def engine(self) -> Engine:
        engine = open_engine(f"sqlite:///{self.folder / 'kurage.db'}")
        Base.metadata.create_all(engine)
        return engine

    @cached_property
    def state(self) -> State:
        return State(self.engine)

    @cached_property
    def questions(self) -> Questions:
        return Questions(self.engine)

    @cached_property
    def encoder(self) -> LexicalEncoder:
        return _encoder()

    @cached_property
    def index(self) -> EdgeIndex:
        return EdgeIndex(self.folder / "index")

    @cached_property
    def parts(self) -> Parts:
        return Parts(self.index, self.open_writer, self.encoder, self.state, self.questions)

    def open_writer(self) -> EdgeWriter:
        return EdgeWriter(self.folder / "index", "p", self.encoder.vectors, encoder="e")

    def sync(self, *names: str) -> None:
        """Write these pages anew, or all, as a sync does; what is no page any more goes."""
        with self.open_writer() as index:
            index.delete(SOURCE, set(index.versions(SOURCE)) - set(self.pages))
            for name in names or self.pages:
                readers = self.readers.get(name, READABLE_BY_ANYONE)
                document = IndexedDocument(
                    source=SOURCE,
                    id=name,
                    version=str(hash(tuple(self.pages[name]))),
                    readers_version="1",
                    readers=self.state.add_reader_set(readers),
                    title=f"{name}の手引き",
                    url=f"https://wiki.example/{name}",
                )
                chunks = [
                    Chunk(number, document.title, (), line, "paragraph", "")
                    for number, line in enumerate(self.pages[name])
                ]
                index.replace(document, chunks, self.encoder.encode_documents(chunks))
            index.publish()

    def generate(self, writer: Any = None, **options: Any) -> Report:
        return asyncio.run(
            generate(writer or Reader(), self.parts, [SOURCE], model="reader", **options)
        )

    def search(self, question: str, *principals: str) -> list[Hit]:
        """Return what people with these principals find; without any, the administrator."""
        readers = self.state.reader_set_ids(frozenset(principals or {ADMINISTRATOR}))
        return self.index.search(self.encoder.encode_query(question), readers=readers, limit=5)

    def close(self) -> None:
        if "index" in self.__dict__:
            self.index.close()
        if "engine" in self.__dict__:
            self.engine.dispose()


EVERYBODY = ANYONE


@cache
def _encoder() -> LexicalEncoder:
    return LexicalEncoder(Analyzer())


@contextmanager
def schema() -> Iterator[str]:
    """Yield the name of a schema in PostgreSQL that only this test sees."""
    name = f"kurage_{uuid.uuid4().hex}"
    admin = create_engine(POSTGRESQL, connect_args={"connect_timeout": 2})
    try:
        with admin.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
    except OperationalError:
        admin.dispose()
        pytest.skip("no PostgreSQL answers on 127.0.0.1:5432")
    try:
        yield name
    finally:
        with admin.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
        admin.dispose()


if __name__ == "__main__":
    place, seconds = sys.argv[1:]
    opened = Desk(Path(place))

    def tell(done: int, total: int, _: str) -> None:
        sys.stdout.write(f"{done} of {total}\n")
        sys.stdout.flush()

    opened.generate(Reader(float(seconds)), concurrency=1, align_every=0.05, on_progress=tell)
