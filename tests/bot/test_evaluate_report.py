"""Figures of answers that a model wrote, and the table that stands beside published ones."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import experiment, settings
from bot.evaluate import (
    EvaluationError,
    GoldQuestion,
    Outcome,
    Report,
    RunLine,
    in_markdown,
    score,
    write_run,
)
from bot.exchange import Language

IDS = st.lists(st.sampled_from("abcdef"), max_size=4, unique=True)


def gold(id_: str, *passages: str, answer: str = "3日") -> GoldQuestion:
    return GoldQuestion(id_, "?", (answer,), frozenset(passages), answerable=True)


def said(id_: str, answer: str | None, *cited: str, given: str = "", **more: object) -> RunLine:
    return RunLine(id_, list(given), answer, None, [], given=list(given), cited=list(cited), **more)  # type: ignore[arg-type]


def test_references_by_hand() -> None:
    """One answer cites the right passage and another one, one a wrong one, one abstains."""
    questions = [gold("1", "a"), gold("2", "b", "c"), gold("3", "d")]
    run = [said("1", "3日", "x", "a"), said("2", "3日", "y"), said("3", None)]
    figures = score(questions, run)
    assert figures["reference_accuracy"] == 0.5
    assert figures["citation_precision"] == 0.25
    assert figures["citation_recall"] == 0.5


@given(IDS, IDS)
def test_citations_are_scored_between_none_and_all(right: list[str], cited: list[str]) -> None:
    """All and only the right ones: 1; none of them: 0; the accuracy is whether there is any."""
    figures = score([gold("1", *right or ["z"])], [said("1", "3日", *cited)])
    common = set(right) & set(cited)
    assert figures["reference_accuracy"] == bool(common)
    assert 0 <= figures["citation_precision"] <= 1
    assert (figures["citation_recall"] == 1) == (bool(right) and set(right) <= set(cited))
    assert (figures["citation_precision"] == 0) == (not common)


def test_a_run_that_does_not_tell_what_it_cites_has_no_such_figures() -> None:
    """The runs of others have rankings and answers only."""
    figures = score([gold("1", "a")], [RunLine("1", ["a"], "3日", None, [])])
    assert not [name for name in figures if name.startswith(("reference", "citation", "to_be"))]
    assert "em_found" not in figures


def test_the_reader_alone_is_scored_where_there_was_something_to_read() -> None:
    """What retrieval did not bring is no fault of the model's."""
    questions = [gold("1", "a"), gold("2", "b")]
    figures = score(questions, [said("1", "3日", "a", given="ax"), said("2", None, given="x")])
    assert (figures["em"], figures["em_found"]) == (0.5, 1.0)
    assert (figures["f1"], figures["f1_found"]) == (0.5, 1.0)


def test_answers_to_be_checked_are_counted_among_those_that_a_model_wrote() -> None:
    questions = [gold(id_, "a") for id_ in "123"]
    run = [
        said("1", "3日", "a", model="kurage", doubted=True),
        said("2", "3日", "a", model="kurage"),
        said("3", None, model="kurage"),
    ]
    assert score(questions, run)["to_be_checked"] == 0.5


def test_a_run_s_file_has_the_keys_that_people_script_against(tmp_path: Path) -> None:
    write_run(tmp_path / "run.jsonl", [said("1", "3日", "a", model="kurage", doubted=True)])
    row = json.loads((tmp_path / "run.jsonl").read_text("utf-8"))
    assert list(row) == ["id", "ranking", "answer", "confidence", "quotes"]


def report(*outcomes: Outcome, name: str = "jsquad") -> Report:
    made = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)
    return Report(name, "lexical, kurage; lightblue/kurage-ja; temperature 0", outcomes, made)


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_each_mode_is_a_row_above_the_published_ones(language: Language) -> None:
    """With who answered, when (in Japan), how many questions, and how long it took."""
    figures = {"questions": 1200.0, "em": 0.8, "f1": 0.9, "reference_accuracy": 0.95}
    outcomes = [Outcome("multi", figures, 61.25), Outcome("single", figures, 8.5)]
    text = in_markdown(report(*outcomes), language)
    head, rule, *body = rows(text)
    assert "2026-11-22 00:30 JST" in text
    assert "lightblue/kurage-ja" in text
    assert {len(row) for row in [head, rule, *body]} == {len(head)}
    assert [row[0] for row in body[:2]] == ["multi", "single"]
    assert body[0][1:4] == ["1,200", "0.800", "0.900"]
    assert body[0][-1] == "61.2"
    published = {re.split(r"[: ,、]+", row[0])[1]: row[2:4] for row in body[2:]}
    assert published["openorca_stx"] == ["0.836", "–"]
    assert published["RakutenAI-7B-instruct"] == ["0.804", "–"]
    assert ["0.871", "0.944"] in published.values()
    assert "JSQuAD" in text.rpartition("|")[2]


def test_a_name_can_not_break_the_table() -> None:
    text = in_markdown(report(Outcome("multi", {}, 0), name="a|b\n# c"), "en")
    assert text.splitlines()[0] == "# kurage eval: a\\|b # c"


def configured(folder: Path, generator: str) -> settings.Settings:
    environ = {"KURAGE_GENERATOR": generator, "KURAGE_GENERATOR_URL": "http://127.0.0.1:9/v1"}
    return settings.load(environ, folder)


def test_ways_are_checked_before_anything_is_indexed(tmp_path: Path) -> None:
    """Each once, in the order in which they were named."""
    kurage = configured(tmp_path, "kurage")
    assert experiment.check_ways(["single", "multi", "single"], kurage) == ("single", "multi")
    assert experiment.check_ways([], kurage) == ()
    with pytest.raises(EvaluationError, match="'fast' is no mode; there are multi, single, long"):
        experiment.check_ways(["fast"], kurage)
    with pytest.raises(EvaluationError, match="only KURAGE_GENERATOR=kurage"):
        experiment.check_ways(["single"], configured(tmp_path, "openai"))
    with pytest.raises(EvaluationError, match="extractive asks none"):
        experiment.check_ways(["long"], configured(tmp_path, "extractive"))
