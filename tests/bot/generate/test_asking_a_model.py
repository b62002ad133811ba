"""`kurage` with a model: asked on the command line, answered by a worker on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rigs.serving import copied, handbook
from rigs.worker import WorkerRig

ROOT = Path(__file__).parents[3]
LEAVE = "有給休暇は何日前までに申請すればいいですか？"


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds the handbook; not to be written to."""
    return handbook(tmp_path_factory.mktemp("ingested") / "home")


@pytest.fixture
def worker() -> Iterator[WorkerRig]:
    with WorkerRig() as rig:
        yield rig


class Kurage:
    """The command line, with a home of its own and a model."""

    def __init__(self, home: Path, folder: Path, url: str, generator: str = "kurage") -> None:
        self._folder = folder
        self._environ = {
            **os.environ,
            "KURAGE_HOME": str(home),
            "KURAGE_GENERATOR": generator,
            "KURAGE_GENERATOR_URL": url,
            "LANG": "ja_JP.UTF-8",
            "LC_ALL": "",
            "PYTHONPATH": str(ROOT),
        }

    def __call__(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", *arguments],
            cwd=self._folder,
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done

    def ask(self, *arguments: str) -> dict[str, Any]:
        """Return the answer as programs read it."""
        return dict(json.loads(self("ask", "--json", *arguments).stdout))


@pytest.fixture
def kurage(ingested: Path, tmp_path: Path, worker: WorkerRig) -> Kurage:
    return Kurage(copied(ingested, tmp_path / "home"), tmp_path, worker.url)


def test_the_model_answers_with_the_source_it_names(kurage: Kurage) -> None:
    answer = kurage.ask(LEAVE)
    assert answer["state"] == "answered"
    assert "3営業日前" in answer["answer"]
    [source] = answer["sources"]
    assert source["title"] == "就業規則"
    # The sentence that bears it stands word for word in the source.
    assert "3営業日前" in source["quote"]


def test_a_longer_answer_says_more(kurage: Kurage) -> None:
    short, longer = kurage.ask(LEAVE), kurage.ask("--long", LEAVE)
    assert len(longer["answer"]) > len(short["answer"])


def test_each_passage_can_be_asked_by_itself(kurage: Kurage, worker: WorkerRig) -> None:
    """`--mode single`: as many requests as there are passages, each with one of them."""
    assert kurage.ask("--mode", "single", LEAVE)["state"] == "answered"
    prompts = [request.prompt for request in worker.asked()]
    assert len(prompts) == 8
    assert all(prompt.count("<<Chunk ") == 1 for prompt in prompts)


def test_while_the_worker_is_away_the_sources_are_quoted_and_it_is_said(
    kurage: Kurage, worker: WorkerRig
) -> None:
    """Programs read nothing but JSON, and the answer says why it is a quote."""
    worker.stop()
    answer = kurage.ask(LEAVE)
    assert "3営業日前" in answer["answer"]
    said = kurage("ask", LEAVE)
    assert said.stdout.startswith(
        "※ 回答モデルに接続できないため、資料の該当箇所をそのまま引用します。"
    )
    assert said.stderr == ""


def test_simple_words_need_the_model_that_can(kurage: Kurage) -> None:
    said = kurage("ask", "--simplify", LEAVE, code=1)
    assert "KURAGE_GENERATOR=stx" in said.stderr


def test_the_log_knows_prompt_and_output(kurage: Kurage) -> None:
    """`kurage explain TURN` shows what was asked, of whom, and what came back."""
    turn = kurage.ask(LEAVE)["turn"]
    [call] = json.loads(kurage("explain", turn, "--json").stdout)["calls"]
    first, passage, *_, last = call["prompt"]
    assert first == "[user]\n<<Chunk 1>>\n"
    assert "3営業日前" in passage["text"]
    assert last.endswith(f"<<Question>>\n{LEAVE}")
    assert call["raw"].startswith("<<References>>\n1")
