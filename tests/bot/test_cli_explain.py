"""`kurage explain` and `kurage sources` over a small folder that holds every state."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from math import exp
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot import explain, settings
from bot.app import App, open_app
from bot.checks.examination import NAMES
from bot.cli import app as command_line
from bot.cli.explain import models, readers, states, view
from bot.conversations import Thread
from bot.exchange import Answer, Call, Check, Included, Question, Source, Statement
from bot.generate.extractive import weights

STATES = {
    "changed_since",
    "deleted",
    "failed",
    "ignored",
    "in_no_source",
    "indexed",
    "indexed_but_gone",
    "indexed_unchecked",
    "left_out",
    "not_checked",
    "not_indexed",
    "not_synced_yet",
    "not_there",
    "readers_changed",
    "restored",
    "too_large",
    "unreadable",
}
PREFIX = "https://intra.example.co.jp/docs/"
CONFIG = f"""\
[sources.docs]
kind = "folder"
path = "docs"
url_prefix = "{PREFIX}"
exclude = ["下書き/"]
every = "1h"
[search]
synonyms = [["有給", "代休"]]
[ingest]
max_bytes = 10_000
workers = 1
"""
READERS = '[readers]\n"賞与.md" = ["user:hr@example.co.jp"]\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory whose folder was synced, and changed since."""
    here = tmp_path_factory.mktemp("explain")
    docs = here / "docs"
    (docs / "下書き").mkdir(parents=True)
    (here / "kurage.toml").write_text(CONFIG, "utf-8")
    pages = {
        "休暇.md": "# 休暇\n\n有給休暇は、取得日の3営業日前までに申請します。\n",
        "食堂.md": "# 食堂\n\n食堂は11時に開きます。\n",
        "賞与.md": "# 賞与\n\n冬の賞与は12月10日に支給します。\n",
        "消える.md": "# 倉庫\n\n倉庫の鍵は総務にあります。\n",
        "下書き/案.md": "# 案\n\n案です。\n",
        "大きい.txt": "あ" * 10_000,
        ".kurage-readers.toml": READERS,
    }
    for name, text in pages.items():
        (docs / name).write_text(text, "utf-8")
    (docs / "図.png").write_bytes(b"\x89PNG")
    with open_app(_settings(here)) as kurage:
        report = kurage.sync("docs", kurage.settings.config.sources["docs"])
    assert [name for name, _ in report.failed] == ["大きい.txt"]
    (docs / "食堂.md").write_text("# 食堂\n\n食堂は、4月から12時に開きます。\n", "utf-8")
    (docs / "消える.md").unlink()
    (docs / "新しい.md").write_text("# 新\n\n新しい文書です。\n", "utf-8")
    return here


def _settings(folder: Path) -> settings.Settings:
    return settings.load(environ={}, directory=folder)


@pytest.fixture(scope="module")
def kurage(folder: Path) -> Iterator[App]:
    with open_app(_settings(folder)) as opened:
        yield opened


def question(kurage: App, text: str, **options: Any) -> dict[str, Any]:
    return explain.explain_question(kurage, text, **{"email": None, "language": "ja", **options})


def document(kurage: App, what: str, email: str | None = None) -> dict[str, Any]:
    found = explain.explain_document(kurage, what, email=email)
    assert found is not None
    return found


# Questions


def test_the_parts_of_a_score_add_up_to_the_score_of_the_index(kurage: App) -> None:
    text = "有給休暇は何日前までに申請すればいい？"
    found = question(kurage, text)
    query = kurage.encoder.encode_query(text)
    everyone = kurage.state.reader_set_ids(kurage.principals(None))
    raw = {
        hit.document.id: hit.score for hit in kurage.index.search(query, readers=everyone, limit=20)
    }
    assert found["candidates"][0]["document"] == "休暇.md"
    for row in found["candidates"]:
        parts = sum(part["score"] for part in row["parts"]) + row["grams"]
        assert parts == pytest.approx(raw[row["document"]], abs=0.01)
        assert row["score"] == pytest.approx(parts * row["freshness"], abs=0.01)


def test_the_parts_of_the_confidence_make_the_confidence(kurage: App) -> None:
    for text in ("有給休暇は何日前までに申請すればいい？", "食堂の映画はいつ？"):
        found = question(kurage, text)
        total = sum(part["log_odds"] for part in found["confidence_parts"])
        assert 1 / (1 + exp(-total)) == pytest.approx(found["confidence"], abs=0.005)
        assert found["answers"] is (found["confidence"] >= found["threshold"])


def test_a_word_of_the_company_is_shown_with_its_synonyms_and_as_documents_write_it(
    kurage: App,
) -> None:
    found = question(kurage, "代休の申請")
    [term] = [row for row in found["terms"] if row["synonyms"]]
    assert term["synonyms"] == ["有給", "代休"]
    assert term["asked_as"] == ["代休"]
    assert "有給" in term["found_as"]
    assert {"surface": "の", "term": None, "part_of_speech": "助詞", "searched": False} in found[
        "tokens"
    ]


def test_a_document_stands_at_a_rank_with_the_words_that_it_lacks(kurage: App) -> None:
    found = question(kurage, "食堂の倉庫", document=("docs", "食堂.md"))["document"]
    assert found["rank"] is not None
    assert "倉庫" in found["missing"]
    assert "食堂" in found["terms"]


def test_what_a_person_may_not_read_is_in_no_candidate_and_has_no_rank(kurage: App) -> None:
    asked = {"document": ("docs", "賞与.md")}
    closed = question(kurage, "冬の賞与", email="sato@example.co.jp", **asked)
    assert closed["document"]["rank"] is None
    assert "賞与.md" not in {row["document"] for row in closed["candidates"]}
    assert question(kurage, "冬の賞与", email="hr@example.co.jp", **asked)["document"]["rank"] == 1


# Documents


@pytest.mark.parametrize(
    ("what", "state"),
    [
        ("休暇.md", "indexed"),
        (f"{PREFIX}休暇.md#x", "indexed"),
        (f"{PREFIX}%E4%BC%91%E6%9A%87.md", "indexed"),
        ("食堂.md", "changed_since"),
        ("消える.md", "indexed_but_gone"),
        ("docs/新しい.md", "not_synced_yet"),
        ("docs/下書き/案.md", "ignored"),
        ("docs/図.png", "ignored"),
        ("大きい.txt", "failed"),
        ("どこにもない.md", "in_no_source"),
        ("https://elsewhere.example/x", "in_no_source"),
    ],
    ids=lambda value: value if value.isascii() and "/" not in value else None,
)
def test_every_state_of_a_document_is_told(
    kurage: App, folder: Path, monkeypatch: pytest.MonkeyPatch, what: str, state: str
) -> None:
    monkeypatch.chdir(folder)
    assert document(kurage, what)["state"] == state


def test_the_rule_that_leaves_a_document_out_is_named(kurage: App, folder: Path) -> None:
    source = kurage.settings.config.sources["docs"]
    draft = explain.folders.ignored_by(source, "下書き/案.md")
    assert draft == {"kind": "exclude", "glob": "下書き/", "path": "下書き/"}
    hidden = explain.folders.ignored_by(source, "x/.git/config.md")
    assert hidden == {"kind": "default", "glob": ".*", "path": "x/.git/"}
    picture = explain.folders.ignored_by(source, "図.PNG")
    assert picture is not None
    assert picture["kind"] == "media"
    only = source.model_copy(update={"include": ("*.pdf",)})
    left_out = explain.folders.ignored_by(only, "休暇.md")
    assert left_out == {"kind": "include", "glob": "*.pdf", "path": "休暇.md"}
    assert explain.folders.ignored_by(source, "休暇.md") is None


def test_a_failure_is_told_with_its_reason_and_a_restriction_with_its_readers(kurage: App) -> None:
    assert "max_bytes" in document(kurage, "大きい.txt")["failure"]
    closed = document(kurage, "賞与.md", "sato@example.co.jp")
    assert closed["readers"] == [["user:hr@example.co.jp"]]
    assert closed["readable_by"] == {"person": "sato@example.co.jp", "may": False}
    assert document(kurage, "賞与.md", "hr@example.co.jp")["readable_by"]["may"] is True


def test_readers_that_changed_since_are_told(tmp_path: Path) -> None:
    """The text is the same, and yet the document is not found by whom it should be."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "賞与.md").write_text("# 賞与\n\n冬の賞与は12月10日に支給します。\n", "utf-8")
    (tmp_path / "kurage.toml").write_text(CONFIG, "utf-8")
    with open_app(_settings(tmp_path)) as opened:
        opened.sync("docs", opened.settings.config.sources["docs"])
        (docs / ".kurage-readers.toml").write_text(READERS, "utf-8")
        found = document(opened, "賞与.md")
    assert found["state"] == "readers_changed"
    assert (found["readers"], found["current_readers"]) == (
        [["anyone"]],
        [["user:hr@example.co.jp"]],
    )


def test_the_questions_that_found_a_document_are_named(folder: Path, tmp_path: Path) -> None:
    """The latest first: these people will notice when it changes."""
    (tmp_path / "kurage.toml").write_text(CONFIG, "utf-8")
    (tmp_path / "docs").symlink_to(folder / "docs")
    with open_app(_settings(tmp_path)) as opened:
        opened.sync("docs", opened.settings.config.sources["docs"])
        assert document(opened, "休暇.md")["found_by"] == []
        for text in ("有給休暇は何日前まで？", "有給休暇の申請はいつまで？"):
            opened.run(opened.ask(text, as_=None, language="ja"))
        found = document(opened, "休暇.md")
    assert found["times_found"] == 2
    latest = found["found_by"][0]
    assert (latest["question"], latest["rank"]) == ("有給休暇の申請はいつまで？", 1)
    assert latest["cited"] is True


def test_a_source_that_can_not_be_asked_is_told_beside_what_is_indexed(tmp_path: Path) -> None:
    """Whoever looks into a failure must not be met by another one."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "休暇.md").write_text("# 休暇\n\n有給休暇です。\n", "utf-8")
    wiki = '[sources.wiki]\nkind = "confluence"\nurl = "https://wiki.example.co.jp"\n'
    (tmp_path / "kurage.toml").write_text(wiki + CONFIG, "utf-8")
    with open_app(_settings(tmp_path)) as opened:
        opened.sync("docs", opened.settings.config.sources["docs"])
        docs.rename(tmp_path / "away")
        indexed = document(opened, "休暇.md")
        unknown = document(opened, "https://wiki.example.co.jp/pages/viewpage.action?pageId=1")
    assert (indexed["state"], indexed["indexed"]) == ("indexed_but_gone", True)
    assert unknown["state"] == "in_no_source"
    assert "CONFLUENCE_TOKEN is not set" in unknown["not_asked"]["wiki"]


@pytest.mark.parametrize(
    ("principal", "words"),
    [
        ("anyone", "everybody in the organisation"),
        ("user:sato@example.co.jp", "sato@example.co.jp"),
        ("domain:example.co.jp", "everybody with @example.co.jp"),
        ("group:sales", "group:sales"),
        ("group:google:eng@example.co.jp", "Google group eng@example.co.jp"),
        ("group:confluence:wiki.example.co.jp:eng", "group eng (Confluence wiki.example.co.jp)"),
        ("group:confluence:127.0.0.1:8090:a:b", "group a:b (Confluence 127.0.0.1:8090)"),
        (
            "group:confluence:wiki.example.co.jp:@licensed",
            "everybody who may use Confluence wiki.example.co.jp",
        ),
        (
            "user:confluence:wiki.example.co.jp:712020:ab-cd",
            "account 712020:ab-cd (Confluence wiki.example.co.jp, address hidden)",
        ),
    ],
)
def test_a_principal_is_told_as_an_administrator_would_call_it(principal: str, words: str) -> None:
    assert readers.principal(principal) == words


def test_layers_are_told_as_what_all_of_must_hold() -> None:
    layers = [["group:sales", "user:a@example.co.jp"], ["anyone"]]
    assert readers.in_words(layers) == (
        "group:sales or a@example.co.jp\nand everybody in the organisation"
    )
    assert readers.in_words([]) == "nobody but the administrator"


def test_every_state_of_a_document_has_words() -> None:
    """A name of ours tells an administrator nothing."""
    assert set(states._STATES) == STATES


def test_a_question_is_no_document(kurage: App) -> None:
    for text in ("有給は何日？", "a" * 5000, "VPN", "paid leave"):
        assert explain.explain_document(kurage, text, email=None) is None


def test_explanations_are_printed_and_are_json(
    folder: Path, kurage: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind, as people see it and as programs do."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("KURAGE_HOME", raising=False)
    run = CliRunner()
    for what in (
        ["有給の申請", "-d", "食堂.md", "-v"],
        ["賞与.md", "--as", "a@b.example"],
        ["x.md"],
    ):
        shown = run.invoke(command_line, ["explain", *what])
        assert shown.exit_code == 0, shown.output
        told = run.invoke(command_line, ["explain", "--json", *what])
        assert isinstance(json.loads(told.stdout), dict)


# kurage sources


def test_sources_tells_what_an_administrator_looks_for_first(
    folder: Path, kurage: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("KURAGE_HOME", raising=False)
    run = CliRunner()
    [row] = json.loads(run.invoke(command_line, ["sources", "--json"]).stdout)
    assert (row["name"], row["kind"], row["documents"]) == ("docs", "folder", 4)
    assert row["location"] == str(folder / "docs")
    assert (row["outcome"], row["every"], row["cursor"]) == ("finished", "1h", False)
    assert row["next_sync"] > row["last_sync"]
    assert [failed["name"] for failed in row["failed"]] == ["大きい.txt"]
    assert row["report"]["written"] == 4
    shown = run.invoke(command_line, ["sources"]).stdout
    assert "max_bytes" in shown
    assert "every 1h" in shown or "1h ごと" in shown


def test_sources_shows_what_is_configured_before_anything_is_indexed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KURAGE_HOME", str(tmp_path / "home"))
    (tmp_path / "kurage.toml").write_text('[sources.wiki]\nkind = "folder"\npath = "x"\n')
    done = CliRunner().invoke(command_line, ["sources"])
    assert done.exit_code == 0, done.output
    assert "kurage ingest wiki" in done.stdout
    os.unlink(tmp_path / "kurage.toml")  # noqa: PTH108
    assert "kurage init" in CliRunner().invoke(command_line, ["sources"]).stdout


def test_every_signal_of_the_confidence_has_words() -> None:
    """A name of ours tells an administrator nothing."""
    assert set(view.SIGNALS) == {"base", *weights.CONFIDENCE}


# Turns that a model answered


def written_turn(kurage: App, raw: str = "<<References>>\n1\n\n<<Answer>>\n4営業日前") -> str:
    """Store a turn as if Kurage had answered it from two pages; return its number."""
    question = Question("有給休暇は何日前？", frozenset({"anyone"}))
    hits = (*kurage.index.chunks("docs", "休暇.md"), *kurage.index.chunks("docs", "食堂.md"))
    parts = [Included(n, 0, len(h.chunk.text), h.chunk.text) for n, h in enumerate(hits, start=1)]
    prompt = "".join(f"<<Chunk {p.number}>>\n{p.text}\n\n" for p in parts) + "<<Question>>\nいつ？"
    call = Call("multi", "lightblue/kurage-ja", "gpu1:8000", prompt, raw, tuple(parts), 812.0, 95.0)
    checks = (Check("numbers", passed=False, detail="4営業日"), Check("tags", passed=True))
    said = (Statement("4営業日前", (1,), doubts=("4営業日",)),)
    answer = Answer(
        "answered",
        said,
        (Source(1, hits[0], None),),
        (),
        ranking=hits,
        calls=(call,),
        checks=checks,
    )
    turn = kurage.conversations.open_turn(Thread("terminal", "x"), question, asker="t")
    kurage.conversations.finish_turn(turn.id, answer, generator="kurage")
    return turn.id


def test_a_turn_that_a_model_answered_is_explained_with_its_prompt_output_and_checks(
    kurage: App,
) -> None:
    found = explain.explain_turn(kurage, written_turn(kurage))
    assert found is not None
    [call] = found["calls"]
    assert call["raw"].endswith("4営業日前")
    assert call["worker"] == "gpu1:8000"
    marks = [part for part in call["prompt"] if not isinstance(part, str)]
    assert [(part["passage"], part["document"], part["state"]) for part in marks] == [
        (1, "休暇.md", "same"),
        (2, "食堂.md", "same"),
    ]
    assert "3営業日前" in marks[0]["text"]
    assert found["checks"][0] == {"name": "numbers", "passed": False, "detail": "4営業日"}


def test_a_passage_that_has_changed_or_is_gone_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "kurage.toml").write_text(CONFIG, "utf-8")
    for name, text in (("休暇.md", "3営業日前までに申請。"), ("食堂.md", "11時に開く。")):
        (tmp_path / "docs" / name).write_text(f"# 題\n\n{text}\n", "utf-8")
    with open_app(_settings(tmp_path)) as opened:
        source = opened.settings.config.sources["docs"]
        opened.sync("docs", source)
        turn = written_turn(opened)
        (tmp_path / "docs" / "休暇.md").write_text("# 題\n\n5営業日前までに申請。\n", "utf-8")
        (tmp_path / "docs" / "食堂.md").unlink()
        opened.sync("docs", source)
        found = explain.explain_turn(opened, turn)
        assert found is not None
        marks = [part for part in found["calls"][0]["prompt"] if not isinstance(part, str)]
        assert [(part["state"], part["text"]) for part in marks] == [
            ("changed", None),
            ("gone", None),
        ]


def test_the_command_shows_what_the_model_was_asked_and_said(
    folder: Path, kurage: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long prompts without their middle, unless --verbose; nothing steers the terminal."""
    turn = written_turn(kurage, raw="4営業日前\x1b]0;evil\x07" + "あ" * 3000 + "おわり")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("KURAGE_HOME", raising=False)
    run = CliRunner()
    shown = run.invoke(command_line, ["explain", turn])
    assert shown.exit_code == 0, shown.output
    for expected in ("<<Chunk 1>>", "3営業日前", "<<Question>>", "gpu1:8000", "✗", "✓", "おわり"):
        assert expected in shown.stdout
    assert "--verbose" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert "あ" * 3000 not in shown.stdout
    whole = run.invoke(command_line, ["explain", turn, "--verbose"]).stdout
    assert "あ" * 3000 in whole.replace("\n", "")
    told = json.loads(run.invoke(command_line, ["explain", turn, "--json"]).stdout)
    assert told["calls"][0]["raw"].startswith("4営業日前")


def test_every_check_has_words() -> None:
    """A name of ours tells an administrator nothing."""
    assert tuple(models.CHECKS) == ("citations", *NAMES)
