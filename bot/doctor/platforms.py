"""Examines what `kurage serve` would need of Slack and Discord, where they are configured.

The platforms' own checks are asked, so that both say the same. Nothing is posted, and no socket is
opened: a bot that serves meanwhile does not notice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping

from bot.app import App
from bot.doctor.finding import Finding
from bot.inbox import PlatformError, RefusedError
from bot.metrics import Metrics
from bot.settings import Channel, Platform

_SECONDS = 20.0
"""So long may all calls of a platform take."""


def channels(kurage: App) -> Iterator[Finding]:
    """Yield names of sources that do not exist: such a channel would be answered from nothing."""
    if not kurage.configured_platforms:
        return
    config = kurage.settings.config
    known = {*config.sources, *(source.name for source in kurage.state.sources())}
    for place, sources in _named(kurage):
        unknown = [source for source in sources if source not in known]
        if unknown:
            message = f"{place} names {', '.join(unknown)}, which is no source and not ingested"
            yield Finding("channels", "warning", message)


def _named(kurage: App) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield where sources are named, and which."""
    config = kurage.settings.config
    platforms: Mapping[str, tuple[Platform, Mapping[str, Channel]]] = {
        "slack": (config.slack, config.slack.channels),
        "discord": (config.discord, config.discord.channels),
    }
    for name, (platform, tables) in platforms.items():
        yield f"[{name}]", platform.sources
        for channel, table in tables.items():
            yield f"[{name}.channels.{channel}]", table.sources or ()


def slack(kurage: App) -> Iterator[Finding]:
    """Yield whether Slack takes the tokens, and whether they may do what the bot does."""
    tokens = kurage.settings.slack_tokens
    if tokens:
        yield from _collected("slack", _slack(kurage, *tokens))


def discord(kurage: App) -> Iterator[Finding]:
    """Yield whether Discord takes the token, and lets the bot hear what the settings want."""
    token = kurage.settings.discord_token
    if not token:
        return
    yield from _collected("discord", _discord(kurage, token))
    config = kurage.settings.config.discord
    wanted = {config.respond, *(table.respond for table in config.channels.values())}
    if wanted & {"questions", "all"} and not config.message_content:
        yield Finding(
            "discord",
            "warning",
            "`respond` asks for messages that do not mention the bot, which Discord withholds: set "
            "message_content = true in [discord], and grant the Message Content Intent",
        )


def _collected(name: str, findings: AsyncIterator[Finding]) -> list[Finding]:
    """Return what a platform's checks find; one that does not answer is a finding, too."""
    found: list[Finding] = []

    async def collect() -> None:
        async with asyncio.timeout(_SECONDS):
            async for finding in findings:
                found.append(finding)  # noqa: PERF401 - those before a failure count

    try:
        asyncio.run(collect())
    except TimeoutError:
        found.append(Finding(name, "problem", f"no answer within {_SECONDS:.0f} s; try again"))
    except PlatformError as error:
        found.append(Finding(name, "problem", str(error)))
    return found


async def _slack(kurage: App, bot_token: str, app_token: str) -> AsyncIterator[Finding]:
    from bot.slack import checks  # noqa: PLC0415 - slack-bolt takes its time
    from bot.slack.api import Api  # noqa: PLC0415
    from bot.slack.directory import Directory  # noqa: PLC0415
    from bot.slack.workspace import Workspace  # noqa: PLC0415

    settings = kurage.settings
    api = Api(bot_token, settings.slack_api_url, Metrics())
    workspace = Workspace(api, Directory(api), settings.config.slack, {}, kurage.indexed)
    try:
        try:
            identity = await checks.check_bot_token(workspace)
            message = f"SLACK_BOT_TOKEN is that of {identity.account} ({identity.user})"
            yield Finding("slack", "ok", message)
            checks.check_scopes(api)
            yield Finding("slack", "ok", f"its {len(checks.SCOPES)} scopes are granted")
        except RefusedError as error:
            yield Finding("slack", "problem", str(error))
        try:
            await checks.check_app_token(api, app_token)
            yield Finding("slack", "ok", "SLACK_APP_TOKEN opens sockets")
        except RefusedError as error:
            yield Finding("slack", "problem", str(error))
    finally:
        await api.close()


async def _discord(kurage: App, token: str) -> AsyncIterator[Finding]:
    from discord import Client  # noqa: PLC0415 - discord.py takes its time

    from bot.discord import login  # noqa: PLC0415

    settings = kurage.settings
    login.point_at(settings.discord_api_url)
    proxy = login.proxy_for(settings.discord_api_url)
    async with Client(intents=login.intents(settings.config.discord), proxy=proxy) as client:
        await login.log_in(client, token)
        yield Finding("discord", "ok", f"DISCORD_BOT_TOKEN is that of {client.user}")
        complaints = list(login.complaints(client, settings.config.discord))
        for complaint in complaints:
            yield Finding("discord", "problem", complaint)
        if not complaints:
            yield Finding("discord", "ok", "intents and interactions are as the settings want")
