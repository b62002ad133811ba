"""`kurage log` lists turns and shows one, through the real command line, on both databases."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from log_commands import Kurage, hit, ids, move, question_of, shell
from rich.console import Console
from sqlalchemy import Engine

from bot.cli.log import view
from bot.cli.log.options import State
from bot.conversations import Conversations, Thread, Turn
from bot.conversations.values import STATES
from bot.exchange import Answer, Source, Statement

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
    turn = log.open_turn(Thread("slack", hostile, hostile), question_of(hostile), asker=hostile)
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
