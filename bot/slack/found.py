"""Where the messages of a turn stand, and which of them are there already.

Knows nothing of what they say.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bot.conversations import Shown, Turn
from bot.slack.api import SlackError
from bot.slack.stream import EVENT_TYPE
from bot.slack.workspace import Workspace

_log = structlog.get_logger(__name__)

_PAGE = 200
_PAGES = 5
"""A thread is looked through so far; an answer stands soon after its question."""
_UNSEEN = {"channel_not_found", "not_in_channel", "thread_not_found"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said."""

    channel: str
    thread: str | None = None
    """Ts of the thread's first message; None: beside it."""


async def direct(workspace: Workspace, user: str) -> Place:
    """Return the conversation between the bot and a person. Raises `PlatformError`."""
    opened = await workspace.api.call("conversations.open", users=user)
    return Place(opened["channel"]["id"])


async def direct_to(workspace: Workspace, people: Iterable[str]) -> list[Place]:
    """Return the conversations with people and with all in a group; who has left is left out.

    Raises `PlatformError`.
    """
    users: list[str] = []
    for one in people:
        users += await members(workspace, one) if one.startswith("S") else [one]
    places = []
    for user in dict.fromkeys(users):
        try:
            places.append(await direct(workspace, user))
        except SlackError as error:
            _log.warning("nobody_there", user=user, reason=str(error))
    return places


async def members(workspace: Workspace, group: str) -> list[str]:
    """Return the people of a user group; of one that is gone, nobody. Raises `PlatformError`."""
    try:
        answer = await workspace.api.call("usergroups.users.list", usergroup=group)
    except SlackError as error:
        _log.warning("nobody_there", group=group, reason=str(error))
        return []
    return [str(user) for user in answer["users"]]


async def find(
    workspace: Workspace, turn: Turn, places: Sequence[Place], formers: Collection[str] = ()
) -> tuple[Shown, ...]:
    """Return the messages of a turn, and of `formers`, that stand on Slack, oldest first.

    These are what says so in its metadata, what is noted for it, and streams that nobody knows of:
    a process died before it could note them. Raises `PlatformError`.
    """
    noted = {(one.channel, one.id) for one in turn.shown}
    shown = []
    for place in places:
        async for message in _own(workspace, place, turn):
            ts = str(message["ts"])
            stream = "streaming_state" in message and not _turn(message)
            one = Shown(place.channel, ts, "stream" if stream else "answer")
            # After an edit the answer to the former question is what stands there.
            ours = _turn(message) in {turn.id, *formers}
            ours = ours or (place.channel, ts) in noted
            if ours or (stream and await _orphan(workspace, turn, one)):
                shown.append(one)
    return tuple(shown)


async def marked(workspace: Workspace, turn: Turn, place: Place) -> dict[int, Shown]:
    """Return the messages of a turn at a place, by their part. Raises `PlatformError`."""
    return {
        int(_payload(message).get("part") or 0): Shown(place.channel, str(message["ts"]))
        async for message in _own(workspace, place, turn)
        if _turn(message) == turn.id
    }


def _payload(message: dict[str, Any]) -> dict[str, Any]:
    metadata = message.get("metadata") or {}
    mine = metadata.get("event_type") == EVENT_TYPE
    return dict(metadata.get("event_payload") or {}) if mine else {}


def _turn(message: dict[str, Any]) -> str | None:
    return _payload(message).get("turn")


async def _orphan(workspace: Workspace, turn: Turn, shown: Shown) -> bool:
    """Tell whether a stream is nobody's: no turn has noted it."""
    if workspace.inbox is None:
        return False
    known = await workspace.inbox.turn_shown_as(turn.thread.platform, shown.channel, shown.id)
    return known is None


async def _own(workspace: Workspace, place: Place, turn: Turn) -> AsyncIterator[dict[str, Any]]:
    """Yield the bot's messages of a place since a turn was asked, oldest first."""
    identity = await workspace.identity()
    messages: list[dict[str, Any]] = []
    cursor: str | None = None
    since = (turn.asked or turn.created).timestamp() - 1
    for _ in range(_PAGES):
        try:
            page = await _page(workspace, place, since, cursor)
        except SlackError as error:
            if error.code in _UNSEEN:
                break
            raise
        messages += page["messages"]
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    for message in sorted(messages, key=lambda each: float(each["ts"])):
        if message.get("user") == identity.user or message.get("bot_id") == identity.bot:
            yield message


async def _page(
    workspace: Workspace, place: Place, since: float, cursor: str | None
) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "channel": place.channel,
        "oldest": f"{since:.6f}",
        "limit": _PAGE,
        "cursor": cursor,
        "include_all_metadata": True,
    }
    if place.thread is None:
        return await workspace.api.call("conversations.history", **arguments)
    return await workspace.api.call("conversations.replies", ts=place.thread, **arguments)
