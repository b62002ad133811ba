"""The commands as Discord lists them, and the link that invites the bot with what it needs.

Knows nothing of what a command does.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import discord

from bot.discord.rest import Rest
from bot.reply import ENGLISH, JAPANESE, QUESTION_LIMIT

Json = dict[str, Any]

ASK: Final = "ask"
USAGE: Final = "kurage"
ASK_ABOUT: Final = JAPANESE.ask_about_message
QUESTION: Final = "question"
PRIVATE: Final = "private"

PERMISSIONS: Final = discord.Permissions(
    # Reads where it is mentioned, and answers there.
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    # Replies to a message, catches up, and finds after a crash what it has posted.
    read_message_history=True,
)
SCOPES: Final = ("bot", "applications.commands")

_SLASH, _MESSAGE = 1, 3
_TEXT, _BOOLEAN = 3, 5
_SERVER, _DIRECT = 0, 1
# Japanese without a localisation, as it is the default; `en-*` have the English words.
_ENGLISH = ("en-US", "en-GB")


def commands() -> list[Json]:
    """Return all commands as they are registered."""
    question = {
        "type": _TEXT,
        "name": QUESTION,
        "required": True,
        "max_length": QUESTION_LIMIT,
        **_described("社内の資料に聞きたいこと", "What to ask the company's documents"),
    }
    private = {
        "type": _BOOLEAN,
        "name": PRIVATE,
        **_described("回答を自分だけに表示する", "Show the answer to you alone"),
    }
    return [
        {
            "type": _SLASH,
            "name": ASK,
            "options": [question, private],
            "contexts": [_SERVER, _DIRECT],
            **_described("社内の資料から答えます", "Answers from the company's documents"),
        },
        {
            "type": _SLASH,
            "name": USAGE,
            "contexts": [_SERVER, _DIRECT],
            **_described("使い方を表示します", "Shows how to use Kurage"),
        },
        {
            "type": _MESSAGE,
            "name": ASK_ABOUT,
            "name_localizations": dict.fromkeys(_ENGLISH, ENGLISH.ask_about_message),
            "contexts": [_SERVER, _DIRECT],
        },
    ]


def _described(japanese: str, english: str) -> Json:
    return {
        "description": japanese,
        "description_localizations": dict.fromkeys(_ENGLISH, english),
    }


async def register(rest: Rest) -> bool:
    """Have Discord list exactly these commands; returns whether anything changed.

    Asked first: a new command counts against 200 a day. Raises `PlatformError`.
    """
    wanted = commands()
    if _same(await rest.commands(), wanted):
        return False
    await rest.set_commands(wanted)
    return True


def _same(listed: list[Json], wanted: list[Json]) -> bool:
    def named(some: list[Json]) -> dict[tuple[int, str], Json]:
        return {(one.get("type", _SLASH), one["name"]): one for one in some}

    there, here = named(listed), named(wanted)
    return there.keys() == here.keys() and all(_covers(there[key], here[key]) for key in here)


def _covers(listed: Any, wanted: Any) -> bool:
    """Tell whether all that is wanted stands in what is listed, which says more."""
    if isinstance(wanted, dict):
        return isinstance(listed, dict) and all(
            _covers(listed.get(key), value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(listed, list)
            and len(listed) == len(wanted)
            and all(_covers(one, other) for one, other in zip(listed, wanted, strict=True))
        )
    return bool(listed == wanted)


def invitation(application: int | str) -> str:
    """Return the link by which an administrator adds the bot to a server."""
    asked = {
        "client_id": application,
        "scope": " ".join(SCOPES),
        "permissions": PERMISSIONS.value,
    }
    return f"https://discord.com/oauth2/authorize?{urlencode(asked)}"
