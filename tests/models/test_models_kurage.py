"""Kurage's five features: our client and generator, vLLM's own server, a model that was trained."""

from __future__ import annotations

import itertools

import pytest
from asking import EVERY, among, client, fact, greedy, passages, shipped, stream
from kurage_cases import MOST_CHUNKS, Fact, facts, unanswered
from rigs.vllm_server import VllmServer

from bot.exchange import Evidence, Statement

TELEPHONE = "夜間の障害はどこに電話しますか？"
LEAVE = "休業のことは人事部の誰に出しますか？"
OVERSEAS = "海外出張の日当はいくらですか？"
FOREIGN = [
    (one, language) for one in facts() for language in list(one.sayings)[1:] if len(one.chunks) == 1
]


# Multi-chunk


async def test_the_answer_stands_with_the_number_of_its_passage(kurage_worker: VllmServer) -> None:
    """Wherever it is among eight; two misses are the model's own: it is not always right."""
    told = fact("夜間の障害")
    right = 0
    async with client(kurage_worker) as model:
        for place in range(1, MOST_CHUNKS + 1):
            evidence = among(told.chunks, at=[place])
            last = (await stream(greedy(model), TELEPHONE, evidence))[-1]
            expected = Statement(told.sayings["ja"].short, (place,))
            right += last.statements == (expected,) and last.references == (place,)
    assert right >= MOST_CHUNKS - 2


async def test_references_come_before_the_answer_and_the_answer_grows(
    kurage_worker: VllmServer,
) -> None:
    """As it streams: sources first, then text of which nothing is taken back."""
    told = fact("夜間の障害")
    async with client(kurage_worker) as model:
        said = await stream(greedy(model), TELEPHONE, among(told.chunks))
    first, *more = said
    assert first.references
    assert not first.statements
    texts = [one.statements[0].text for one in more if one.statements]
    assert len(texts) > 2, "it came in one piece"
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(texts))
    assert {one.references for one in said} == {first.references}


async def test_a_fact_of_two_passages_names_both(kurage_worker: VllmServer) -> None:
    told = next(one for one in facts() if len(one.chunks) == 2)
    async with client(kurage_worker) as model:
        last = (await stream(greedy(model), LEAVE, among(told.chunks)))[-1]
    assert last.statements == (Statement("人事部の田中", (3, 6)),)


async def test_what_nothing_answers_is_no_answer(kurage_worker: VllmServer) -> None:
    """Also not when each passage is asked by itself, which is the second try."""
    async with client(kurage_worker) as model:
        said = await stream(greedy(model), unanswered()[0], Evidence(passages(*EVERY[:8])))
    assert [one.statements for one in said] == [()]
    assert [call.task for call in said[-1].calls] == ["multi", *["single"] * 8]


async def test_what_was_asked_is_kept(kurage_worker: VllmServer) -> None:
    """The prompt to the letter, the raw output, the worker, the times."""
    told = fact("夜間の障害")
    evidence = among(told.chunks, count=2, at=[2])
    async with client(kurage_worker) as model:
        (call,) = (await stream(greedy(model), TELEPHONE, evidence))[-1].calls
    one, two = (passage.text for passage in evidence.passages)
    assert call.prompt == (
        f"[user]\n<<Chunk 1>>\n{one}\n\n<<Chunk 2>>\n{two}\n\n<<Question>>\n{TELEPHONE}"
    )
    assert call.raw == f"<<References>>\n2\n\n<<Answer>>\n{told.sayings['ja'].short}"
    assert (call.model, call.worker) == ("kurage", f"127.0.0.1:{kurage_worker.port}")
    assert [(part.number, part.text) for part in call.included] == [(1, one), (2, two)]
    assert call.first_token_ms is not None
    assert 0 < call.first_token_ms <= call.milliseconds


async def test_as_shipped_it_names_only_passages_that_it_was_given(
    kurage_worker: VllmServer,
) -> None:
    """At the temperature of its makers: mostly the right answer, never an invented source."""
    told = fact("夜間の障害")
    right = 0
    async with client(kurage_worker) as model:
        for _ in range(10):
            said = await stream(shipped(model), TELEPHONE, among(told.chunks))
            assert {number for one in said for number in one.references} <= set(range(1, 9))
            right += said[-1].statements == (Statement(told.sayings["ja"].short, (3,)),)
    assert right >= 8


# Single-chunk


async def test_each_passage_by_itself(kurage_worker: VllmServer) -> None:
    """Eight requests with one chunk each; the number is the passage's, not the chunk's 1."""
    told = fact("夜間の障害")
    evidence = among(told.chunks)
    async with client(kurage_worker) as model:
        last = (await stream(greedy(model, "single"), TELEPHONE, evidence))[-1]
    assert last.statements == (Statement(told.sayings["ja"].short, (3,)),)
    assert [call.task for call in last.calls] == ["single"] * 8
    assert sum("<<References>>\nNone" in call.raw for call in last.calls) == 7


async def test_passages_that_agree_bear_the_answer_together(kurage_worker: VllmServer) -> None:
    told = next(one for one in facts() if len(one.chunks) == 2)
    async with client(kurage_worker) as model:
        last = (await stream(greedy(model, "single"), LEAVE, among(told.chunks)))[-1]
    assert last.statements == (Statement("人事部の田中", (3, 6)),)


# Answer extension


async def test_a_longer_answer_is_a_full_sentence(kurage_worker: VllmServer) -> None:
    told = fact("夜間の障害")
    async with client(kurage_worker) as model:
        last = (await stream(greedy(model), TELEPHONE, among(told.chunks), "long"))[-1]
    assert last.statements == (Statement(told.sayings["ja"].long, (3,)),)
    assert last.calls[0].prompt.endswith(f"{TELEPHONE} <<Long>>")


# Multilingual


@pytest.mark.parametrize(
    ("told", "language"), FOREIGN, ids=[f"{one.chunks[0][:6]}-{lang}" for one, lang in FOREIGN]
)
async def test_the_answer_is_in_the_language_of_the_question(
    kurage_worker: VllmServer, told: Fact, language: str
) -> None:
    """Over a document in another one: Japanese over English, Chinese, Korean, and the reverse."""
    saying = told.sayings[language]
    rights = []
    async with client(kurage_worker) as model:
        for place in (1, 3, 5):
            evidence = among(told.chunks, count=5, at=[place])
            last = (await stream(greedy(model), saying.question, evidence))[-1]
            rights.append(last.statements == (Statement(saying.short, (place,)),))
    assert sum(rights) >= 2, rights


# Q&A generation


async def test_questions_are_made_from_a_chunk(kurage_worker: VllmServer) -> None:
    """In the chunk's own language, with the answer."""
    right = 0
    told = [one for one in facts() if len(one.chunks) == 1]
    async with client(kurage_worker) as model:
        for one in told:
            saying = next(iter(one.sayings.values()))
            made = await greedy(model).questions(one.chunks[0])
            right += made == [(saying.question, saying.short)]
    assert right >= len(told) - 1
