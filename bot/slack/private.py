"""What one person alone sees: answers to commands, and in channels that are set so.

Knows nothing of what is said. Nobody can look whether such a message is there: after a crash it may
be shown twice, and is never lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.conversations import Turn
from bot.inbox.platform import PlatformError, RefusedError
from bot.slack.view import Part
from bot.slack.workspace import Workspace

_URL_LASTS = timedelta(minutes=29)
"""Of the 30 minutes that a response URL is good for."""


class Whisper:
    """Shows messages to the asker of a turn alone."""

    def __init__(self, workspace: Workspace, turn: Turn, thread: str | None) -> None:
        self._workspace = workspace
        self._turn = turn
        self._thread = thread
        young = datetime.now(UTC) - (turn.asked or turn.created) < _URL_LASTS
        self._url: str | None = turn.reach.get("response_url") if young else None

    async def say(self, parts: Sequence[Part]) -> bool:
        """Show all parts; False where Slack offers no way to. Raises `PlatformError`."""
        replace = bool(self._turn.reach.get("replace"))
        for number, part in enumerate(parts):
            if not (
                await self._respond(part, replace=replace and number == 0)
                or await self._ephemeral(part)
            ):
                return False
        return True

    async def _respond(self, part: Part, *, replace: bool) -> bool:
        if not self._url:
            return False
        try:
            await self._workspace.api.respond(
                self._url,
                response_type="ephemeral",
                replace_original=replace,
                text=part.text,
                blocks=part.blocks,
                thread_ts=self._thread,
                unfurl_links=False,
            )
        except RefusedError:
            self._url = None
            return False
        return True

    async def _ephemeral(self, part: Part) -> bool:
        return await whisper(
            self._workspace,
            self._turn.thread.channel,
            self._turn.asker,
            text=part.text,
            blocks=part.blocks,
            thread=self._thread,
        )


async def whisper(
    workspace: Workspace,
    channel: str,
    user: str,
    *,
    text: str,
    blocks: Sequence[dict[str, Any]] | None = None,
    thread: str | None = None,
    response_url: str | None = None,
) -> bool:
    """Show something to one person in a channel; False where Slack refuses every way.

    Raises `PlatformError` where Slack does not answer.
    """
    try:
        await workspace.api.call(
            "chat.postEphemeral",
            channel=channel,
            user=user,
            text=text,
            blocks=blocks,
            thread_ts=thread,
        )
    except RefusedError:
        if response_url is None:
            return False
    else:
        return True
    try:
        await workspace.api.respond(
            response_url, response_type="ephemeral", replace_original=False, text=text
        )
    except PlatformError:
        return False
    return True
