"""`kurage log` and `kurage db`, through the real command line, on SQLite and PostgreSQL."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from sqlalchemy import Engine, update
from typer.testing import CliRunner

from bot import migrations
from bot.cli import app
from bot.cli.log import view
from bot.cli.log.formats import BYTE_ORDER_MARK, EXCEL_CELL, harmless
from bot.cli.log.options import State
from bot.conversations import Conversations, Selection, Thread, Turn
from bot.conversations.tables import TurnRow
from bot.conversations.values import STATES
from bot.exchange import Answer, Question, Source, Statement
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument

ROOT = Path(__file__).parents[2]
Kurage = Callable[..., Any]


@pytest.fixture
def kurage(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kurage:
    """Run a command in a folder and on a database of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KURAGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KURAGE_DATABASE_URL", database_url)
    runner = CliRunner()
    return lambda *arguments: runner.invoke(app, [*arguments])


def shell(
    *arguments: str, url: str, folder: Path, language: str = "C.UTF-8", **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own."""
    environment = {
        **os.environ,
        "KURAGE_HOME": str(folder / "home"),
        "KURAGE_DATABASE_URL": url,
        "PYTHONPATH": str(ROOT),
        "LC_ALL": language,
        "COLUMNS": "100",
    }
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        cwd=folder,
        env=environment,
        text=True,
        encoding="utf-8",
        check=False,
        **({"capture_output": True} | options),
    )


def hit(title: str = "就業規則") -> Hit:
    document = IndexedDocument("handbook", "hr.md", "v", "r", 1, title, "https://docs.example/hr")
    return Hit(7.5, document, Chunk(0, title, ("有給休暇",), "本文", "paragraph", "leave"))


@pytest.fixture
def turns(engine: Engine) -> dict[str, Turn]:
    """Three turns, oldest first: answered, failed, abstained."""
    log = Conversations(engine)
    answered = log.open_turn(
        Thread("slack", "C1", "17.1"), _question("有給休暇は何日前まで？"), asker="U1"
    )
    said = (Statement("取得日の3営業日前まで。", (1,), verbatim=True),)
    source = Source(1, hit(), "取得日の3営業日前まで。")
    log.finish_turn(
        answered.id,
        Answer("answered", said, (source,), (), 0.93, {"search": 1.5}, ranking=(hit(),)),
        generator="extractive",
    )
    log.add_feedback(answered.id, user="U2", vote="up", comment="=HYPERLINK(A1)")
    failed = log.open_turn(Thread("terminal", "pc"), _question("=1+1 VPNは？"), asker="root")
    log.fail_turn(failed.id, "the index is locked")
    abstained = log.open_turn(Thread("terminal", "pc"), _question("駐車場は？"), asker="root")
    log.finish_turn(abstained.id, Answer("abstained", (), (), (hit(),)))
    names = {"answered": answered, "failed": failed, "abstained": abstained}
    return {name: log.get(turn.id) for name, turn in names.items()}


def _question(text: str) -> Question:
    return Question(text, frozenset({"anyone"}))


def ids(result: Any) -> list[str]:
    """Return the turns of a `--json` listing."""
    assert result.exit_code == 0, result.output
    return [turn["turn"] for turn in json.loads(result.stdout)]


def move(engine: Engine, turn: Turn, moment: str) -> None:
    """Let a turn have been asked at another time."""
    with engine.begin() as connection:
        connection.execute(
            update(TurnRow)
            .where(TurnRow.id == turn.id)
            .values(created=datetime.fromisoformat(moment))
        )


# Listing


def test_the_list_is_newest_first_and_names_each_turn(
    kurage: Kurage, turns: dict[str, Turn]
) -> None:
    listed = kurage("log")
    assert listed.exit_code == 0
    lines = listed.stdout.splitlines()[1:]
    newest_first = [turns[name] for name in ("abstained", "failed", "answered")]
    assert [line.split()[0] for line in lines] == [turn.id for turn in newest_first]
    assert all(turn.question in line for turn, line in zip(newest_first, lines, strict=True))


def test_json_holds_everything_that_is_kept(kurage: Kurage, turns: dict[str, Turn]) -> None:
    listed = kurage("log", "--json", "--state", "answered")
    [turn] = json.loads(listed.stdout)
    assert turn["turn"] == turns["answered"].id
    assert turn["question"] == "有給休暇は何日前まで？"
    assert turn["answer"] == "「取得日の3営業日前まで。」[1]"
    assert turn["passages"] == [
        {
            "position": 1,
            "cited": 1,
            "source": "handbook",
            "document_id": "hr.md",
            "title": "就業規則",
            "heading": "有給休暇",
            "url": "https://docs.example/hr#leave",
            "score": 7.5,
            "quote": "取得日の3営業日前まで。",
        }
    ]
    assert [(f["user"], f["vote"]) for f in turn["feedback"]] == [("U2", "up")]
    assert turn["timings_ms"] == {"search": 1.5}
    assert turn["created"].endswith("+09:00")


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--limit", "1"], ["abstained"]),
        (["--platform", "slack"], ["answered"]),
        (["--asker", "root"], ["abstained", "failed"]),
        (["--asker", "nobody"], []),
        (["--state", "failed", "--state", "answered"], ["failed", "answered"]),
        (["--unanswered"], ["abstained", "failed"]),
        (["--unanswered", "--state", "failed"], ["failed"]),
        (["--source", "handbook"], ["abstained", "answered"]),
        (["--grep", "ｖｐｎ"], ["failed"]),
        (["--grep", "営業日"], ["answered"]),
        (["--since", "1h"], ["abstained", "failed", "answered"]),
        (["--until", "1h"], []),
        (["--until", "2000-01-01"], []),
    ],
)
def test_options_narrow_the_list(
    kurage: Kurage, turns: dict[str, Turn], options: list[str], names: list[str]
) -> None:
    assert ids(kurage("log", "--json", *options)) == [turns[name].id for name in names]


def test_days_are_days_in_japan_and_until_includes_its_day(
    kurage: Kurage, turns: dict[str, Turn], engine: Engine
) -> None:
    """The first minute of 1 April in Japan is 15:00 of 31 March in UTC."""
    move(engine, turns["answered"], "2026-03-31T14:59:59+00:00")
    move(engine, turns["failed"], "2026-03-31T15:00:00+00:00")
    move(engine, turns["abstained"], "2026-04-01T15:00:00+00:00")
    day = ids(kurage("log", "--json", "--since", "2026-04-01", "--until", "2026/04/01"))
    assert day == [turns["failed"].id]
    assert "2026-04-01 00:00" in kurage("log", "--grep", "VPN").stdout


@pytest.mark.parametrize(
    "options",
    [
        ["--since", "2026-13-01"],
        ["--since", "tomorrow"],
        ["--since", "99999999999999d"],
        ["--until", "9999-12-31"],
        ["--since", "0001-01-01"],
        ["--state", "lost"],
        ["--limit", "0"],
    ],
)
def test_an_option_that_means_nothing_is_a_usage_error(kurage: Kurage, options: list[str]) -> None:
    result = kurage("log", *options)
    assert result.exit_code == 2
    assert options[1] in result.output or options[0] in result.output


def test_nothing_found_is_no_error_and_no_output(kurage: Kurage) -> None:
    empty = kurage("log")
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert json.loads(kurage("log", "--json").stdout) == []


def test_the_choices_of_state_are_the_states() -> None:
    assert [state.value for state in State] == list(STATES)


def test_a_question_can_not_steer_the_terminal(kurage: Kurage, engine: Engine) -> None:
    """No escape sequence, no rich markup, no line of its own, no reversed text."""
    hostile = "[red]x[/red]\x1b]0;title\x07\x1b[2J\u202etxt\r\nK7F3Q2 [link=https://evil.example]y"
    log = Conversations(engine)
    turn = log.open_turn(Thread("slack", hostile, hostile), _question(hostile), asker=hostile)
    source = Source(1, hit(hostile), hostile)
    log.finish_turn(
        turn.id, Answer("answered", (Statement(hostile, (1,)),), (source,), (), reason=hostile)
    )
    log.add_feedback(turn.id, user=hostile, vote="down", comment=hostile)
    for shown in (kurage("log").stdout, kurage("log", turn.id).stdout):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown)
        assert "[red]x[/red]" in shown
    assert len(kurage("log").stdout.splitlines()) == 2


def test_on_a_terminal_the_question_is_cut_and_the_number_never(
    turns: dict[str, Turn],
) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80, color_system=None)
    long = [Turn(**{**_fields(turn), "question": "長い質問" * 50}) for turn in turns.values()]
    view.print_table(console, long)
    lines = screen.getvalue().splitlines()
    assert len(lines) == 4
    assert all(turn.id in screen.getvalue() for turn in long)
    assert lines[1].rstrip().endswith("…")


def _fields(turn: Turn) -> dict[str, Any]:
    return {name: getattr(turn, name) for name in turn.__slots__}


# One turn


@pytest.mark.parametrize("command", [["log"], ["log", "show"]])
def test_a_number_shows_its_turn_however_it_was_typed(
    kurage: Kurage, turns: dict[str, Turn], command: list[str]
) -> None:
    turn = turns["answered"]
    for typed in (turn.id, turn.id.lower()):
        shown = kurage(*command, typed)
        assert shown.exit_code == 0
        for part in (
            turn.id,
            turn.question,
            "「取得日の3営業日前まで。」[1]",
            "就業規則 › 有給休暇",
        ):
            assert part in shown.stdout
        assert "https://docs.example/hr#leave" in shown.stdout
    assert json.loads(kurage(*command, turn.id, "--json").stdout)["turn"] == turn.id


def test_a_failed_turn_shows_why(kurage: Kurage, turns: dict[str, Turn]) -> None:
    assert "the index is locked" in kurage("log", turns["failed"].id).stdout


def test_a_number_that_is_unknown_or_none_ends_in_one_line(sqlite_url: str, tmp_path: Path) -> None:
    for arguments in (("log", "ZZZZZZ"), ("log", "show", "nonsense")):
        ended = shell(*arguments, url=sqlite_url, folder=tmp_path)
        assert ended.returncode == 1
        assert ended.stdout == ""
        assert len(ended.stderr.splitlines()) == 1
        assert arguments[-1] in ended.stderr


def test_what_is_neither_command_nor_number_is_a_usage_error(kurage: Kurage) -> None:
    assert kurage("log", "shwo").exit_code == 2


# Export


COLUMNS = {"turn": 0, "question": 5, "answer": 8, "sources": 9, "comments": 14}


def _cells(exported: bytes) -> list[list[str]]:
    """Return the lines of a CSV file without the first, whose words depend on the language."""
    text = exported.decode("utf-8")
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.reader(io.StringIO(text[1:], newline="")))[1:]


def test_csv_opens_in_excel_and_no_cell_is_a_formula(
    kurage: Kurage, turns: dict[str, Turn], tmp_path: Path
) -> None:
    exported = kurage("log", "export", "--format", "csv", "log.csv")
    assert exported.exit_code == 0
    assert exported.stdout == ""
    lines = _cells((tmp_path / "log.csv").read_bytes())
    assert [line[COLUMNS["turn"]] for line in lines] == [
        turns[name].id for name in ("abstained", "failed", "answered")
    ]
    assert lines[1][COLUMNS["question"]] == "'=1+1 VPNは？"
    assert lines[2][COLUMNS["comments"]] == "'=HYPERLINK(A1)"
    assert lines[2][COLUMNS["answer"]] == "「取得日の3営業日前まで。」[1]"
    assert lines[2][COLUMNS["sources"]] == "[1] 就業規則 https://docs.example/hr#leave"


@given(st.text(max_size=60))
def test_a_harmless_cell_holds_the_text_and_begins_like_no_formula(cell: str) -> None:
    guarded = harmless(cell)
    assert guarded in (cell, f"'{cell}")
    assert not re.match(r"[\t\r\n]|\s*[=+\-@＝＋－＠]", guarded)


def test_a_cell_is_cut_where_excel_would_spill_it() -> None:
    assert harmless("長" * EXCEL_CELL) == "長" * EXCEL_CELL
    cut = harmless("=" * 40_000)
    assert (len(cut), cut[0], cut[-1]) == (EXCEL_CELL, "'", "…")


def test_json_lines_hold_everything_and_each_line_one_turn(
    kurage: Kurage, turns: dict[str, Turn], engine: Engine
) -> None:
    long = "質問\n" * 10_000
    opened = Conversations(engine).open_turn(
        Thread("terminal", "pc"), _question(long), asker="root"
    )
    exported = kurage("log", "export", "--format", "jsonl", "--platform", "terminal")
    lines = [json.loads(line) for line in exported.stdout_bytes.decode().splitlines()]
    expected = [opened, turns["abstained"], turns["failed"]]
    assert [line["turn"] for line in lines] == [turn.id for turn in expected]
    assert lines[0]["question"] == long


def test_an_export_does_not_depend_on_the_locale_of_the_terminal(
    turns: dict[str, Turn], database_url: str, tmp_path: Path
) -> None:
    """Standard output is bytes, also where Python would write ASCII."""
    environment = {"PYTHONIOENCODING": "ascii"}
    ended = subprocess.run(
        [sys.executable, "-m", "bot.cli", "log", "export"],
        cwd=tmp_path,
        env={
            **os.environ,
            **environment,
            "KURAGE_DATABASE_URL": database_url,
            "PYTHONPATH": str(ROOT),
            "LC_ALL": "C",
        },
        capture_output=True,
        check=True,
    )
    assert len(_cells(ended.stdout)) == len(turns)


def test_an_export_that_can_not_be_written_leaves_what_was_there(
    turns: dict[str, Turn], database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "kept.csv").write_text("before", "utf-8")
    (tmp_path / "folder.csv").mkdir()
    for target in ("missing/log.csv", "folder.csv"):
        ended = shell("log", "export", target, url=database_url, folder=tmp_path)
        assert ended.returncode == 1
        assert len(ended.stderr.splitlines()) == 1
        assert target in ended.stderr
    assert not list(tmp_path.glob(".*csv*"))
    assert (tmp_path / "kept.csv").read_text("utf-8") == "before"


def test_options_before_export_are_refused_rather_than_ignored(
    kurage: Kurage, turns: dict[str, Turn]
) -> None:
    result = kurage("log", "--since", "2026-04-01", "export")
    assert result.exit_code == 2
    assert "--since" in result.output


# Purge


def test_a_purge_deletes_what_is_older_and_says_how_many(
    kurage: Kurage, turns: dict[str, Turn], engine: Engine
) -> None:
    move(engine, turns["answered"], (datetime.now(UTC) - timedelta(days=91)).isoformat())
    purged = kurage("log", "purge", "--older-than", "90d", "--yes")
    assert purged.exit_code == 0
    assert "1" in purged.stderr
    left = {turn.id for turn in Conversations(engine).turns()}
    assert left == {turns["failed"].id, turns["abstained"].id}


def test_a_purge_by_person_takes_all_of_theirs(
    kurage: Kurage, turns: dict[str, Turn], engine: Engine
) -> None:
    erased = kurage("log", "purge", "--platform", "terminal", "--asker", "root", "--yes")
    assert erased.exit_code == 0
    assert "2" in erased.stderr
    assert [turn.id for turn in Conversations(engine).turns()] == [turns["answered"].id]


def test_without_a_terminal_a_purge_wants_to_be_told_yes(
    turns: dict[str, Turn], engine: Engine, database_url: str, tmp_path: Path
) -> None:
    refused = shell(
        "log",
        "purge",
        "--older-than",
        "0s",
        url=database_url,
        folder=tmp_path,
        stdin=subprocess.DEVNULL,
    )
    assert refused.returncode == 1
    assert "3 turns" in refused.stderr
    assert "--yes" in refused.stderr
    assert Conversations(engine).count(Selection()) == len(turns)


@pytest.mark.parametrize(("answer", "left"), [(b"n\n", 3), (b"y\n", 0)])
def test_on_a_terminal_a_purge_asks_first(
    turns: dict[str, Turn],
    engine: Engine,
    tmp_path: Path,
    answer: bytes,
    left: int,
) -> None:
    url = engine.url.render_as_string(hide_password=False)
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, answer)
        asked = shell(
            "log", "purge", "--older-than", "0s", url=url, folder=tmp_path, stdin=terminal
        )
    finally:
        os.close(keyboard)
        os.close(terminal)
    assert "Delete 3 turns for good?" in asked.stderr
    assert asked.returncode == (0 if left == 0 else 1)
    assert Conversations(engine).count(Selection()) == left


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--older-than", "90"],
        ["--asker", "U1"],
        ["--platform", "slack"],
        ["--older-than", "90d", "--asker", "U1", "--platform", "slack"],
    ],
)
def test_a_purge_that_is_not_clear_deletes_nothing(
    kurage: Kurage, turns: dict[str, Turn], engine: Engine, options: list[str]
) -> None:
    assert kurage("log", "purge", *options, "--yes").exit_code == 2
    assert Conversations(engine).count(Selection()) == len(turns)


# Languages


@pytest.mark.parametrize("group", ["log", "db"])
def test_help_speaks_both_languages_with_examples(
    sqlite_url: str, tmp_path: Path, group: str
) -> None:
    english, japanese = (
        shell("--lang", lang, group, "--help", url=sqlite_url, folder=tmp_path).stdout
        for lang in ("en", "ja")
    )
    assert re.search("[ぁ-ん]", japanese)
    assert not re.search("[ぁ-ん]", english)
    for shown in (english, japanese):
        assert len(re.findall(rf"^ kurage {group} \w", shown, re.MULTILINE)) >= 2


def test_the_table_and_the_spreadsheet_speak_japanese_to_japanese(
    turns: dict[str, Turn], database_url: str, tmp_path: Path
) -> None:
    listed = shell("log", url=database_url, folder=tmp_path, language="ja_JP.UTF-8")
    assert "回答なし" in listed.stdout
    exported = shell("log", "export", url=database_url, folder=tmp_path, language="ja_JP.UTF-8")
    assert exported.stdout.startswith(f"{BYTE_ORDER_MARK}番号,日時,")


# kurage db


def test_status_does_not_change_an_empty_database_and_upgrade_does(
    kurage: Kurage, empty: Engine
) -> None:
    before = kurage("db", "status", "--json")
    assert before.exit_code == 1
    found = json.loads(before.stdout)
    assert (found["revision"], found["current"]) == (None, False)
    assert migrations.revision(empty) is None
    assert kurage("db", "upgrade").exit_code == 0
    after = kurage("db", "status", "--json")
    assert after.exit_code == 0
    found = json.loads(after.stdout)
    assert (found["revision"], found["wanted"]) == (migrations.HEAD, migrations.HEAD)
    assert found["current"] is True
    assert found["kind"] == empty.dialect.name
    again = kurage("db", "upgrade")
    assert (again.exit_code, migrations.HEAD in again.stdout) == (0, True)


def test_a_database_that_is_out_of_reach_ends_a_command_in_one_line_without_password(
    tmp_path: Path,
) -> None:
    url = "postgresql://kurage:hunter2@127.0.0.1:1/kurage"
    for command in (("log",), ("db", "status"), ("db", "upgrade")):
        ended = shell(*command, url=url, folder=tmp_path)
        assert ended.returncode == 1
        assert len(ended.stderr.splitlines()) == 1
        assert "127.0.0.1:1/kurage" in ended.stderr
        assert "hunter2" not in ended.stderr
