"""`kurage log export` writes what spreadsheets and programs can read, and no formula."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from log_commands import ROOT, Kurage, question_of, shell
from sqlalchemy import Engine

from bot.cli.log.formats import BYTE_ORDER_MARK, EXCEL_CELL, harmless
from bot.conversations import Conversations, Thread, Turn

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
        Thread("terminal", "pc"), question_of(long), asker="root"
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


# Languages


def test_the_table_and_the_spreadsheet_speak_japanese_to_japanese(
    turns: dict[str, Turn], database_url: str, tmp_path: Path
) -> None:
    listed = shell("log", url=database_url, folder=tmp_path, language="ja_JP.UTF-8")
    assert "回答なし" in listed.stdout
    exported = shell("log", "export", url=database_url, folder=tmp_path, language="ja_JP.UTF-8")
    assert exported.stdout.startswith(f"{BYTE_ORDER_MARK}番号,日時,")
