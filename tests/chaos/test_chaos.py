"""Kills, faults and outages of the real program: every question ends in exactly one answer.

A short form runs with all tests; `make chaos` is the long one. Both print the seed of a run that
fails: KURAGE_CHAOS_SEED repeats its questions and the moments of its kills.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from chaos.conftest import LONG, Crowds, Homes
from chaos.judge import judge, judged, learn
from chaos.people import Asked, People, SlackPeople, wait
from chaos.storm import Storm
from chaos.trouble import DISCORD, SLACK, endure, troubles
from rigs.database_proxy import DatabaseProxy
from rigs.serving import CONFIG, Serving

MENTIONS, KILLS = (300, 20) if LONG else (40, 4)
SLOW = (6, 0.05)
"""A generator that takes 0.3 s for an answer, in six pieces."""


@dataclass(frozen=True)
class Case:
    """How a bot is run while it is killed."""

    name: str
    database: str
    processes: int = 1
    slow: tuple[int, float] | None = None
    changes: float = 0.0
    """Share of the questions whose askers edit or take back one."""
    long: bool = False
    """Whether it is left to the long form."""


CASES = (
    Case("streams-sqlite", "sqlite", slow=SLOW),
    Case("two-processes-postgresql", "postgresql", processes=2),
    Case("two-processes-changed-postgresql", "postgresql", processes=2, changes=0.15, long=True),
    Case("quotes-sqlite", "sqlite", changes=0.15, long=True),
    Case("streams-changed-sqlite", "sqlite", slow=SLOW, changes=0.15, long=True),
    Case("streams-postgresql", "postgresql", slow=SLOW, changes=0.15, long=True),
    Case("two-processes-streams-postgresql", "postgresql", processes=2, slow=SLOW, long=True),
)


@pytest.mark.parametrize(
    "case", [case for case in CASES if LONG or not case.long], ids=lambda case: case.name
)
def test_every_question_has_one_answer_though_bots_are_killed(
    case: Case,
    seed: int,
    crowds: Crowds,
    homes: Homes,
    request: pytest.FixtureRequest,
) -> None:
    url = request.getfixturevalue("schema") if case.database == "postgresql" else None
    with ExitStack() as stack:
        # Each process has a home of its own, as on another host.
        places = [homes.make(f"home-{n}", url if n == 0 else None) for n in range(case.processes)]
        bots = [
            stack.enter_context(Serving(home, **crowds.rigs, database_url=url, slow=case.slow))
            for home in places
        ]
        known = crowds.learn()
        for people in known:
            people.hear_twice()
        storm = Storm(seed, bots, known)
        storm.rage(MENTIONS, KILLS, changes=case.changes)
        sql = bots[0].database_url
        for people, answers in known.items():
            asked = storm.asked[people]
            verdict = judged(people, asked, answers, also=storm.also, database_url=sql)
            assert verdict, f"{people.name}, seed {seed}: {verdict}"
            left = _still_answered(people, storm)
            assert not left, f"{people.name}, seed {seed}: answers to what was taken back: {left}"
        assert [bot.faults() for bot in bots] == [[] for _ in bots]


def _still_answered(people: People, storm: Storm, timeout: float = 30.0) -> list[Asked]:
    """Return which questions that were taken back keep an answer, however long one waits."""
    deadline = time.monotonic() + timeout
    while left := [
        one
        for one in storm.taken_back[people]
        if people.answers(one) not in ([], *storm.also.get(one.id, []))
    ]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.2)
    return left


_SHORT = {
    "slack": (
        "FIN, all sockets",
        "refused upgrade",
        "acknowledgement lost",
        "429",
        "answer lost after the work, FIN",
        "five copies",
    ),
    "discord": (
        "invalid session (op 9)",
        "RST",
        "503",
        "answer lost after the work, RST",
        "five copies",
    ),
}


@pytest.mark.parametrize("platform", ["slack", "discord"])
def test_trouble_on_the_wire_loses_and_doubles_nothing(
    platform: str, crowds: Crowds, homes: Homes
) -> None:
    """In one life of a process: what one trouble leaves behind, the next one meets."""
    people: People = getattr(crowds, platform)
    found = []
    with Serving(homes.make(), **{platform: crowds.rigs[platform]}) as bot:
        known = learn(people, crowds.questions)
        for name, strike in troubles(people).items():
            if not LONG and name not in _SHORT[platform]:
                continue
            how = {"mentions": 40} if LONG else {"mentions": 10, "spread": 0.3}
            went = endure(people, strike, known, database_url=bot.database_url, **how)  # type: ignore[arg-type]
            if not went.verdict or went.back is None:
                found.append(f"{name}: back after {went.back} s, {went.verdict}")
        assert not found, "\n".join(found)
        assert bot.faults() == []


def test_the_short_form_names_troubles_that_there_are() -> None:
    assert set(_SHORT["slack"]) <= set(SLACK)
    assert set(_SHORT["discord"]) <= set(DISCORD)


@dataclass(frozen=True)
class Outage:
    """How the database goes, and what else happens meanwhile."""

    name: str
    frozen: bool = False
    """Connections hang instead of being closed."""
    processes: int = 1
    killed: bool = False
    """Whether the bot is killed before the database is back."""
    long: bool = True


OUTAGES = (
    Outage("cut", long=False),
    Outage("frozen", frozen=True),
    Outage("cut-and-killed", killed=True),
    Outage("cut-from-two-processes", processes=2),
)


@pytest.mark.parametrize(
    "outage", [one for one in OUTAGES if LONG or not one.long], ids=lambda one: one.name
)
def test_who_asks_while_the_database_is_away_reads_a_line_and_then_the_answer(
    outage: Outage, crowds: Crowds, homes: Homes, schema: str
) -> None:
    with ExitStack() as stack:
        line = stack.enter_context(DatabaseProxy(schema))
        places = [
            homes.make(f"home-{n}", schema if n == 0 else None) for n in range(outage.processes)
        ]
        bots = [
            stack.enter_context(Serving(home, **crowds.rigs, database_url=line.url))
            for home in places
        ]
        known = crowds.learn()
        (line.freeze if outage.frozen else line.cut)()
        asked = {people: people.ask(crowds.questions[:5]) for people in known}
        for people, those in asked.items():
            silent = _without_a_word(people, those)
            said = {one.id: people.answers(one) for one in silent}
            # Two processes can not agree on who says it while they have nothing in common.
            assert not said or outage.processes > 1, f"{people.name}: one line each, not {said}"
        if outage.killed:
            bots[0].kill()
        line.mend()
        if outage.killed:
            bots[0].start()
            bots[0].connected()
        for people, those in asked.items():
            verdict = judged(people, those, known[people], database_url=schema)
            assert verdict, f"{people.name}: {verdict}"


def _without_a_word(people: People, asked: Sequence[Asked], timeout: float = 20.0) -> list[Asked]:
    """Wait until each asker has one line, and return those who have none, or more."""
    deadline = time.monotonic() + timeout
    while silent := [one for one in asked if len(people.answers(one)) != 1]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    return silent


@pytest.mark.parametrize("again", range(10 if LONG else 1))
def test_sigterm_amid_questions_loses_and_doubles_none(
    again: int, crowds: Crowds, homes: Homes
) -> None:
    with Serving(homes.make(), **crowds.rigs, slow=(6, 0.1)) as bot:
        known = crowds.learn()
        asked = {people: people.ask(crowds.questions * 3) for people in known}
        time.sleep(0.15 * (again + 1))
        code, took = bot.stop()
        assert code == 0, bot.tail()
        assert took <= 10, f"it took {took:.1f} s to end:\n{bot.tail()}"
        # What comes while nobody is there is not lost on those whose channel is known.
        for people in known:
            asked[people] += people.ask(crowds.questions[:3])
        bot.start()
        bot.connected()
        for people, those in asked.items():
            verdict = judged(people, those, known[people], database_url=bot.database_url)
            assert verdict, f"{people.name}: {verdict}"


def test_a_question_that_is_too_old_gets_an_apology_instead_of_a_late_answer(
    slack: SlackPeople, homes: Homes, questions: list[str]
) -> None:
    config = f'{CONFIG}max_age = "1s"\n'
    slow = (2, 0.7)
    with Serving(homes.make(), slack=slack.rig, slow=slow, config=config) as bot:
        asked = slack.ask(questions[:1])
        slack.rig.wait_for("ack")
        time.sleep(0.3)
        bot.kill()
        time.sleep(1.0)
        bot.start()
        bot.connected()
        wait(slack, asked)
        ((said,),) = [slack.answers(one) for one in asked]
        assert "申し訳ありません" in said
        assert judge(slack, asked, {asked[0].text: [said]}, database_url=bot.database_url)
