"""What the environment and `.env` may hold: addresses, tokens, and which kind each must be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

# Slack's tokens say by their beginning what they are:
# https://docs.slack.dev/authentication/tokens
_KINDS = {
    "xoxb-": "a bot token",
    "xapp-": "an app-level token",
    "xoxp-": "a user token",
    "xoxe.": "a token that expires (token rotation)",
    "xoxe-": "a refresh token",
    "xoxc-": "a token of a browser",
    "xoxs-": "a token of a browser",
    "xwfp-": "a token of a workflow",
}


@dataclass(frozen=True, slots=True)
class TokenKind:
    """How a token of Slack begins, and where it is found."""

    beginning: str
    found: str


TOKENS = {
    "SLACK_BOT_TOKEN": TokenKind("xoxb-", "“OAuth & Permissions”, after installing the app"),
    "SLACK_APP_TOKEN": TokenKind(
        "xapp-", "“Basic Information”, “App-Level Tokens”, with the scope connections:write"
    ),
}


def check_token(name: str, value: str) -> None:
    """Raise ValueError where a token can not be one, or is one of another kind.

    The message never repeats it.
    """
    if name == "DISCORD_BOT_TOKEN" and value.startswith("Bot "):
        raise ValueError(f"{name} begins with `Bot `; write the token alone")
    if not re.fullmatch(r"[!-~]+", value):
        raise ValueError(f"{name} holds spaces or letters beyond ASCII; copy it again")
    wanted = TOKENS.get(name)
    if wanted and not value.startswith(wanted.beginning):
        raise ValueError(_other_kind(name, value, wanted))
    if name == "DISCORD_BOT_TOKEN":
        _check_discord(value)


def check_printable(name: str, value: str) -> None:
    """Raise ValueError where something can not stand in a header. The message never repeats it."""
    if not re.fullmatch(r"[ -~]+", value):
        raise ValueError(f"{name} holds a line break or letters beyond ASCII; copy it again")


def _other_kind(name: str, value: str, wanted: TokenKind) -> str:
    held = next((what for start, what in _KINDS.items() if value.startswith(start)), None)
    place = next((n for n, kind in TOKENS.items() if value.startswith(kind.beginning)), None)
    told = f"holds {held}" if held else "holds no token of Slack"
    there = f", which belongs into {place}" if place else ""
    return f"{name} {told}{there}; its own begins with {wanted.beginning} and is at {wanted.found}"


def _check_discord(value: str) -> None:
    if re.fullmatch(r"[0-9]{15,21}|[0-9a-f]{64}|[A-Za-z0-9_-]{32}", value):
        # The application's id, its public key, or its client secret stand beside it in the portal.
        raise ValueError(
            "DISCORD_BOT_TOKEN holds an id, a public key or a client secret; the token is in the "
            "developer portal under “Bot”, “Reset Token”"
        )


def is_server_url(text: str) -> bool:
    """Tell whether a server can be found there; never with a password, which errors would show."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return False
    plain = not (url.username or url.password or url.query or url.fragment)
    return plain and url.scheme in {"http", "https"} and bool(url.hostname) and port != 0


def is_atlassian_cloud(url: str) -> bool:
    """Tell whether an address is a site's own in Atlassian's cloud.

    Not so `api.atlassian.com`, where a service account may come with nothing but a token.
    """
    return (urlsplit(url).hostname or "").endswith(".atlassian.net")
