"""What the pages about Slack and Discord name is true.

Scopes, commands, buttons, keys, limits, hosts and errors are what program and manifest have;
`test_docs_chat_followed.py` follows the pages to an answer.
"""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from inspect import signature
from typing import Any
from urllib.parse import urlsplit

import discord
import pytest
from chat_pages import MANIFEST, QUOTES, ROOT, Page, first, languages, platforms
from prometheus_client import generate_latest

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

_SOCKETS_AN_APP = 10
"""Slack's limit (docs.slack.dev, "Using Socket Mode")."""
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
