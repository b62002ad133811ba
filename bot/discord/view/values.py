"""What a message of the bot is made of. Knows nothing of what stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

LIMIT: Final = 2000
"""Of a bot's message, by Discord's reference ("Create Message"). Whether it counts code points or
UTF-16 units is not said: `size` counts units, which are never fewer."""

ButtonStyle = Literal["primary", "secondary", "success"]
"""Names of `discord.ButtonStyle`."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button below a message."""

    label: str
    """At most 80 characters."""
    custom_id: str
    style: ButtonStyle = "secondary"


@dataclass(frozen=True, slots=True)
class Part:
    """One message."""

    content: str
    """Markdown of 1 to `LIMIT` characters, without blanks at its ends."""
    buttons: tuple[Button, ...] = ()
    """At most five: one row."""
    suppress_embeds: bool = True
    """Sources are links; their previews would bury the answer."""
    users: tuple[int, ...] = ()
    """Who may be notified, and nobody else: `AllowedMentions(users=…, roles=…)`. Empty but where a
    question is handed over."""
    roles: tuple[int, ...] = ()


def size(text: str) -> int:
    """Return the length of a text as `LIMIT` is held against it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
