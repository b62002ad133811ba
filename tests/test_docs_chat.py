"""The pages about Slack and Discord are true: followed step by step they lead to an answer.

What they name (scopes, commands, buttons, keys, limits, hosts, errors) is what program and manifest
have.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import discord
import pytest
import yaml
from prometheus_client import generate_latest
from rigs.discord_rig import DiscordRig
from rigs.serving import HANDBOOK, KURAGE, copied, handbook
from rigs.slack_rig import SlackRig, from_manifest

from bot import settings
from bot.discord import commands
from bot.discord.reply import _PACE
from bot.inbox import InboxStore
from bot.metrics import Metrics
from bot.reply import QUESTION_LIMIT, WORDINGS
from bot.settings.tokens import TOKENS
from bot.slack.api import SLACK_API_URL
from bot.slack.platform import COMMAND
from bot.slack.sockets import _COUNT
from bot.slack.workspace import STREAMS_A_MINUTE

ROOT = Path(__file__).parents[1]
MANIFEST = yaml.safe_load((ROOT / "deploy/slack-manifest.yaml").read_text("utf-8"))
_SOCKETS_AN_APP = 10
"""Slack's limit (docs.slack.dev, "Using Socket Mode")."""
_PATIENCE_S = 60.0
QUOTES = {"ja": re.compile("「([^「」]+)」"), "en": re.compile("“([^“”]+)”")}
NOT_OURS = {
    "ja": {
        "？", "〜でしょうか", "教えて", "help", "それはいつから？", "英語版は？",
        "ホーム", "⋮", "アプリ", "サーバー管理",
        "アプリケーションが応答しませんでした", "Slack: 接続しました", "Discord: 接続しました",
        "担当者に聞く", "順番にお答えしています（前に 3 件）",
    },
    "en": {
        "？", "how do I …", "help", "And in English?", "Home", "Apps", "Manage Server",
        "The application did not respond", "Slack: connected", "Discord: connected",
        "Answering in turn (3 before you)",
    },
}  # fmt: skip
"""What people say, what platforms show, and lines with a number in them."""

languages = pytest.mark.parametrize("language", ["en", "ja"])
platforms = pytest.mark.parametrize("platform", ["slack", "discord"])


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the docs in one language."""

    name: str
    language: str

    @property
    def text(self) -> str:
        ending = {"en": ".md", "ja": ".ja.md"}[self.language]
        return (ROOT / "docs" / f"{self.name}{ending}").read_text("utf-8")

    @property
    def unwrapped(self) -> str:
        """The prose without its line breaks."""
        return re.sub(r"\n(?!\n)", {"en": " ", "ja": ""}[self.language], self.text)

    def blocks(self, kind: str) -> list[str]:
        """Return the blocks of code of a kind."""
        return re.findall(rf"^```{kind}\n(.*?)^```", self.text, re.MULTILINE | re.DOTALL)

    def cells(self, *columns: str) -> list[list[str]]:
        """Return the rows of the table whose heading begins with these columns."""
        heading = re.escape("| " + " | ".join(columns))
        table = re.search(rf"^{heading}.*\n\|[-|]+\n((?:\|.*\n)+)", self.text, re.MULTILINE)
        assert table, columns
        return [
            [cell.strip() for cell in row.strip("|").split(" | ")]
            for row in table[1].splitlines()
            if row
        ]

    def named(self, *columns: str) -> set[str]:
        """Return what stands as code in the first column of a table."""
        return {name for row in self.cells(*columns) for name in re.findall("`([^`]+)`", row[0])}


def first(page: Page, en: str, ja: str) -> str:
    return {"en": en, "ja": ja}[page.language]


# Followed step by step


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


def shown(language: str) -> list[str]:
    """Return the answer that the page about both platforms shows, line by line."""
    (block,) = Page("chat", language).blocks("text")
    quote = re.match(r"[「“](.*?)[」”]\[1\]\n", block, re.DOTALL)
    assert quote
    # Lists have their marks made by the platforms.
    return [re.sub(r"^(?:- |\d\. )", "", line) for line in quote[1].splitlines()]


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


# What the manifest and the code have


@languages
def test_scopes_events_and_names_are_the_manifests(language: str) -> None:
    page = Page("slack", language)
    assert "](../deploy/slack-manifest.yaml)" in page.text
    scopes = page.named(first(page, "scope", "スコープ"))
    assert scopes == set(MANIFEST["oauth_config"]["scopes"]["bot"])
    events = page.named(first(page, "event", "イベント"))
    assert events == set(MANIFEST["settings"]["event_subscriptions"]["bot_events"])
    (command,) = (one["command"] for one in MANIFEST["features"]["slash_commands"])
    assert command == COMMAND
    assert set(re.findall(r"`(/\w+)[ `]", page.text)) == {COMMAND, "/invite"}
    assert "`connections:write`" in page.text
    assert "connections:write" in TOKENS["SLACK_APP_TOKEN"].found


@languages
def test_permissions_and_commands_are_those_of_the_invitation(language: str) -> None:
    page = Page("discord", language)
    rows = page.cells(first(page, "permission", "権限"))
    names = [re.sub("（.*", "", row[0]).lower().replace(" ", "_") for row in rows]
    flags = {name if name in discord.Permissions.VALID_FLAGS else name[:-1] for name in names}
    assert discord.Permissions(**dict.fromkeys(flags, True)) == commands.PERMISSIONS
    registered: list[dict[str, Any]] = commands.commands()
    slashes = {f"/{one['name']}" for one in registered if one["type"] == 1}
    assert set(re.findall(r"`(/\w+)`", page.text)) == slashes
    (menu,) = (one for one in registered if one["type"] == 3)
    shown = menu["name"] if language == "ja" else menu["name_localizations"]["en-US"]
    assert f"**{shown}**" in page.text
    (options,) = (one["options"] for one in registered if one["name"] == commands.ASK)
    assert f"`{options[-1]['name']}`" in page.text


@languages
@platforms
def test_tokens_are_written_as_the_settings_read_them(platform: str, language: str) -> None:
    page = Page(platform, language)
    (block,) = page.blocks("ini")
    shown = dict(line.split("=") for line in block.splitlines())
    wanted = {name: kind.beginning + "…" for name, kind in TOKENS.items()}
    assert shown == (wanted if platform == "slack" else {"DISCORD_BOT_TOKEN": "…"})


@languages
@platforms
def test_examples_of_settings_are_valid_and_show_every_key(platform: str, language: str) -> None:
    page = Page(platform, language)
    used: set[str] = set()
    for block in page.blocks("toml"):
        read = tomllib.loads(block)
        settings.Config.model_validate(read)
        table = read[platform]
        channels = table.pop("channels")
        used |= set(table).union(*channels.values())
    # What Discord has no notion of is said to do nothing there.
    nothing = {"external", "guests"} if platform == "discord" else set()
    for key in nothing:
        assert f"`{key}`" in page.text
    extra = {"message_content"} if platform == "discord" else set()
    assert used == (set(settings.Channel.model_fields) | extra) - nothing


@languages
def test_hosts_are_those_that_are_called(language: str) -> None:
    named = {
        platform: Page(platform, language).named(first(Page(platform, language), "host", "宛先"))
        for platform in ("slack", "discord")
    }
    assert urlsplit(SLACK_API_URL).hostname in named["slack"]
    # Not as discord.py has them: a test before may have pointed it at a rig.
    assert {"discord.com", "gateway.discord.gg"} <= named["discord"]


# What is said


@cache
def constants() -> str:
    """Return every text in the code of settings and platforms, each on its own line."""
    folders = [ROOT / "bot" / name for name in ("slack", "discord", "settings")]
    paths = (path for folder in folders for path in folder.rglob("*.py"))
    nodes = (node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return "\n".join(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@cache
def lines(language: Any) -> str:
    """Return every line of the wording."""
    words = WORDINGS[language]
    return "\n".join(str(getattr(words, name)) for name in words.__slots__)


@languages
@pytest.mark.parametrize("name", ["slack", "discord", "chat"])
def test_what_is_quoted_is_what_the_program_says(name: str, language: str) -> None:
    page = Page(name, language)
    prose = re.sub(r"^```.*?^```", "", page.text, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"\n(?!\n)", first(page, " ", ""), prose)
    quotes = set(QUOTES[language].findall(prose)) - NOT_OURS[language]
    unknown = [
        quote
        for quote in sorted(quotes)
        if quote not in lines(language) and quote.strip("`") not in constants()
    ]
    assert unknown == []


@languages
@platforms
def test_words_of_the_log_are_the_programs(platform: str, language: str) -> None:
    page = Page(platform, language)
    rows = page.cells(first(page, "symptom", "症状"))
    (event,) = {word for row in rows for word in re.findall(r"`([a-z]+_away)`", row[0])}
    assert event in constants().splitlines()


@languages
def test_buttons_are_named_as_they_are_shown(language: Any) -> None:
    page = Page("chat", language)
    rows = page.cells(first(page, "button", "ボタン"))
    words = WORDINGS[language]
    votes = f"{words.helpful} {words.not_helpful}"
    others = (words.more, words.ask_person, words.resolve, words.share, words.rephrase)
    assert {row[0] for row in rows} == {votes, *others}


@platforms
def test_buttons_of_the_portals_have_one_name_in_both_languages(platform: str) -> None:
    bold = re.compile(r"\*\*([^*]+)\*\*")
    english, japanese = (set(bold.findall(Page(platform, one).unwrapped)) for one in ("en", "ja"))
    shared = {name for name in japanese if name.isascii()}
    assert len(shared) > 5
    assert shared - english == set()


# Figures


@languages
def test_limits_are_those_of_the_settings(language: str) -> None:
    page = Page("chat", language)
    serve = settings.Serve()
    length, *rows = page.cells(first(page, "what", "対象"), first(page, "limit", "上限"))
    assert f"{QUESTION_LIMIT:,}" in length[1]
    limits = {row[2].strip(" |`"): int(row[1]) for row in rows}
    assert limits == {"per_minute": serve.per_minute, "concurrency": serve.concurrency}


@languages
def test_figures_are_those_of_the_process(language: str) -> None:
    named = set(re.findall("`(kurage_[a-z_]+)`", Page("chat", language).text))
    exposed = generate_latest(Metrics().registry).decode()
    assert len(named) >= 2
    assert [name for name in sorted(named) if f"# TYPE {name} " not in exposed] == []


@languages
def test_numbers_in_sentences_are_those_of_the_code(language: str) -> None:
    serve, minutes = settings.Serve(), settings.seconds(settings.Serve().max_age) // 60
    days = settings.seconds(settings.Log().keep) // 86400
    lease = signature(InboxStore).parameters["lease"].default
    processes = {5: ("five", "5つ")}[_SOCKETS_AN_APP // _COUNT]
    told = {
        "chat": [
            (f"{minutes} minutes pass", f"{minutes}分を過ぎた"),
            (f"{days} days by default", f"既定は{days}日"),
            (f"some {lease:.0f} s on another", f"別の機械なら{lease:.0f}秒ほど"),
            (f"http://{serve.host}:{serve.port}/healthz",) * 2,
        ],
        "slack": [
            (f"{STREAMS_A_MINUTE} growing answers a minute", f"1分に{STREAMS_A_MINUTE}件まで"),
            (f"{processes[0]} processes", f"プロセスは{processes[1]}"),
        ],
        "discord": [
            (f"beyond {minutes} minutes", f"{minutes}分を過ぎていれば"),
            (f"every {_PACE} seconds", f"{_PACE}秒に1回"),
        ],
    }
    for name, sentences in told.items():
        text = Page(name, language).unwrapped
        for sentence in sentences:
            assert sentence[["en", "ja"].index(language)] in text
