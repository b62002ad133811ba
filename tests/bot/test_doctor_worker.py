"""`kurage doctor` on the workers: each finding names what is wrong, and what to change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rigs.worker import WorkerRig, chunks, reply

from bot import app, settings
from bot.doctor import worker
from bot.doctor.finding import Finding

ROOT = Path(__file__).parents[2]


def knows(prompt: str) -> str:
    """Answer as Kurage would: from the chunk that holds the fact."""
    bearing = [number for number, text in chunks(prompt).items() if "4.4兆円" in text]
    return reply(bearing, "4.4兆円の黒字です。")


@pytest.fixture
def rig() -> Iterator[WorkerRig]:
    """A worker that serves Kurage and knows the sample question."""
    with WorkerRig(knows, model="lightblue/kurage-ja", max_model_len=8192) as running:
        yield running


def found(folder: Path, *urls: str, config: str = "", **environ: str) -> list[Finding]:
    """Return what is found about these workers."""
    (folder / "kurage.toml").write_text(config, "utf-8")
    given = {"KURAGE_GENERATOR": "kurage", "KURAGE_GENERATOR_URL": ",".join(urls), **environ}
    with app.open_app(settings.load(given, folder), repeatable=True) as kurage:
        return list(worker.worker(kurage))


def levels(findings: list[Finding]) -> list[str]:
    assert {finding.check for finding in findings} <= {"worker"}
    return [finding.level for finding in findings]


def test_quotes_need_no_worker(tmp_path: Path) -> None:
    assert found(tmp_path, KURAGE_GENERATOR="extractive") == []


def test_a_good_worker_is_named_with_its_model_and_context_and_answers_a_sample(
    tmp_path: Path, rig: WorkerRig
) -> None:
    """The sample is Kurage's own kind of prompt: two chunks, of which the second answers."""
    told = found(tmp_path, rig.url)
    assert levels(told) == ["ok", "ok"]
    assert f"{rig.url} serves lightblue/kurage-ja with 8,192 tokens" in told[0].message
    assert "4.4兆円" in told[1].message
    [asked] = rig.asked()
    assert asked.body["temperature"] == 0
    assert list(chunks(asked.prompt)) == [1, 2]
    assert "4.4兆円" in chunks(asked.prompt)[2]
    assert "4.4兆円" not in chunks(asked.prompt)[1]


def test_one_of_two_workers_away_is_a_warning_and_both_a_problem(
    tmp_path: Path, rig: WorkerRig
) -> None:
    """Each by its address, with what to do; answers are quotes only where none is left."""
    with WorkerRig(knows) as second:
        second.stop()
        told = found(tmp_path, second.url, rig.url)
        assert levels(told) == ["warning", "ok", "ok"]
        assert second.url in told[0].message
        assert "the other workers answer" in told[0].message
        rig.stop()
        told = found(tmp_path, second.url, rig.url)
        assert levels(told) == ["problem", "problem"]
        assert all("answers are quotes" in one.message for one in told)
        assert all("kurage worker kurage" in one.message for one in told)


def test_a_model_that_is_not_served_is_a_problem_that_names_those_that_are(
    tmp_path: Path, rig: WorkerRig
) -> None:
    [told] = found(tmp_path, rig.url, KURAGE_GENERATOR_MODEL="kurage-en")
    assert told.level == "problem"
    assert "KURAGE_GENERATOR_MODEL" in told.message
    assert "lightblue/kurage-ja" in told.message


def test_a_wrong_key_is_a_problem_and_not_shown(tmp_path: Path, rig: WorkerRig) -> None:
    rig.worker.api_key = "right"
    told = found(tmp_path, rig.url, KURAGE_GENERATOR_API_KEY="wrong-one")
    assert "problem" in levels(told)
    assert "KURAGE_GENERATOR_API_KEY" in str(told)
    assert "wrong-one" not in str(told)
    assert levels(found(tmp_path, rig.url, KURAGE_GENERATOR_API_KEY="right")) == ["ok", "ok"]


@pytest.mark.parametrize(
    ("context", "config", "expected"),
    [
        (1024, "", ("problem", "raise --max-model-len")),
        (4096, "", ("warning", "about 6 of 8 passages")),
        (4096, "[search]\npassages = 6\n", ("ok", "4,096")),
        (4096, '[generator]\nmode = "single"\n', ("ok", "4,096")),
        (8192, "[generator]\nmax_tokens_long = 7168\n", ("problem", "max_tokens_long")),
        (8192, "[generator]\ncontext = 16384\n", ("problem", "`context` in [generator]")),
        (8192, "[generator]\ncontext = 2048\n", ("warning", "about 2 of 8")),
        (None, "", ("ok", "set `context` in [generator]")),
        (None, "[generator]\ncontext = 8192\n", ("ok", "8,192")),
    ],
)
def test_a_context_without_room_for_the_passages_is_told_with_the_setting_to_change(
    tmp_path: Path, rig: WorkerRig, context: int | None, config: str, expected: tuple[str, str]
) -> None:
    """Too small for one passage is a problem, for some of them a warning."""
    rig.worker.max_model_len = context
    told = found(tmp_path, rig.url, config=config)
    assert told[0].level == expected[0], told
    assert expected[1] in told[0].message


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (reply([1], "4.4兆円"), "from 1"),
        (reply([2], "わかりません。"), "わかりません"),
        (reply([], ""), "None"),
        ("こんにちは！" * 100, "こんにちは"),
        ("", "nothing"),
    ],
    ids=["another reference", "another answer", "nothing answers", "no format", "silence"],
)
def test_another_answer_is_a_warning_that_shows_it(
    tmp_path: Path, rig: WorkerRig, said: str, shown: str
) -> None:
    """Perhaps it is another model; the bot may work with it all the same."""
    rig.worker.script = lambda _: said
    told = found(tmp_path, rig.url)
    assert levels(told) == ["ok", "warning"]
    assert shown in told[1].message
    assert len(told[1].message) < 500


def test_a_worker_that_lists_its_model_and_does_not_answer_is_a_problem(
    tmp_path: Path, rig: WorkerRig
) -> None:
    for _ in range(4):
        rig.fail("close")
    told = found(tmp_path, rig.url)
    assert levels(told) == ["ok", "problem"]
    assert "sample question got no answer" in told[1].message


def test_a_key_over_an_open_network_is_remarked_on() -> None:
    """Not where nobody is in between: this machine, its containers, a private network."""
    private = "http://127.0.0.1:8000/v1", "http://generator:8000/v1", "http://10.1.2.3:8000/v1"
    assert not any(map(worker._open, (*private, "https://gpu.example.com/v1")))
    assert worker._open("http://gpu.example.com/v1")
    assert worker._open("http://203.0.114.9:8000/v1")


def test_the_command_ends_with_1_where_no_worker_answers(tmp_path: Path, rig: WorkerRig) -> None:
    """And the other checks are made all the same."""

    def examined(code: int) -> list[dict[str, Any]]:
        given = {"KURAGE_GENERATOR": "kurage", "KURAGE_GENERATOR_URL": rig.url}
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", "doctor", "--json"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "KURAGE_HOME": str(tmp_path), **given},
            capture_output=True,
            check=False,
        )
        rows: list[dict[str, Any]] = json.loads(done.stdout)
        problems = {row["check"] for row in rows if row["level"] == "problem"}
        # Nothing is indexed here, which is a problem of its own.
        assert done.returncode == int(bool(problems)), done.stderr
        assert ("worker" in problems) == bool(code)
        return rows

    assert {"settings", "index", "worker"} <= {row["check"] for row in examined(0)}
    rig.stop()
    assert {"settings", "index", "worker"} <= {row["check"] for row in examined(1)}
