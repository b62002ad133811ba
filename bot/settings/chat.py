"""The tables of `kurage.toml` for the chat platforms, and for the process that serves them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from bot.settings.values import (
    DiscordChannelId,
    DiscordPerson,
    Respond,
    SlackChannelId,
    SlackPerson,
    Table,
    seconds,
)


class Channel(Table):
    """How the bot behaves in a channel; what is left out is as the platform's table says."""

    respond: Respond | None = None
    sources: tuple[str, ...] | None = None
    """Names of the sources that it may answer from."""
    private: bool | None = None
    """Whether answers are shown to the asker alone."""
    handover: tuple[str, ...] | None = None
    enabled: bool | None = None
    external: bool | None = None
    guests: bool | None = None


class SlackChannel(Channel):
    """A channel of Slack."""

    handover: tuple[SlackPerson, ...] | None = None


class DiscordChannel(Channel):
    """A channel of Discord."""

    handover: tuple[DiscordPerson, ...] | None = None


class Platform(Table):
    """What holds in every channel of a chat platform that has no table of its own."""

    respond: Respond = "mentions"
    sources: tuple[str, ...] = ()
    """Empty: every source."""
    private: bool = False
    handover: tuple[str, ...] = ()
    """Who takes over a question; empty: whom the source names."""
    enabled: bool = True
    external: bool = False
    """Whether to answer where people from outside the organisation read."""
    guests: bool = False
    """Whether to answer guests."""


class Slack(Platform):
    """Slack; its tokens come from the environment."""

    handover: tuple[SlackPerson, ...] = ()
    channels: dict[SlackChannelId, SlackChannel] = Field(default_factory=dict)


class Discord(Platform):
    """Discord; its token comes from the environment."""

    handover: tuple[DiscordPerson, ...] = ()
    message_content: bool = False
    """Whether the privileged intent is granted without which only mentions can be read."""
    channels: dict[DiscordChannelId, DiscordChannel] = Field(default_factory=dict)


class Serve(Table):
    """The long-running process."""

    port: int = Field(default=9464, ge=0, le=65535)
    """Of `/healthz` and `/metrics`; 0: none."""
    host: str = "127.0.0.1"
    """On which address they are."""
    concurrency: int = Field(default=16, ge=1, le=256)
    """How many questions are answered at once; the others wait in turn."""
    per_minute: int = Field(default=20, ge=1)
    """How many questions one person may ask in a minute."""
    max_age: str = "15m"
    """A question that is older when its turn comes gets an apology instead of an answer."""
    log_format: Literal["auto", "text", "json"] = "auto"
    """Of the process's own log; `auto`: text on a terminal, JSON elsewhere."""
    log_text: bool = False
    """Whether the process's own log may hold what people wrote. Off: ids and figures only."""

    @field_validator("max_age")
    @classmethod
    def _max_age_is_a_duration(cls, value: str) -> str:
        if seconds(value) == 0:
            raise ValueError("0 would answer nothing; write how old a question may be, such as 15m")
        return value
