"""What the tiny Kurage is trained on is what the bot sends, and stands in the handbook it knows."""

from __future__ import annotations

from itertools import islice

import kurage_cases
from kurage_cases import HANDBOOK, Case, chunks, drawn, facts

from bot.generate.kurage import format as kurage
from bot.generate.kurage.pairs import pairs
from bot.generate.kurage.parse import said
from bot.generate.neutral import neutral
from ingest.chunk import chunk
from ingest.extract import extract


def _cases(number: int) -> list[Case]:
    return list(islice(drawn("a test"), number))


def test_the_handbook_is_chunked_into_what_it_was_trained_on() -> None:
    """By the real extractor and chunker, so that a search finds those very texts."""
    found = []
    for page in sorted(HANDBOOK.glob("*.md")):
        read = extract(page.read_bytes(), media_type=None, name=page.name)
        found += [one.text for one in chunk(read.title or "", read.blocks)]
    assert found == list(chunks().values())


def test_there_are_a_dozen_facts_in_short_chunks() -> None:
    assert len(facts()) >= 12
    assert max(map(len, chunks().values())) <= 80
    assert {language for fact in facts() for language in fact.sayings} == {"ja", "en", "zh", "ko"}


def test_its_prompts_are_those_of_the_bot() -> None:
    """Also of a chunk that is neutralised: there is nothing to neutralise in them."""
    for case in _cases(300):
        asked = case.question.removesuffix(kurage_cases.LONG)
        if case.question:
            long = asked != case.question
            made = kurage.question_over([*map(neutral, case.texts)], neutral(asked), long=long)
        else:
            made = kurage.questions_of(neutral(case.texts[0]))
        assert [message.text for message in made.messages] == [case.prompt]


def test_its_outputs_are_read_as_they_are_meant() -> None:
    for case in _cases(300):
        numbers = tuple(n for n, text in enumerate(case.texts, 1) if text in case.bearing)
        answer = case.output.rpartition("<<Answer>>\n")[2]
        if not case.question:
            assert [pair[1] for pair in pairs(case.output, complete=True)] == [answer]
            continue
        read = said(case.output, chunks=len(case.texts), finished=True)
        assert read.abstains == (not numbers)
        assert read.references == numbers
        assert read.answer == (answer if numbers else "")


def test_all_features_are_among_the_cases() -> None:
    """One to eight chunks, one and two references, and each task."""
    cases = _cases(1000)
    assert {case.task for case in cases} == {
        *("multi", "several", "single", "none", "long", "other language", "questions")
    }
    assert {len(case.texts) for case in cases} == set(range(1, 9))
    assert any("<<References>>\n2, 5" in case.output for case in cases)
