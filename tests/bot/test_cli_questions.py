"""`kurage questions`, with a worker on loopback that makes questions of what it is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rigs.worker import WorkerRig
from typer.testing import CliRunner

from bot.app import open_app
from bot.cli import app as whole
from bot.cli.questions import app
from bot.evaluate import read_questions
from bot.settings import FolderSource

Run = Callable[..., Any]

PAGES = {
    "leave.md": "# 休暇\n\n有給休暇の申請は、取得日の3営業日前までに勤怠システムから行う。\n",
    "costs.md": "# 経費\n\n経費精算の締め日は毎月25日であり、領収書の原本は経理部に提出する。\n",
    "vpn.md": "# 接続\n\n社外からの接続先は vpn.example.co.jp であり、二段階認証を要する。\n",
}


def asks(prompt: str) -> str:
    """Ask about the topic of the text in a prompt; the answer is its first number or address."""
    text = prompt.split(">>\n", 1)[1]
    [topic, *_] = re.split("は、|は|であり", text.split("\n")[-1])
    found = re.search(r"[0-9]+(営業日前|日)|[a-z]+(\.[a-z]+)+", text)
    answer = found.group() if found else "不明"
    return f"<<Question>>\n{topic}についてご存じですか？\n\n<<Answer>>\n{answer}"


@pytest.fixture
def worker() -> Iterator[WorkerRig]:
    """A worker that speaks Kurage's format."""
    with WorkerRig(asks) as rig:
        yield rig


@pytest.fixture
def questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worker: WorkerRig) -> Run:
    """Run a subcommand where three documents are ingested."""
    docs = tmp_path / "docs"
    docs.mkdir()
    for name, text in PAGES.items():
        (docs / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "KURAGE_HOME": str(tmp_path / "home"),
        "KURAGE_GENERATOR": "kurage",
        "KURAGE_GENERATOR_URL": worker.url,
    }.items():
        monkeypatch.setenv(name, value)
    ingest(docs)

    def run(*arguments: str, code: int = 0) -> Any:
        done = CliRunner().invoke(app, [*arguments])
        assert done.exit_code == code, (done.output, done.exception)
        return done

    return run


def ingest(docs: Path) -> None:
    with open_app() as kurage:
        kurage.sync("docs", FolderSource(kind="folder", path=docs, url_prefix="https://w.example/"))


def objects(run: Run, *arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def found(question: str) -> list[str]:
    """Return the ids of the documents that a search finds, best first."""
    with open_app() as kurage:
        hits = kurage.retriever.search(question, kurage.principals(None), limit=5)
        return [hit.document.id for hit in hits]


def test_questions_are_generated_once_and_lead_to_their_texts(
    questions: Run, worker: WorkerRig
) -> None:
    assert found("ご存じ") == []
    report = objects(questions, "generate")
    assert (report["chunks"], report["kept"], report["indexed"], report["failed"]) == (3, 3, 3, [])
    assert sorted(found("ご存じ")) == sorted(PAGES)
    worker.forget()
    again = objects(questions, "generate")
    assert (again["chunks"], again["unchanged"]) == (0, 3)
    assert worker.asked() == []


def test_sources_and_a_limit_narrow_a_run(questions: Run) -> None:
    assert objects(questions, "generate", "--source", "docs", "--limit", "2")["chunks"] == 2
    assert "never ingested: wiki" in questions("generate", "--source", "wiki", code=1).output


def test_a_worker_that_is_away_ends_the_run_in_one_line(questions: Run, worker: WorkerRig) -> None:
    """And the next run asks about what is left."""
    objects(questions, "generate", "--limit", "1")
    worker.stop()
    done = questions("generate", code=1)
    [told] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert f"{worker.name}: connection refused" in told
    assert "what was done is kept" in told
    worker.start()
    assert objects(questions, "generate")["chunks"] == 2


def test_only_kurage_writes_questions(questions: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KURAGE_GENERATOR", "extractive")
    assert "set KURAGE_GENERATOR to kurage" in questions("generate", code=1).stderr


def test_the_list_shows_what_was_made_and_what_became_of_it(questions: Run) -> None:
    assert questions("list").stderr == "No question fits.\n"
    questions("generate")
    rows = objects(questions, "list")
    assert [row["document"] for row in rows] == sorted(PAGES)
    assert {row["state"] for row in rows} == {"kept"}
    shown = questions("list", "--state", "kept", "--limit", "1").stdout
    assert rows[0]["id"] in shown
    assert rows[0]["question"] in shown
    assert rows[1]["id"] not in shown
    assert objects(questions, "list", "--state", "dropped") == []


def test_an_approved_question_comes_first_and_a_rejected_one_leads_nowhere(
    questions: Run,
) -> None:
    """At once, without another run; and a later run changes neither."""
    questions("generate")
    rows = {row["document"]: row["id"] for row in objects(questions, "list")}
    last = found("ご存じ")[-1]
    [approved] = objects(questions, "approve", rows[last].lower())
    assert (approved["state"], approved["id"]) == ("approved", rows[last])
    assert found("ご存じ")[0] == last
    done = objects(questions, "reject", *rows.values(), "--reason", "古い")
    assert {(one["state"], one["reason"]) for one in done} == {("rejected", "古い")}
    assert found("ご存じ") == []
    assert objects(questions, "generate")["kept"] == 0
    assert found("ご存じ") == []


def test_an_unknown_number_is_named_and_nothing_is_decided(questions: Run) -> None:
    questions("generate")
    [first, *_] = objects(questions, "list")
    done = questions("approve", first["id"], "Q22222", "K7F3Q2", code=1)
    assert "no such question: Q22222, K7F3Q2" in done.stderr
    assert {row["state"] for row in objects(questions, "list")} == {"kept"}


def test_an_export_can_be_evaluated(questions: Run, tmp_path: Path) -> None:
    """Each line names the document; what is no longer indexed is left out."""
    questions("generate")
    file = tmp_path / "questions.jsonl"
    questions("export", str(file))
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert {line["document"]: line["url"] for line in lines}["vpn.md"] == (
        "https://w.example/vpn.md#%E6%8E%A5%E7%B6%9A"
    )
    assert {frozenset(line) for line in lines} == {
        frozenset({"question", "answer", "document", "source", "url", "state"})
    }
    gold = read_questions(file)
    assert {next(iter(one.passage_ids)): one.answers for one in gold} == {
        "leave.md": ("3営業日前",),
        "costs.md": ("25日",),
        "vpn.md": ("vpn.example.co.jp",),
    }
    (tmp_path / "docs" / "vpn.md").write_text(
        "# 接続\n\n社外からは接続できないこととした。\n", "utf-8"
    )
    ingest(tmp_path / "docs")
    assert len(questions("export").stdout.splitlines()) == 2
    assert questions("export", "--state", "approved").stdout == ""


def test_an_export_into_a_folder_that_is_not_there_fails_in_one_line(questions: Run) -> None:
    assert "can not be written" in questions("export", "nowhere/q.jsonl", code=1).stderr


def test_questions_of_unchanged_texts_are_back_after_a_sync(
    questions: Run, tmp_path: Path, worker: WorkerRig
) -> None:
    """A document that changed below keeps the approved question of what stayed above."""
    questions("generate")
    [leave] = [row for row in objects(questions, "list") if row["document"] == "leave.md"]
    questions("approve", leave["id"])
    page = tmp_path / "docs" / "leave.md"
    worker.forget()
    page.write_text(f"{PAGES['leave.md']}\n# 慶弔\n\n結婚には5日を与えることとする。\n", "utf-8")
    ingest(tmp_path / "docs")
    assert found("ご存じ")[0] == "leave.md"
    assert worker.asked() == []


def test_nothing_is_asked_where_nothing_is_ingested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worker: WorkerRig
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KURAGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KURAGE_GENERATOR", "kurage")
    monkeypatch.setenv("KURAGE_GENERATOR_URL", worker.url)
    done = CliRunner().invoke(app, ["generate"])
    assert (done.exit_code, done.stderr) == (1, "error: nothing is ingested yet\n")


def test_a_backup_holds_questions_and_what_people_decided(
    questions: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Restored elsewhere, they lead to their texts as before, without a model."""
    questions("generate")
    rows = {row["document"]: row["id"] for row in objects(questions, "list")}
    questions("approve", rows["costs.md"])
    before = objects(questions, "list")
    everything = CliRunner()
    saved = everything.invoke(whole, ["backup", str(tmp_path / "backup")])
    assert saved.exit_code == 0, (saved.output, saved.exception)
    [file] = [path for path in tmp_path.iterdir() if path.name.startswith("backup")]
    monkeypatch.setenv("KURAGE_HOME", str(tmp_path / "elsewhere"))
    restored = everything.invoke(whole, ["restore", str(file)])
    assert restored.exit_code == 0, (restored.output, restored.exception)
    assert objects(questions, "list") == before
    assert found("ご存じ")[0] == "costs.md"
    assert len(found("ご存じ")) == 3
