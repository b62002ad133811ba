"""What the tables of `kurage.toml` are made of: durations, ids, and the error of settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

_DURATION = re.compile(r"(\d+)\s*(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class SettingsError(Exception):
    """`kurage.toml`, `.env` or the environment holds something unusable; the message says where."""


class Table(BaseModel):
    """A table of `kurage.toml`: unknown keys are typing errors, not extensions."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def seconds(text: str) -> int:
    """Return a duration such as `30m`, `1h` or `90d` in seconds. Raises ValueError."""
    match = _DURATION.fullmatch(text.strip().lower())
    if not match:
        raise ValueError(f"{text!r} is no duration; write a number and s, m, h or d, such as 30m")
    return int(match[1]) * _SECONDS[match[2]]


def _like(pattern: str, what: str) -> Callable[[str], str]:
    """Return a validator: the text has to match, else the error says that it is none of `what`."""
    wanted = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if not wanted.fullmatch(text):
            raise ValueError(f"{text!r} is no {what}")
        return text

    return check


SlackPerson = Annotated[
    str,
    AfterValidator(
        _like(
            r"[UWS][A-Z0-9]{6,}",
            "id of a member (U…, in the profile under ⋮) or a user group (S…) of Slack",
        )
    ),
]
"""Id of a member (U…, W…) or user group (S…) of Slack."""
SlackChannelId = Annotated[
    str,
    AfterValidator(
        _like(
            r"[CDG][A-Z0-9]{6,}",
            "id of a Slack channel, such as C0123456789 (at the end of the channel's details)",
        )
    ),
]
"""Id of a channel (C…, G…) or of direct messages (D…) of Slack."""
DiscordPerson = Annotated[
    str,
    AfterValidator(
        _like(
            r"(user|role):[0-9]{5,20}",
            "person of Discord; write `user:` or `role:` and an id, such as role:123456789012345",
        )
    ),
]
"""`user:` or `role:` with its id in Discord."""
DiscordChannelId = Annotated[
    str,
    AfterValidator(
        _like(
            r"[0-9]{5,20}",
            "id of a Discord channel, such as 123456789012345678 (copied with developer mode on)",
        )
    ),
]
"""Id of a channel, forum or thread of Discord."""
Respond = Literal["mentions", "questions", "all"]
"""To which messages of a channel the bot answers, besides direct messages and commands."""
