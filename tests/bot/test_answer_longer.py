"""A longer answer: from the same passages, then from what stands around them, or it is said so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.access import ReaderFilter
from bot.answer import Answerer, length
from bot.exchange import (
    Answer,
    Evidence,
    Generation,
    Place,
    Question,
    Quote,
    Statement,
    Style,
)
from bot.retrieve import Retriever
from ingest.chunk import Chunk
from ingest.edge import EdgeIndex, EdgeWriter
from ingest.index import IndexedDocument
from ingest.japanese import Analyzer
from ingest.lexical import LexicalEncoder

OPEN, BOARD = 1, 2
EVERYONE = frozenset({"anyone"})
SECTIONS = (
    "第1条　この規程は休暇について定めます。",
    "第2条　有給休暇は取得日の3営業日前までに申請します。",
    "第3条　申請は勤怠システムから行い、上長が承認します。",
    "第4条　慶弔休暇は事前の申請を要しません。",
)


class Everyone:
    """Everyone reads set 1; nobody here reads set 2."""

    def reader_set_ids(self, principals: frozenset[str]) -> frozenset[int]:
        return frozenset({OPEN}) if principals == EVERYONE else frozenset()


class Reciter:
    """A model that says whole passages: the first one, or all of those that it is given."""

    def __init__(self, *, longer: bool = True, enough: int = 0) -> None:
        self.given: list[tuple[Style, list[str]]] = []
        self._longer = longer
        self._enough = enough

    async def generate(
        self, question: str, evidence: Evidence, style: Style
    ) -> AsyncIterator[Generation]:
        texts = [passage.text for passage in evidence.passages]
        self.given.append((style, texts))
        many = style == "long" and self._longer and len(texts) >= self._enough
        said = tuple(Statement(text, (n,)) for n, text in enumerate(texts, start=1))
        yield Generation(said[:1], (1,))
        yield Generation(said if many else said[:1], (1,), finished=True)


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    """One document of four chunks that everyone reads, and one of the board's."""
    folder = tmp_path_factory.mktemp("index")
    encoder = LexicalEncoder(Analyzer())
    chunks = [Chunk(n, "休暇規程", (), text, "paragraph", "") for n, text in enumerate(SECTIONS)]
    secret = [Chunk(0, "役員規程", (), "役員の有給休暇は別に定めます。", "paragraph", "")]
    with EdgeWriter(folder, "p", encoder.vectors, encoder=encoder.fingerprint) as index:
        for name, readers, held in (("leave", OPEN, chunks), ("board", BOARD, secret)):
            document = IndexedDocument("wiki", name, "1", "1", readers, name, f"https://x/{name}")
            index.replace(document, held, encoder.encode_documents(held))
        index.publish()
    opened = EdgeIndex(folder, encoder=encoder.fingerprint)
    yield Retriever(opened, encoder, ReaderFilter(Everyone()))
    opened.close()


def asked(*ordinals: int, told: int | None, document: str = "leave") -> Question:
    places = tuple(Place("wiki", document, ordinal) for ordinal in ordinals)
    return Question("有給休暇は何日前？", EVERYONE, style="long", places=places, told=told)


async def test_it_is_made_from_the_same_passages_in_the_same_order(retriever: Retriever) -> None:
    """Another search might find others, and the reader asked for more about these."""
    model = Reciter()
    answer = await Answerer(retriever, model).answer(asked(3, 1, told=5))
    assert model.given == [("long", [SECTIONS[3], SECTIONS[1]])]
    assert not answer.nothing_more


def test_passages_that_are_read_again_are_worth_what_they_were(retriever: Retriever) -> None:
    """Whoever quotes decides by their scores whether they answer at all."""
    question = "有給休暇は何日前に申請しますか？"
    found = retriever.retrieve(question, EVERYONE, limit=8)
    again = retriever.reread(question, EVERYONE, [Place.of(p.hit) for p in found.passages])
    assert [p.hit for p in again.passages] == [p.hit for p in found.passages]
    assert found.passages[0].hit.score > 0


async def test_rights_are_those_of_now(retriever: Retriever) -> None:
    """Whoever lost access since the short answer gets a new search with today's rights."""
    model = Reciter()
    await Answerer(retriever, model).answer(asked(0, told=5, document="board"))
    [(_, texts)] = model.given
    assert texts
    assert not any("役員" in text for text in texts)


async def test_where_it_says_no_more_what_stands_around_is_read(retriever: Retriever) -> None:
    """The model's tag for longer answers works only some of the time: this is the second way."""
    model = Reciter(enough=3)
    answer = await Answerer(retriever, model).answer(asked(1, told=len(SECTIONS[1])))
    assert model.given == [
        ("long", [SECTIONS[1]]),
        ("long", [SECTIONS[1], SECTIONS[0], SECTIONS[2]]),
    ]
    assert length(answer.statements) > len(SECTIONS[1])
    assert not answer.nothing_more
    assert {source.hit.chunk.ordinal for source in answer.sources} == {1}


async def test_where_the_sources_hold_no_more_it_is_said(retriever: Retriever) -> None:
    model = Reciter(longer=False)
    answer = await Answerer(retriever, model).answer(asked(1, told=len(SECTIONS[1])))
    assert len(model.given) == 2
    assert (answer.state, answer.nothing_more) == ("answered", True)


async def test_what_turns_out_to_be_no_longer_is_never_seen_growing(retriever: Retriever) -> None:
    """A reader who asked for more must not see the short answer come again and go away."""
    seen: list[Answer] = []
    model = Reciter(enough=3)
    await Answerer(retriever, model).answer(asked(1, told=len(SECTIONS[1])), seen.append)
    assert seen
    assert all(length(answer.statements) > len(SECTIONS[1]) for answer in seen)


def quoting(_: str, evidence: Evidence) -> list[Quote]:
    return [Quote(passage.number, passage.text) for passage in evidence.passages]


async def test_without_a_short_answer_one_is_made_beside_it(retriever: Retriever) -> None:
    """`kurage ask --long` can only tell whether it is longer by asking for both."""
    model = Reciter()
    wanted = Question("有給休暇は何日前？", EVERYONE, style="long")
    answer = await Answerer(retriever, model, quoting=quoting).answer(wanted)
    assert sorted(style for style, _ in model.given) == ["long", "short"]
    assert length(answer.statements) > len(SECTIONS[1])


async def test_neighbours_come_with_links_of_their_own(retriever: Retriever) -> None:
    """What is cited of them leads to where it stands, not to the passage that was widened."""
    evidence = retriever.reread("有給", EVERYONE, [Place("wiki", "leave", n) for n in (1, 3)])
    wider = retriever.widened(evidence, {2}, limit=8)
    assert [p.hit.chunk.ordinal for p in wider.passages] == [3, 2, 1]
    assert [p.number for p in wider.passages] == [1, 2, 3]
    assert wider.term_weights == evidence.term_weights
