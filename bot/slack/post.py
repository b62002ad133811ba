"""Makes the messages of a turn be there, once each and with what they shall say.

Knows nothing of what that is. Slack takes no idempotency key: after a lost answer a message is
looked for, by its metadata, before it is posted again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from bot.conversations import Shown, Turn
from bot.inbox.platform import PlatformError, RefusedError
from bot.slack import found
from bot.slack.api import LostError, SlackError
from bot.slack.found import Place
from bot.slack.stream import metadata, stop
from bot.slack.view import Part
from bot.slack.workspace import Workspace

_PAUSES_S = (0.1, 0.5, 2.0, 4.0)
"""Before looking whether a message was posted after all."""
_NOT_WRITABLE = {
    "channel_not_found", "is_archived", "is_inactive", "messages_tab_disabled", "not_in_channel",
    "restricted_action", "restricted_action_read_only_channel", "user_disabled", "cannot_dm_bot",
}  # fmt: skip
_NOT_CHANGEABLE = {"cant_update_message", "edit_window_closed", "message_not_found"}
_MALFORMED = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}

_log = structlog.get_logger(__name__)


class GoneError(RefusedError):
    """The place can not be written to any more."""


class UnthreadedError(RefusedError):
    """The thread is gone: what was posted into it stood in the channel, and was removed."""


class Poster:
    """Posts, changes and removes the messages of one turn."""

    def __init__(self, workspace: Workspace, turn: Turn) -> None:
        self._workspace = workspace
        self._api = workspace.api
        self._turn = turn

    async def show(
        self, slots: Sequence[tuple[Place, Part]], known: Sequence[Shown]
    ) -> tuple[Shown, ...]:
        """Make exactly these parts stand at their places; return their messages.

        `known` are changed, as far as they stand at a place; those left over are removed. Raises
        `GoneError`, `UnthreadedError`, and `PlatformError` where it may be tried again.
        """
        left = list(known)
        shown: list[Shown] = []
        for number, (place, part) in enumerate(slots, start=1):
            marked = metadata(self._turn.id, number, len(slots))
            shown.append(await self._one(place, part, marked, left))
        await remove(self._workspace, left)
        return tuple(shown)

    async def _one(
        self, place: Place, part: Part, marked: dict[str, Any], left: list[Shown]
    ) -> Shown:
        while here := [one for one in left if one.channel == place.channel]:
            left.remove(here[0])
            if await self._changed(here[0], part, marked):
                return Shown(here[0].channel, here[0].id)
        return await self._posted(place, part, marked)

    async def _changed(self, shown: Shown, part: Part, marked: dict[str, Any]) -> bool:
        """Put a part into a message; False where that message can not be changed any more."""
        if shown.kind == "stream":
            await stop(self._workspace, shown, self._turn.id)
        try:
            await self._said("chat.update", part, marked, channel=shown.channel, ts=shown.id)
        except SlackError as error:
            if error.code == "streaming_state_conflict" and shown.kind != "stream":
                return await self._changed(Shown(shown.channel, shown.id, "stream"), part, marked)
            if error.code in _NOT_CHANGEABLE:
                return False
            raise _refusal(error) from None
        return True

    async def _posted(self, place: Place, part: Part, marked: dict[str, Any]) -> Shown:
        for pause in (*_PAUSES_S, None):
            try:
                answer = await self._said(
                    "chat.postMessage",
                    part,
                    marked,
                    repeat=False,
                    channel=place.channel,
                    thread_ts=place.thread,
                    unfurl_links=False,
                    unfurl_media=False,
                )
            except LostError:
                if pause is None:
                    raise
                await asyncio.sleep(pause)
                if (already := await self._already(place, marked)) is not None:
                    return already
            except SlackError as error:
                raise _refusal(error) from None
            else:
                return await self._threaded(answer, place)
        raise PlatformError("chat.postMessage: Slack does not answer")

    async def _threaded(self, answer: dict[str, Any], place: Place) -> Shown:
        shown = Shown(answer["channel"], answer["ts"])
        if place.thread and not answer["message"].get("thread_ts"):
            await remove(self._workspace, [shown])
            raise UnthreadedError("the thread is gone")
        return shown

    async def _already(self, place: Place, marked: dict[str, Any]) -> Shown | None:
        messages = await found.marked(self._workspace, self._turn, place)
        return messages.get(marked["event_payload"]["part"])

    async def _said(
        self, method: str, part: Part, marked: dict[str, Any], *, repeat: bool = True, **where: Any
    ) -> dict[str, Any]:
        said: dict[str, Any] = {"metadata": marked, "text": part.text, **where}
        try:
            return await self._api.call(method, repeat=repeat, blocks=part.blocks, **said)
        except SlackError as error:
            if error.code not in _MALFORMED:
                raise
            # Ours to mend; until then people read the words without their shape.
            _log.error("blocks_refused", turn=self._turn.id, reason=str(error.answer.get("errors")))
            return await self._api.call(method, repeat=repeat, blocks=[], **said)


def _refusal(error: SlackError) -> RefusedError:
    return GoneError(str(error)) if error.code in _NOT_WRITABLE else error


async def remove(workspace: Workspace, messages: Sequence[Shown]) -> None:
    """Take messages away; those that are gone, or out of reach, count as done.

    Raises `PlatformError`.
    """
    for shown in messages:
        try:
            await workspace.api.call("chat.delete", channel=shown.channel, ts=shown.id)
        except SlackError as error:
            if workspace.api.revoked:
                raise
            if error.code != "message_not_found":
                _log.info("not_removed", reason=str(error))
