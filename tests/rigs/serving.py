"""Runs bots as processes that can be killed: `kurage serve` against the rigs, and bare echo bots.

    with Serving(home, slack=slack_rig, discord=discord_rig) as bot:
        …
        bot.kill()      # SIGKILL
        bot.start()     # the next one finds what the last one left open
        code = bot.stop()

A process is known to be connected by what its rigs have seen, not by what it says. Its words go
into a file, whose end an error quotes.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from rigs.discord_rig import DiscordRig
from rigs.slack_rig import SlackRig
from sqlalchemy import create_engine, insert, select

from bot.migrations import open_database
from ingest.state import Base

TESTS = Path(__file__).parents[1]
HANDBOOK = TESTS.parent / "examples" / "handbook"
KURAGE = (sys.executable, "-m", "bot.cli")
SLOW = Path(__file__).parent / "slow_serve.py"
CONFIG = "[serve]\nport = 0\nper_minute = 1000000\n"
"""No port to collide over, and as many questions as a test likes to ask."""
_STARTED_S = 30.0
_TAIL = 60


class Process:
    """A bot in a process of its own; a context manager that waits until it is connected."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        folder: Path,
        slack: SlackRig | None = None,
        discord: DiscordRig | None = None,
    ) -> None:
        """Prepare a bot that runs in `folder`, where its words go into `serve-*.log`."""
        self._command = tuple(command)
        self._environ = {**os.environ, **environ}
        self._folder = folder
        self._slack, self._discord = slack, discord
        self._process: subprocess.Popen[bytes] | None = None
        self._since, self._mark = 0.0, 0
        self.log = folder / f"serve-{id(self):x}.log"
        """What it said, in all of its lives."""

    def __enter__(self) -> Self:
        self.start()
        try:
            self.connected()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            error.add_note(f"The end of what the bot said:\n{self.tail()}")
        self.end()

    @property
    def pid(self) -> int:
        """The process that runs; what it has started is below it."""
        assert self._process, "the bot does not run"
        return self._process.pid

    def start(self) -> None:
        """Start the process and return at once; see `connected`."""
        assert not self._process, "the bot runs already"
        self._since = time.monotonic()
        self._mark = self._discord.mark() if self._discord else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A group of its own, so that nothing below it outlives a test.
                start_new_session=True,
            )

    def connected(self, timeout: float = _STARTED_S) -> None:
        """Wait until its rigs have seen it since its start; RuntimeError where it ended first."""
        deadline = time.monotonic() + timeout
        while not self._seen():
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"the bot ended before it was connected:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"the bot is not connected after {timeout} s:\n{self.tail()}")

    def _seen(self) -> bool:
        try:
            if self._slack:
                self._slack.wait_for("socket_opened", timeout=0.5, since=self._since)
            if self._discord:
                identified = {"after": self._mark, "what": "identify"}
                self._discord.wait_for_entry("gateway", 0.5, **identified)
        except TimeoutError:
            return False
        return True

    def kill(self) -> None:
        """End it by SIGKILL: it has no time for anything."""
        assert self._process
        self._process.kill()
        self._process.wait()
        self._forget()

    def stop(self, timeout: float = 30.0) -> tuple[int, float]:
        """End it by SIGTERM; return its exit code and the seconds that it took."""
        assert self._process
        began = time.monotonic()
        self._process.terminate()
        code = self._process.wait(timeout)
        took = time.monotonic() - began
        self._forget()
        return code, took

    def end(self) -> None:
        """Leave nothing of it running."""
        if self._process:
            self.kill()

    def _forget(self) -> None:
        assert self._process
        with suppress(ProcessLookupError):  # it left nobody behind
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process = None

    def faults(self) -> list[str]:
        """Return what it said of faults of its own."""
        words = self.log.read_text("utf-8", "replace")
        return [line for line in words.splitlines() if '"event": "fault"' in line]

    def tail(self) -> str:
        """Return the end of what it said."""
        words = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        return "\n".join(words.splitlines()[-_TAIL:])


class Serving(Process):
    """`kurage serve` with the state of a home; see `handbook`."""

    def __init__(
        self,
        home: Path,
        *,
        slack: SlackRig | None = None,
        discord: DiscordRig | None = None,
        database_url: str | None = None,
        slow: tuple[int, float] | None = None,
        config: str = CONFIG,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare the bot.

        `slow` lets its generator say an answer in so many pieces, so many seconds apart: a kill
        then comes amid a stream. `config` is its `kurage.toml`.
        """
        command = (*KURAGE, "serve")
        if slow:
            command = (sys.executable, str(SLOW), str(slow[0]), str(slow[1]))
        (home / "kurage.toml").write_text(config, "utf-8")
        told = {"KURAGE_HOME": str(home), "KURAGE_CONFIG": "kurage.toml"}
        if slack:
            told |= {"SLACK_API_URL": slack.api_url, "SLACK_BOT_TOKEN": slack.bot_token}
            told["SLACK_APP_TOKEN"] = slack.app_token
        if discord:
            told |= {"DISCORD_API_URL": discord.url, "DISCORD_BOT_TOKEN": discord.token}
        self.database_url = database_url or f"sqlite:///{home / 'kurage.db'}"
        told |= {"KURAGE_DATABASE_URL": self.database_url, **(environ or {})}
        super().__init__(command, told, folder=home, slack=slack, discord=discord)


class SlackEcho(Process):
    """The bare echo on slack-bolt of `rigs.slack_bot`."""

    def __init__(self, rig: SlackRig, folder: Path, *, delay: float = 0.0) -> None:
        told = {"SLACK_API_URL": rig.api_url, "ECHO_DELAY": str(delay), "PYTHONPATH": str(TESTS)}
        command = (sys.executable, "-m", "rigs.slack_bot")
        super().__init__(command, told, folder=folder, slack=rig)


class DiscordEcho(Process):
    """The bare echo on discord.py of `rigs.discord_bots`."""

    def __init__(self, rig: DiscordRig, folder: Path) -> None:
        command = (sys.executable, "-m", "rigs.discord_bots", rig.url, rig.gateway, rig.token)
        super().__init__(command, {"PYTHONPATH": str(TESTS)}, folder=folder, discord=rig)


def handbook(home: Path) -> Path:
    """Ingest the sample handbook into a home, by the command that people use; return the home."""
    home.mkdir(parents=True)
    told = {"KURAGE_HOME": str(home), "KURAGE_DATABASE_URL": f"sqlite:///{home / 'kurage.db'}"}
    command = (*KURAGE, "ingest", "folder", str(HANDBOOK))
    done = subprocess.run(
        command, cwd=home, env={**os.environ, **told}, capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the handbook was not ingested: {done.stderr.decode()}")
    return home


def copied(home: Path, to: Path, database_url: str | None = None) -> Path:
    """Copy a home, what ingest keeps in SQL into another database where one is named."""
    shutil.copytree(home, to)
    if database_url:
        _copy_tables(f"sqlite:///{home / 'kurage.db'}", database_url)
    return to


def _copy_tables(source_url: str, target_url: str) -> None:
    source, target = create_engine(source_url), open_database(target_url)
    with source.connect() as reading, target.begin() as writing:
        for table in Base.metadata.sorted_tables:
            rows = [dict(row) for row in reading.execute(select(table)).mappings()]
            if rows:
                writing.execute(insert(table), rows)
    source.dispose()
    target.dispose()
