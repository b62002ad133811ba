"""What a test gets to see: messages, interactions, and how long a person waited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Posted:
    """A message as the rig knows it."""

    id: str
    channel: str
    author: str
    content: str
    text: str
    """As a person reads it: names for ids, `[buttons]`, embeds and components line by line."""
    embeds: list[Json]
    components: list[Json]
    flags: int
    reply_to: str | None
    seen_by: str | None
    """The only one who sees it; None: everyone in the channel."""
    pinged: list[str]
    """Who was notified of it."""
    forged: list[list[str]]
    """Links whose words name another host: words and address."""
    nonce: str | int | None
    reactions: dict[str, list[int]]
    thread: str | None
    """The thread on it."""
    edited: bool
    deleted: bool
    revisions: list[Json]
    at: float
    """When it was sent, or when the request for it arrived; seconds of the rig's clock."""
    changed_at: float


@dataclass(frozen=True)
class Started:
    """A command, a pressed button or a sent modal, as its person sees it."""

    id: str
    state: str
    """`waiting`, `thinking`, `answered`, `modal` or `failed`."""
    messages: list[str]
    modal: Json | None
    choices: list[Json] | None
    answered_after: float | None
    """Seconds until the first answer's request arrived."""


@dataclass(frozen=True)
class Timeline:
    """Seconds from a question until the bot's requests arrived; None: none did."""

    first_sign: float | None
    complete: float | None
