"""`kurage log purge` deletes what is named, and asks first; `kurage db` tells and upgrades."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from log_commands import Kurage, move, shell
from sqlalchemy import Engine

from bot import migrations
from bot.conversations import Conversations, Selection, Turn

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
