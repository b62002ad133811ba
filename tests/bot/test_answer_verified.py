"""What a model writes is held against its sources before anybody sees it whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest

from bot.answer import Answerer
from bot.exchange import (
    Answer,
    Call,
    Evidence,
    Generation,
    Passage,
    Question,
    Quote,
    Statement,
    Style,
)
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument

LEAVE = "有給休暇は取得日の3営業日前までに申請します。承認は上長が行います。"
CLOSING = "経費の締め日は毎月25日です。支払いは翌月10日です。"


def passage(number: int, text: str) -> Passage:
    name = f"d{number}"
    document = IndexedDocument("wiki", name, "1", "1", 1, name, f"https://x/{name}")
    return Passage(number, Hit(1.0, document, Chunk(0, name, (), text, "paragraph", "")))


EVIDENCE = Evidence((passage(1, LEAVE), passage(2, CLOSING)))


class Library:
    """Finds the same two passages for every question."""

    def retrieve(self, *_: Any, **__: Any) -> Evidence:
        return EVIDENCE


class Writes:
    """A model that says one thing."""

    def __init__(self, *statements: Statement, references: tuple[int, ...] = ()) -> None:
        self._statements = statements
        self._references = references

    async def generate(
        self, question: str, evidence: Evidence, style: Style
    ) -> AsyncIterator[Generation]:
        call = Call("multi", "kurage", "gpu:8000", "…", "…", (), 1.0)
        yield Generation((), self._references)
        yield Generation(self._statements, self._references, finished=True, calls=(call,))


def first_sentence(_: str, evidence: Evidence) -> list[Quote]:
    return [Quote(one.number, one.text.partition("。")[0] + "。") for one in evidence.passages]


async def answered(
    model: Writes, *, unverified: Literal["mark", "quote"] = "mark", seen: Any = None
) -> Answer:
    answerer = Answerer(
        Library(),  # type: ignore[arg-type]
        model,
        quoting=first_sentence,
        unverified=unverified,
    )
    return await answerer.answer(Question("有給と締め日は？", frozenset({"anyone"})), seen)


async def test_the_reader_gets_the_sentence_that_bears_the_answer() -> None:
    """Of each source the one that says it, not the one that is nearest to the question."""
    said = Statement("承認するのは上長です。支払いは翌月10日です。", (1, 2))
    answer = await answered(Writes(said, references=(1, 2)))
    assert [(part.text, part.references) for part in answer.statements] == [
        ("承認するのは上長です。", (1,)),
        ("支払いは翌月10日です。", (2,)),
    ]
    assert [source.quote for source in answer.sources] == [
        "承認は上長が行います。",
        "支払いは翌月10日です。",
    ]
    assert all(check.passed for check in answer.checks)
    assert [call.task for call in answer.calls] == ["multi"]


async def test_a_number_that_no_source_bears_is_marked() -> None:
    """The sentence stays, with its mark; the administrator reads what was not found."""
    answer = await answered(Writes(Statement("5営業日前までに申請します。", (1,))))
    [statement] = answer.statements
    assert statement.doubts
    assert [check.name for check in answer.checks if not check.passed] == ["numbers"]


async def test_or_it_gives_way_to_the_quote() -> None:
    answer = await answered(
        Writes(Statement("5営業日前までに申請します。", (1,))), unverified="quote"
    )
    [statement] = answer.statements
    assert (statement.text, statement.verbatim) == (LEAVE.partition("。")[0] + "。", True)


async def test_a_passage_that_was_never_there_is_no_source() -> None:
    """The answer stands on what is left, and the log says what the model made up."""
    answer = await answered(Writes(Statement("締め日は25日です。", (2, 7)), references=(2, 7)))
    assert [source.hit.document.id for source in answer.sources] == ["d2"]
    [failed] = [check for check in answer.checks if not check.passed]
    assert (failed.name, failed.detail) == ("citations", "7")


async def test_sources_are_known_before_the_text() -> None:
    """Who shows the answer can say that it is being written."""
    seen: list[Answer] = []
    await answered(Writes(Statement("締め日は25日です。", (2,)), references=(2,)), seen=seen.append)
    assert [bool(answer.statements) for answer in seen] == [False, True]


@pytest.mark.parametrize("references", [(), (9,)])
async def test_an_answer_without_a_source_is_none(references: tuple[int, ...]) -> None:
    answer = await answered(Writes(Statement("3営業日前です。", ()), references=references))
    assert (answer.state, answer.statements) == ("abstained", ())
    assert answer.nearest
