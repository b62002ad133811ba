"""Whether the tokens are the right ones and may do what the bot does: said before it serves.

Knows nothing of sockets or messages.
"""

from __future__ import annotations

from bot.inbox.platform import RefusedError
from bot.slack.api import Api, SlackError
from bot.slack.workspace import Identity, Workspace

SCOPES = (
    "app_mentions:read", "assistant:write", "channels:history", "channels:read", "chat:write",
    "commands", "groups:history", "groups:read", "im:history", "im:write", "mpim:history",
    "mpim:read", "usergroups:read", "users:read",
)  # fmt: skip
"""Of the bot's token: those of `deploy/slack-manifest.yaml`, held equal by a test."""

_BOT, _APP = "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"
_WHERE_BOT = "“OAuth & Permissions” of the app's settings shows the token, xoxb-…"
_WHERE_APP = "“Basic Information”, “App-Level Tokens” of the app's settings makes one, xapp-…"


async def check(workspace: Workspace, bot_token: str, app_token: str) -> Identity:
    """Return who the bot is.

    Raises `RefusedError` with one line that says which token is wrong and what to do, and
    `PlatformError` where Slack does not answer.
    """
    check_kinds(bot_token, app_token)
    identity = await check_bot_token(workspace)
    check_scopes(workspace.api)
    await check_app_token(workspace.api, app_token)
    return identity


async def check_bot_token(workspace: Workspace) -> Identity:
    """Return who the bot is; raises as `check`."""
    try:
        return await workspace.identity()
    except SlackError as error:
        raise RefusedError(_token_trouble(_BOT, _WHERE_BOT, error)) from None


async def check_app_token(api: Api, app_token: str) -> None:
    """Raise as `check` where no socket can be had."""
    try:
        # The URL that comes back is not used: it is good for one socket, and for a short while.
        await api.call("apps.connections.open", token=app_token)
    except SlackError as error:
        raise RefusedError(_app_token_trouble(error)) from None


def check_kinds(bot_token: str, app_token: str) -> None:
    """Raise `RefusedError` where the tokens say themselves that they are others."""
    if bot_token.startswith("xapp-") and app_token.startswith("xoxb-"):
        raise RefusedError(f"{_BOT} and {_APP} are swapped: xoxb-… is the bot's, xapp-… the app's")
    if not bot_token.startswith("xoxb-"):
        raise RefusedError(f"{_BOT} is no bot token: {_WHERE_BOT}")
    if not app_token.startswith("xapp-"):
        raise RefusedError(f"{_APP} is no app-level token: {_WHERE_APP}")


def check_scopes(api: Api) -> None:
    """Raise `RefusedError` where Slack's last answer told of fewer scopes than are used."""
    # No header at all: a gateway may have dropped it, and calls will tell.
    missing = sorted(set(SCOPES) - api.scopes) if api.scopes else []
    if missing:
        raise RefusedError(
            f"the Slack app lacks {_count(missing)}: {', '.join(missing)}. Put the content of "
            "deploy/slack-manifest.yaml into “App Manifest” of its settings, and install it again"
        )


def _count(missing: list[str]) -> str:
    return "a scope" if len(missing) == 1 else f"{len(missing)} scopes"


def _token_trouble(name: str, where: str, error: SlackError) -> str:
    reasons = {
        "invalid_auth": "Slack does not know this token",
        "not_authed": "it is empty",
        "token_revoked": "this token was revoked",
        "token_expired": "this token has expired",
        "account_inactive": "the app was removed from the workspace, or switched off",
        "not_allowed_token_type": "this is another kind of token",
    }
    return f"{name}: {reasons.get(error.code, error.code)}. {where}"


def _app_token_trouble(error: SlackError) -> str:
    if error.code == "missing_scope":
        return f"{_APP} lacks the scope connections:write: {_WHERE_APP} with it"
    return _token_trouble(_APP, _WHERE_APP, error)
