"""The pages about Slack and Discord, followed step by step, lead to an answer."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from chat_pages import MANIFEST, QUOTES, ROOT, Page, languages, shown
from rigs.discord_rig import DiscordRig
from rigs.serving import HANDBOOK, KURAGE, copied, handbook
from rigs.slack_rig import SlackRig, from_manifest

from bot.discord import commands

_PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make demo` leaves in `.kurage`: the sample handbook."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert f"ingest folder {HANDBOOK.relative_to(ROOT)}" in makefile
    return handbook(tmp_path_factory.mktemp("demo") / ".kurage")


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackRig]:
    """A workspace with an app that the manifest has made."""
    with SlackRig(app=from_manifest(MANIFEST)) as rig:
        yield rig


@pytest.fixture(scope="module")
def discord_rig() -> Iterator[DiscordRig]:
    with DiscordRig() as rig:
        yield rig


def steps(page: Page) -> list[str]:
    """Return the commands of a page, up to where the bot is asked."""
    before, _, _ = page.text.partition("\n## 4.")
    lines = re.findall(r"^\$ (.+)$", before, re.MULTILINE)
    return [line for line in lines if not line.startswith("make ")]


class Newcomer:
    """Somebody with a clone, a terminal and the page."""

    def __init__(self, page: Page, folder: Path, tokens: dict[str, str], api: str) -> None:
        self.page = page
        self._folder = folder
        self._tokens = tokens
        # Only where the platform is does not come from the page.
        variable, _, url = api.partition("=")
        unwanted = re.compile(r"SLACK_|DISCORD_|KURAGE_|LC_|LANG|.*_proxy$", re.IGNORECASE)
        environ = {key: value for key, value in os.environ.items() if not unwanted.match(key)}
        locale = {"en": "C.UTF-8", "ja": "ja_JP.UTF-8"}[page.language]
        self._environ = {**environ, variable: url, "LANG": locale, "COLUMNS": "200"}
        self._serving: subprocess.Popen[bytes] | None = None
        self.read: list[str] = []
        """What each command has printed."""

    def follow(self) -> None:
        """Run the page's commands in a folder of their own, the last one without an end."""
        for step in steps(self.page):
            words = shlex.split(step)
            if words[0] == "kurage":
                words = [*KURAGE, *words[1:]]
            if words[:1] == ["."]:
                continue  # activates the environment that these tests run in
            if words[-1] == "serve":
                self._serve(words)
            else:
                done = subprocess.run(
                    words,
                    cwd=self._folder,
                    env=self._environ,
                    capture_output=True,
                    text=True,
                    check=True,
                )
                self.read.append(done.stdout)
            if words[0] == "cp":
                self._write_tokens()

    def _write_tokens(self) -> None:
        (block,) = self.page.blocks("ini")
        lines = []
        for line in block.splitlines():
            name, _, shown = line.partition("=")
            token = self._tokens.pop(name)
            assert token.startswith(shown.rstrip("…"))
            lines.append(f"{name}={token}\n")
        with (self._folder / ".env").open("a", encoding="utf-8") as env:
            env.writelines(lines)

    def _serve(self, words: list[str]) -> None:
        # As on a terminal, and without a port that another test may have.
        told = '[serve]\nport = 0\nlog_format = "text"\n'
        (self._folder / "kurage.toml").write_text(told, "utf-8")
        with (self._folder / "said").open("wb") as said:
            self._serving = subprocess.Popen(
                words, cwd=self._folder, env=self._environ, stdout=said, stderr=said
            )

    def sees(self, line: str) -> None:
        """Wait until `kurage serve` has said a line."""
        deadline = time.monotonic() + _PATIENCE_S
        while line not in (said := (self._folder / "said").read_text("utf-8")):
            assert self._serving is not None
            assert self._serving.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.05)

    def leave(self) -> None:
        """Press Ctrl-C."""
        if self._serving:
            self._serving.terminate()
            self._serving.wait(_PATIENCE_S)


@pytest.fixture
def clone(tmp_path: Path, ingested: Path) -> Path:
    """A clone after `make demo`."""
    (tmp_path / ".env.example").write_bytes((ROOT / ".env.example").read_bytes())
    copied(ingested, tmp_path / ".kurage")
    return tmp_path


def ready(page: Page, platform: str) -> str:
    """Return the line that tells a newcomer that all is well."""
    (line,) = (
        quote for quote in QUOTES[page.language].findall(page.text) if f"{platform}: " in quote
    )
    return str(line)


def asked(page: Page) -> tuple[str, str]:
    """Return the line before the question (empty: none) and the question of the page."""
    (block,) = page.blocks("text")
    *before, question = block.splitlines()
    name, _, text = question.partition(" ")
    assert name.startswith("@")
    return "".join(before), text


@languages
def test_who_follows_the_page_gets_an_answer_in_slack(
    language: str, clone: Path, slack: SlackRig
) -> None:
    page = Page("slack", language)
    slack.reset(app=from_manifest(MANIFEST))
    slack.add_user("newcomer", locale={"en": "en-US", "ja": "ja-JP"}[language])
    channel = slack.add_channel("newcomers", members=["newcomer"])
    tokens = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}
    newcomer = Newcomer(page, clone, tokens, f"SLACK_API_URL={slack.api_url}")
    try:
        newcomer.follow()
        newcomer.sees(ready(page, "Slack"))
        invitation, question = asked(page)
        assert invitation == f"/invite @{MANIFEST['features']['bot_user']['display_name']}"
        slack.invite(channel, "newcomer")
        ts = slack.mention(channel, "newcomer", question)
        slack.wait_for_reply(ts, timeout=_PATIENCE_S)
        answer = json.dumps(slack.answers(ts), ensure_ascii=False)
        assert [line for line in shown(language) if line not in answer] == []
        assert slack.violations() == []
    finally:
        newcomer.leave()


@languages
def test_who_follows_the_page_gets_an_answer_in_discord(
    language: str, clone: Path, discord_rig: DiscordRig
) -> None:
    page = Page("discord", language)
    discord_rig.reset()
    channel = discord_rig.add_channel("newcomers")
    user = discord_rig.add_user(
        "newcomer", "Newcomer", locale={"en": "en-US", "ja": "ja"}[language]
    )
    tokens = {"DISCORD_BOT_TOKEN": discord_rig.token}
    newcomer = Newcomer(page, clone, tokens, f"DISCORD_API_URL={discord_rig.url}")
    try:
        newcomer.follow()
        newcomer.sees(ready(page, "Discord"))
        link = urlsplit(newcomer.read[-1].strip())
        assert parse_qs(link.query)["permissions"] == [str(commands.PERMISSIONS.value)]
        _, question = asked(page)
        posted = discord_rig.mention(channel, user, question)
        discord_rig.wait_for_reply(posted, timeout=_PATIENCE_S)
        answer = "".join(one.content for one in discord_rig.answers(posted)).replace("\\", "")
        assert [line for line in shown(language) if line not in answer] == []
        assert discord_rig.violations() == []
    finally:
        newcomer.leave()
