"""`kurage ingest` and `kurage sources` as an administrator uses them when something went wrong.

Over folders, in this process; `test_cli_confluence.py` has the same over a service.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.cli import app as command_line
from bot.cli.ingest import report
from ingest.sync import Change, Report, SyncError

CONFIG = """\
[sources.docs]
kind = "folder"
path = "docs"
owner = "総務部"
[ingest]
max_bytes = 10_000
max_delete_share = 1.0
workers = 1
"""
PAGES = {
    "休暇.md": "# 休暇\n\n有給休暇は、取得日の3営業日前までに申請します。\n",
    "食堂.md": "# 食堂\n\n食堂は11時に開きます。\n",
    "倉庫.md": "# 倉庫\n\n倉庫の鍵は総務にあります。\n",
}

Run = Callable[..., Result]


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a source that was not synced yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KURAGE_HOME", str(tmp_path / "home"))
    (tmp_path / "kurage.toml").write_text(CONFIG, "utf-8")
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, text in PAGES.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def run() -> Run:
    def run(*arguments: str, code: int = 0) -> Result:
        done = CliRunner().invoke(command_line, arguments)
        if done.exit_code != code and done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, done.output
        return done

    return run


def told(run: Run, *arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def indexed(run: Run) -> int:
    return int(told(run, "sources", "docs")["documents"])


# What would change


def test_a_dry_run_names_each_document_that_would_change(docs: Path, run: Run) -> None:
    """New, changed, with other readers, and gone; nothing is done to any of them."""
    run("ingest", "docs")
    (docs / "新しい.md").write_text("# 新しい\n\n新しい文書です。\n", "utf-8")
    (docs / "食堂.md").write_text("# 食堂\n\n食堂は12時に開きます。\n", "utf-8")
    (docs / "倉庫.md").unlink()
    readers = '[readers]\n"休暇.md" = ["user:hr@example.co.jp"]\n'
    (docs / ".kurage-readers.toml").write_text(readers, "utf-8")
    rehearsed = told(run, "ingest", "docs", "--dry-run")
    changes = {(change["action"], change["id"]): change["new"] for change in rehearsed["changes"]}
    assert changes == {
        ("write", "新しい.md"): True,
        ("write", "食堂.md"): False,
        ("readers", "休暇.md"): False,
        ("delete", "倉庫.md"): False,
    }
    shown = run("ingest", "docs", "--dry-run").stdout
    assert [line for line in shown.splitlines() if line.startswith("  ")] == [
        "  - deleted: 倉庫",
        "  + new: 新しい.md",
        "  ~ changed: 食堂.md",
        "  ⚿ readers: 休暇.md",
    ]
    assert indexed(run) == 3


def test_a_long_diff_is_cut_unless_more_is_wanted(docs: Path, run: Run) -> None:
    """The first sync of a large site would fill the screen."""
    for number in range(30):
        (docs / f"{number}.md").write_text(f"# {number}\n", "utf-8")
    short = run("ingest", "docs", "--dry-run").stdout
    assert short.count("+ new") == 20
    assert "and 13 more" in short
    assert run("ingest", "docs", "--dry-run", "-v").stdout.count("+ new") == 33


def test_a_title_is_one_line_however_long_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """One of 10,000 characters, or with line breaks and codes for the terminal, hides no other."""
    titles = ["あ" * 10_000, "二行\n目\x1b[31m赤"]
    changes = [Change("write", str(n), title, new=True) for n, title in enumerate(titles)]
    done = Report("wiki", dry_run=True, changes=changes, failed=[(titles[0], "壊れています")])
    report.show(done, verbose=True)
    _, long, lines, failed = capsys.readouterr().out.splitlines()
    assert long.strip() == f"+ new: {'あ' * 120}…"
    assert lines.strip() == "+ new: 二行 目[31m赤"
    assert failed.strip() == f"✘ {'あ' * 120}…: 壊れています"


# One document


def test_one_document_is_synced_alone(docs: Path, run: Run) -> None:
    """Whoever has just corrected a page does not wait for the others."""
    run("ingest", "docs")
    for name in ("食堂.md", "休暇.md"):
        (docs / name).write_text(f"# {name}\n\n{name}を直しました。\n", "utf-8")
    synced = told(run, "ingest", "docs", "--only", (docs / "食堂.md").as_uri())
    assert (synced["written"], synced["deleted"]) == (1, 0)
    assert [change["id"] for change in synced["changes"]] == ["食堂.md"]
    assert [row["id"] for row in told(run, "ingest", "docs", "--dry-run")["changes"]] == ["休暇.md"]


def test_a_document_that_no_source_has_is_an_error_that_names_it(docs: Path, run: Run) -> None:
    run("ingest", "docs")
    with pytest.raises(SyncError, match=r"docs has no document 'https://elsewhere\.example/x'"):
        run("ingest", "docs", "--only", "https://elsewhere.example/x")


def test_a_run_about_one_document_says_nothing_of_the_source(docs: Path, run: Run) -> None:
    """A mistyped address is no failure of it, and puts its next sync neither off nor forward."""
    run("ingest", "docs")
    before = told(run, "sources", "docs")
    with pytest.raises(SyncError):
        run("ingest", "docs", "--only", "file:///elsewhere.md")
    run("ingest", "docs", "--only", "食堂.md")
    after = told(run, "sources", "docs")
    for key in ("last_sync", "outcome", "current_as_of", "error"):
        assert after[key] == before[key], key
    assert [one["only"] for one in after["runs"]] == ["食堂.md", "file:///elsewhere.md", None]


# Several sources


def test_a_source_that_is_away_does_not_keep_the_others_from_being_synced(
    docs: Path, run: Run
) -> None:
    """Its reason is told, and the exit code says that not everything was done."""
    table = '[sources.wiki]\nkind = "confluence"\n[sources.gone]\nkind = "folder"\npath = "gone"\n'
    Path("kurage.toml").write_text(table + CONFIG, "utf-8")
    done = run("ingest", "--all", code=1)
    assert "docs: 3 written" in done.stdout
    assert "wiki: CONFLUENCE_URL is not set" in done.stderr
    rows = {
        row["source"]: row for row in json.loads(run("ingest", "--all", "--json", code=1).stdout)
    }
    assert "CONFLUENCE_URL" in rows["wiki"]["error"]
    assert "does not exist" in rows["gone"]["stopped"]
    assert rows["docs"]["unchanged"] == 3


# What was deleted


def test_a_deleted_document_can_be_put_back_and_let_go_again(docs: Path, run: Run) -> None:
    """It is found again, syncs leave it, and it goes when somebody says so."""
    run("ingest", "docs")
    (docs / "倉庫.md").unlink()
    assert told(run, "ingest", "docs")["deleted"] == 1
    [stone] = told(run, "sources", "docs", "--deleted")
    assert (stone["id"], stone["title"], stone["restorable"]) == ("倉庫.md", "倉庫", True)
    assert "○ 倉庫 (倉庫.md)" in run("sources", "docs", "--deleted").stdout
    assert indexed(run) == 2
    restored = told(run, "sources", "docs", "--restore", stone["url"])
    assert restored == {"source": "docs", "documents": ["倉庫.md"]}
    assert "倉庫の鍵は総務" in run("ask", "倉庫の鍵はどこにありますか？").stdout
    assert told(run, "explain", "倉庫.md")["state"] == "restored"
    run("ingest", "docs", "--full")
    row = told(run, "sources", "docs")
    assert (row["documents"], row["deleted"], row["restored"]) == (3, 0, 1)
    assert "were put back" in run("sources").stdout
    assert told(run, "sources", "docs", "--release")["documents"] == ["倉庫.md"]
    run("ingest", "docs", "--full")
    assert indexed(run) == 2


def test_everything_that_was_deleted_comes_back_at_once(docs: Path, run: Run) -> None:
    """After a mistake at the source nobody wants to name two hundred documents."""
    run("ingest", "docs")
    for name in ("倉庫.md", "食堂.md"):
        (docs / name).unlink()
    run("ingest", "docs")
    assert "2 documents were put back" in run("sources", "docs", "--restore").stdout
    assert indexed(run) == 3


def test_what_was_never_deleted_can_not_be_put_back(docs: Path, run: Run) -> None:
    run("ingest", "docs")
    refused = run("sources", "docs", "--restore", "休暇.md", code=1)
    assert "no deleted document '休暇.md'" in refused.stderr
    assert "kurage sources docs --deleted" in refused.stderr
    assert "nothing was deleted" in run("sources", "docs", "--deleted").stdout


# What failed


def test_what_failed_is_listed_with_its_reason_and_its_next_attempt(docs: Path, run: Run) -> None:
    (docs / "大きい.txt").write_text("あ" * 10_000, "utf-8")
    (docs / "壊れた.pdf").write_bytes(b"%PDF-1.7 broken")
    run("ingest", "docs")
    found = {row["id"]: row for row in told(run, "sources", "docs", "--failed")}
    assert set(found) == {"大きい.txt", "壊れた.pdf"}
    assert "max_bytes" in found["大きい.txt"]["reason"]
    assert found["壊れた.pdf"]["when_changed"] is True
    shown = run("sources", "docs", "--failed").stdout
    assert "docs: 2 not read" in shown
    assert "1 attempts; again when it changes, or with --full" in shown
    assert list(told(run, "sources", "--failed")) == ["docs"]


def test_many_failures_of_one_reason_are_one_line(docs: Path, run: Run) -> None:
    """One thing mends them all; who wants each of them asks for it."""
    for number in range(6):
        (docs / f"{number}.txt").write_text("あ" * 10_000, "utf-8")
    done = run("ingest", "docs", "--full")
    assert "✘ 6 documents (such as " in done.stdout
    assert run("ingest", "docs", "--full", "-v").stdout.count("✘") == 6
    shown = run("sources", "docs", "--failed").stdout
    assert shown.count("✘") == 1
    assert shown.count(".txt") == 6


# One source


def test_a_source_is_shown_with_its_latest_runs(docs: Path, run: Run) -> None:
    for _ in range(7):
        run("ingest", "docs")
    row = told(run, "sources", "docs")
    assert (row["owner"], row["location"]) == ("総務部", str(docs))
    assert len(row["runs"]) == 5
    assert row["runs"][0]["unchanged"] == 3
    assert len(told(run, "sources", "docs", "--runs")["runs"]) == 7
    shown = run("sources", "docs").stdout
    assert "総務部" in shown
    heading = next(line for line in shown.splitlines() if "started" in line)
    assert heading.split() == ["started", "outcome", "seconds", "written", "unchanged"]


def test_how_old_the_mirror_is_shows_once_a_sync_fails(docs: Path, run: Run) -> None:
    """The documents are those of the last sync that succeeded."""
    run("ingest", "docs")
    docs.rename(docs.with_name("away"))
    run("ingest", "docs", code=1)
    row = told(run, "sources", "docs")
    assert row["outcome"] == "failed"
    assert [one["outcome"] for one in row["runs"]] == ["failed", "finished"]
    assert row["current_as_of"] == row["runs"][1]["started"]
    assert "Current as of" in run("sources").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sources", "dosc"], "no source 'dosc' (known: docs)"),
        (["sources", "docs", "x.md"], "with --restore or --release alone"),
        (["sources", "--restore"], "needs the name of a source"),
        (["sources", "docs", "--restore", "--release"], "one at a time"),
        (["ingest", "docs", "extra"], "belongs behind `folder`, `web`, `confluence` or `drive`"),
        (["ingest", "--all", "--only", "x"], "exclude each other"),
        (["ingest", "--all", "docs"], "exclude each other"),
        (["ingest", "docs", "--url-prefix", "https://x/"], "--url-prefix is for folders"),
    ],
)
def test_arguments_that_do_not_belong_together_are_refused(
    docs: Path, run: Run, arguments: list[str], words: str
) -> None:
    """One of them was meant otherwise; nothing is done."""
    done = CliRunner().invoke(command_line, arguments, env={"COLUMNS": "200"})
    assert done.exit_code in {1, 2}
    assert words in done.stderr
