"""Logging in, with one clear line where the developer portal is not set up as it has to be.

Knows nothing of events.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import discord
import structlog
from discord.http import Route

from bot.discord.connection import Connection
from bot.inbox.platform import PlatformError, RefusedError
from bot.settings import Discord

_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before each further try while Discord can not be reached; the last one holds on."""

_OWN = Route.BASE
"""Discord's own address, whatever the library is pointed at later."""

_log = structlog.get_logger(__name__)

_Client = TypeVar("_Client", bound=Connection)


def intents(config: Discord) -> discord.Intents:
    """Return what is listened to: servers and messages (4609), and all content if that is set."""
    wanted = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
    wanted.message_content = config.message_content
    return wanted


async def logged_in(make: Callable[[], _Client], token: str, config: Discord) -> _Client:
    """Return a client that has logged in, however long Discord is away.

    Raises `RefusedError` where the token is wrong, or the portal says that the bot would not hear.
    """
    tries = 0
    while True:
        client = make()
        try:
            await log_in(client, token)
            _refuse_first(complaints(client, config))
        except RefusedError:
            await client.close()
            raise
        except PlatformError as error:
            await client.close()
            _log.warning("discord_away", reason=str(error))
            await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1
        except BaseException:
            await client.close()
            raise
        else:
            return client


def _refuse_first(complaints: Iterator[str]) -> None:
    for complaint in complaints:
        raise RefusedError(complaint)


async def application_id(token: str, api_url: str | None) -> int:
    """Return whose token it is. Raises `RefusedError`, `PlatformError` while Discord is away."""
    point_at(api_url)
    nothing = discord.Intents.none()
    async with discord.Client(intents=nothing, proxy=proxy_for(api_url)) as client:
        await log_in(client, token)
        return client.application_id or 0


def point_at(api_url: str | None) -> None:
    """Have discord.py call another address than Discord's own."""
    if api_url is not None:
        Route.BASE = api_url


def proxy_for(api_url: str | None) -> str | None:
    """Return the proxy that the environment names for Discord; none for an API on this machine.

    discord.py asks for it in so many words: unlike aiohttp's, its sessions do not look there.
    """
    api = urlsplit(api_url or _OWN)
    host = api.hostname or ""
    if host in {"127.0.0.1", "::1", "localhost"} or proxy_bypass(host):
        return None
    return getproxies().get(api.scheme)


async def log_in(client: discord.Client, token: str) -> None:
    """Log in. Raises `RefusedError` where the token is wrong, `PlatformError` for what may pass."""
    try:
        await client.login(token)
    except discord.LoginFailure as error:
        raise RefusedError(
            "Discord refuses DISCORD_BOT_TOKEN: copy the bot's token again (developer portal, Bot, "
            "Reset Token)"
        ) from error
    except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
        raise PlatformError(
            f"Discord can not be reached: {error or type(error).__name__}"
        ) from error


def complaints(client: discord.Client, config: Discord) -> Iterator[str]:
    """Yield what keeps a client that has logged in from hearing what the settings want."""
    application = client.application
    assert application is not None  # noqa: S101 - logging in asks for it
    if application.interactions_endpoint_url:
        yield (
            "commands and buttons go to the Interactions Endpoint URL that is set for this "
            "application, and would never arrive here: empty it (developer portal, General "
            "Information)"
        )
    flags = application.flags
    granted = flags.gateway_message_content or flags.gateway_message_content_limited
    if config.message_content and not granted:
        yield (
            "the message content intent is not granted: switch it on (developer portal, Bot, "
            "Message Content Intent), or set message_content = false in [discord] of kurage.toml"
        )
