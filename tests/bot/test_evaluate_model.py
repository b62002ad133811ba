"""`kurage eval` with a model: asked greedily, many at once, in each mode, scored in one table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rigs.worker import WorkerRig, facts, question

from bot import experiment, settings
from bot.evaluate import GoldQuestion, RunLine, read_questions, score
from bot.generate import GeneratorError

ROOT = Path(__file__).parents[2]

TEXTS = {
    "leave.md": "# 休暇\n\n有給休暇は取得日の3営業日前までに申請します。\n",
    "travel.md": "# 出張\n\n出張の日当は2,000円です。申請は不要です。\n",
    "desk.md": "# 座席\n\n座席の予約は前日の正午に締め切ります。申請は不要です。\n",
}
KNOWN = {
    "有給休暇はいつまでに申請しますか？": "3営業日前",
    "出張の日当はいくらですか？": "2,000円",
    "座席の予約はいつ締め切りますか？": "前日の正午",
}


@pytest.fixture
def rig() -> Iterator[WorkerRig]:
    """A worker that knows the answers."""
    with WorkerRig(facts(KNOWN), model="lightblue/kurage-ja") as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A few documents."""
    made = tmp_path / "docs"
    made.mkdir()
    for name, text in TEXTS.items():
        (made / name).write_text(text, "utf-8")
    return made


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Questions about them, and one that nothing answers."""
    asked = zip(KNOWN.items(), TEXTS, strict=True)
    rows: list[dict[str, object]] = [
        {"id": name, "question": text, "answer": answer, "document": name}
        for (text, answer), name in asked
    ]
    rows.append({"id": "menu", "question": "社員食堂の今日の献立は何ですか？", "document": None})
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def run(
    folder: Path,
    gold: list[GoldQuestion],
    rig: WorkerRig,
    *ways: experiment.Way,
    config: str = "",
) -> list[list[RunLine]]:
    """Return what is said in each way; the documents are indexed once."""
    (folder.parent / "kurage.toml").write_text(config, "utf-8")
    given = {"KURAGE_GENERATOR": "kurage", "KURAGE_GENERATOR_URL": rig.url}
    configured = settings.load(given, folder.parent)
    with experiment.prepared(configured, lambda *_: None, folder=folder) as filled:
        return [experiment.ask(filled, gold, lambda *_: None, way=way) for way in ways or (None,)]


def test_a_model_s_answers_are_scored_with_their_references(
    folder: Path, questions: Path, rig: WorkerRig
) -> None:
    """What it says is the answer, what it names is cited, and its None is an abstention."""
    gold = read_questions(questions)
    [lines] = run(folder, gold, rig)
    assert [line.answer for line in lines] == [*KNOWN.values(), None]
    assert [line.cited for line in lines] == [[name] for name in TEXTS] + [[]]
    assert {line.model for line in lines} == {"lightblue/kurage-ja"}
    figures = score(gold, lines)
    assert figures["em"] == figures["em_found"] == figures["reference_accuracy"] == 1
    assert figures["citation_precision"] == figures["citation_recall"] == 1
    assert (figures["abstention_recall"], figures["over_abstention"]) == (1, 0)
    assert figures["to_be_checked"] == 0


def test_a_wrong_reference_counts_against_the_answer(
    folder: Path, questions: Path, rig: WorkerRig
) -> None:
    """And a number that no passage bears is counted as to be checked."""
    said = "<<References>>\n1\n\n<<Answer>>\n9営業日前です。"
    rig.worker.script = lambda _: said
    gold = read_questions(questions)[1:2]
    [lines] = run(folder, gold, rig, config="[search]\npassages = 8\n")
    figures = score(gold, lines)
    assert figures["em"] == 0
    assert figures["to_be_checked"] == 1


def test_sampling_is_greedy_and_seeded_in_every_mode(
    folder: Path, questions: Path, rig: WorkerRig
) -> None:
    """Each mode is asked as its name says: all passages, one by one, with the sign for long."""
    gold = read_questions(questions)[:1]
    prompts: dict[str, list[str]] = {}
    for way in experiment.WAYS.values():
        rig.forget()
        run(folder, gold, rig, way)
        asked = rig.asked()
        assert asked
        assert {(one.body["temperature"], one.body["seed"]) for one in asked} == {(0.0, 0)}
        prompts[way] = [one.prompt for one in asked]
    assert [prompt.count("<<Chunk ") for prompt in prompts["multi"]] == [3]
    assert [prompt.count("<<Chunk ") for prompt in prompts["single"]] == [1, 1, 1]
    assert any(prompt.endswith(" <<Long>>") for prompt in prompts["long"])
    assert not any(prompt.endswith(" <<Long>>") for prompt in prompts["multi"])


def test_many_are_asked_at_once_within_the_bound_and_come_back_in_order(
    folder: Path, rig: WorkerRig
) -> None:
    """Although the first ones take longest."""
    lock, running, most = threading.Lock(), [0], [0]
    texts = [f"{text[:-1]}（{n}）？" for n in range(6) for text in KNOWN]
    gold = [GoldQuestion(str(n), text, (), frozenset(), True) for n, text in enumerate(texts)]

    def slow(prompt: str) -> Iterator[str]:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        number = texts.index(question(prompt))
        yield "<<References>>\n1\n\n<<Answer>>\n"
        yield f"{number}番目です。"
        with lock:
            running[0] -= 1

    rig.worker.script = slow
    rig.worker.delay = 0.02
    begun = time.monotonic()
    [lines] = run(folder, gold, rig, config="[generator]\nconcurrency = 4\n")
    assert [line.id for line in lines] == [str(n) for n in range(len(texts))]
    assert [line.answer for line in lines] == [f"{n}番目です。" for n in range(len(texts))]
    assert 2 <= most[0] <= 4
    assert time.monotonic() - begun < 30


def test_a_worker_that_is_away_ends_the_evaluation(
    folder: Path, questions: Path, rig: WorkerRig
) -> None:
    """Quotes would be scored in the model's name."""
    rig.stop()
    with pytest.raises(GeneratorError):
        run(folder, read_questions(questions), rig)


def kurage(directory: Path, rig: WorkerRig, *arguments: str) -> subprocess.CompletedProcess[str]:
    given = {"KURAGE_GENERATOR": "kurage", "KURAGE_GENERATOR_URL": rig.url, "LANG": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", "eval", *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT), "KURAGE_HOME": str(directory / "h"), **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_command_sets_modes_side_by_side_and_writes_the_table(
    folder: Path, questions: Path, rig: WorkerRig
) -> None:
    """By comma and repeated; the table says what was evaluated, when, and beside whom."""
    table = folder.parent / "table.md"
    asked = (str(folder), "--questions", str(questions), "--markdown", str(table))
    done = kurage(folder.parent, rig, *asked, "--mode", "multi,single", "--mode", "long")
    assert done.returncode == 0, done.stderr
    shown = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line.strip()}
    assert shown["multi"] == ["single", "long"]
    assert shown["em"][:2] == ["1.0000", "1.0000"]
    assert len(shown["reference_accuracy"]) == len(shown["seconds"]) == 3
    text = table.read_text("utf-8")
    assert "lexical, kurage; lightblue/kurage-ja" in text
    assert "temperature 0, seed 0" in text
    assert [row.split()[1] for row in text.splitlines() if row.startswith("| ")][2:5] == [
        "multi",
        "single",
        "long",
    ]
    assert "RakutenAI-7B-instruct" in text
    done = kurage(folder.parent, rig, *asked, "--mode", "multi,single", "--json")
    figures = json.loads(done.stdout)
    assert set(figures) == {"multi", "single"}
    assert figures["multi"]["reference_accuracy"] == 1


def test_one_mode_is_printed_as_before(folder: Path, questions: Path, rig: WorkerRig) -> None:
    """Programs that read the JSON find figures by their names, and a run has its five keys."""
    out = folder.parent / "run.jsonl"
    asked = (str(folder), "--questions", str(questions), "--mode", "single", "--json")
    done = kurage(folder.parent, rig, *asked, "--run-out", str(out))
    assert json.loads(done.stdout)["questions"] == 4
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert {tuple(row) for row in rows} == {("id", "ranking", "answer", "confidence", "quotes")}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--mode", "fast"], "'fast' is no mode"),
        (["--mode", "multi,single", "--run-out", "x.jsonl"], "one mode at a time"),
    ],
    ids=["unknown", "one run file"],
)
def test_what_can_not_be_asked_is_refused_in_one_line(
    folder: Path, questions: Path, rig: WorkerRig, arguments: list[str], words: str
) -> None:
    done = kurage(folder.parent, rig, str(folder), "--questions", str(questions), *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert rig.asked() == []


def test_a_worker_that_is_away_ends_the_command_without_figures(
    folder: Path, questions: Path, rig: WorkerRig
) -> None:
    rig.stop()
    done = kurage(folder.parent, rig, str(folder), "--questions", str(questions))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith(("error: ", "エラー: "))
    assert rig.name in done.stderr
