"""Rigs, databases and homes for the chaos tests, and how long they run.

`make chaos` sets KURAGE_CHAOS=long; KURAGE_CHAOS_SEED repeats a run.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from chaos.judge import Answers, learn
from chaos.people import DiscordPeople, People, SlackPeople
from rigs import database_proxy, serving
from rigs.discord_rig import DiscordRig
from rigs.slack_rig import SlackRig

LONG = os.environ.get("KURAGE_CHAOS") == "long"
SEED = int(os.environ.get("KURAGE_CHAOS_SEED") or random.SystemRandom().randrange(10**6))
_QUESTIONS = serving.HANDBOOK.parent / "questions.jsonl"
_DISTINCT = 10


def pytest_report_header() -> str:
    """Print the seed where these tests are run by themselves."""
    return f"chaos: KURAGE_CHAOS_SEED={SEED}{' (long)' if LONG else ''}"


@pytest.fixture
def seed(record_property: Callable[[str, object], None]) -> int:
    """The run's seed; a failure names it."""
    record_property("seed", SEED)
    print(f"KURAGE_CHAOS_SEED={SEED}")  # noqa: T201 - pytest shows it with a failure
    return SEED


@pytest.fixture(scope="session")
def questions() -> list[str]:
    """A few of the handbook's questions, one of them without an answer."""
    rows = [json.loads(line) for line in _QUESTIONS.read_text("utf-8").splitlines()]
    answerable = [row["question"] for row in rows if row["answerable"]]
    other = next(row["question"] for row in rows if not row["answerable"])
    return [*answerable[: _DISTINCT - 1], other]


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the handbook in it, to be copied."""
    return serving.handbook(tmp_path_factory.mktemp("ingested") / "home")


@pytest.fixture(scope="session")
def slack_rig() -> Iterator[SlackRig]:
    with SlackRig(validated=False) as rig:
        yield rig


@pytest.fixture(scope="session")
def discord_rig() -> Iterator[DiscordRig]:
    with DiscordRig() as rig:
        yield rig


@pytest.fixture
def slack(slack_rig: SlackRig) -> SlackPeople:
    """People in a fresh workspace."""
    people = SlackPeople(slack_rig)
    people.gather(5)
    return people


@pytest.fixture
def discord(discord_rig: DiscordRig) -> DiscordPeople:
    """People in a fresh server."""
    people = DiscordPeople(discord_rig)
    people.gather(5)
    return people


@dataclass(frozen=True)
class Crowds:
    """The people of both platforms, and what they ask."""

    slack: SlackPeople
    discord: DiscordPeople
    questions: list[str]

    @property
    def rigs(self) -> dict[str, Any]:
        """Where a bot is to connect."""
        return {"slack": self.slack.rig, "discord": self.discord.rig}

    def learn(self) -> dict[People, dict[str, Answers]]:
        """Return the answers of a calm day; each channel has heard the bot then."""
        return {people: learn(people, self.questions) for people in (self.slack, self.discord)}


@pytest.fixture
def crowds(slack: SlackPeople, discord: DiscordPeople, questions: list[str]) -> Crowds:
    return Crowds(slack, discord, questions)


@dataclass(frozen=True)
class Homes:
    """Makes homes of bots, each a copy of the ingested one."""

    ingested: Path
    folder: Path

    def make(self, name: str = "home", database_url: str | None = None) -> Path:
        """Return a new home; what ingest keeps in SQL is copied into the database, too."""
        return serving.copied(self.ingested, self.folder / name, database_url)


@pytest.fixture
def homes(ingested: Path, tmp_path: Path) -> Homes:
    return Homes(ingested, tmp_path)


@pytest.fixture
def schema() -> Iterator[str]:
    """The URL of an empty schema in PostgreSQL."""
    with ExitStack() as stack:
        if not database_proxy.answers():
            pytest.skip("no PostgreSQL answers on 127.0.0.1:5432")
        yield stack.enter_context(database_proxy.schema())
