"""An answer while it is written: a message of Slack's that grows.

Knows nothing of what the answer looks like in the end. Text can only be appended; whatever can not
be shown so waits for the whole answer, which takes the stream's place.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import structlog

from bot.conversations import ConversationsError, Shown, Turn
from bot.exchange import Answer
from bot.inbox.platform import PlatformError, Record
from bot.slack import view
from bot.slack.api import LimitedError, LostError, SlackError
from bot.slack.workspace import Workspace

_WORTH_IT_S = 0.3
"""An answer that is whole by then is posted at once."""
_EVERY_S = 0.6
"""Between two appends: 100 of them a minute are for all streams together."""
_PATIENCE_S = 3.0
"""The whole answer does not wait longer for a call that is under way."""
_LONGEST = 12_000
"""Characters of one append (docs.slack.dev, chat.appendStream)."""

_log = structlog.get_logger(__name__)


class Stream:
    """The growing message of one turn, which may never come to be."""

    def __init__(
        self, workspace: Workspace, turn: Turn, *, channel: str, thread: str, record: Record
    ) -> None:
        self._workspace = workspace
        self._api = workspace.api
        self._turn = turn
        self._channel = channel
        self._thread = thread
        self._record = record
        self._answer: Answer | None = None
        self._grown = asyncio.Event()
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._sent = ""
        self.shown: Shown | None = None
        """The message, once it is there."""
        self.lost = False
        """Whether a message may have been started that nobody knows of."""

    def grow(self, answer: Answer) -> None:
        """Show how far the answer has come; soon, not now."""
        self._answer = answer
        self._grown.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def end(self) -> None:
        """Let what is under way be finished, and show nothing further."""
        self._over.set()
        self._grown.set()
        if self._task is None:
            return
        _, slow = await asyncio.wait({self._task}, timeout=_PATIENCE_S)
        for task in slow:
            if self.shown is None:
                self._workspace.spawn(self._remove_late(task), "removing a stream that came late")

    async def _remove_late(self, late: asyncio.Task[None]) -> None:
        """Remove what begins although the whole answer stands already."""
        await late
        if self.shown is not None:
            await self._api.call("chat.delete", channel=self.shown.channel, ts=self.shown.id)

    async def stop(self) -> None:
        """Tell Slack that the message will not grow. Raises `PlatformError`."""
        if self.shown is not None:
            await stop(self._workspace, self.shown, self._turn.id)

    async def _run(self) -> None:
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_WORTH_IT_S):
                    await self._over.wait()
            if await self._begin():
                await self._append()
        except (PlatformError, ConversationsError) as error:
            _log.info("stream_given_up", turn=self._turn.id, reason=str(error))
        except Exception:  # noqa: BLE001 - the whole answer comes all the same
            _log.exception("fault", turn=self._turn.id)

    async def _begin(self) -> bool:
        while not self._text():
            if self._over.is_set():
                return False
            await self._more()
        if self._over.is_set() or not self._workspace.streams.take():
            return False
        try:
            started = await self._api.call(
                "chat.startStream",
                repeat=False,
                wait=False,
                channel=self._channel,
                thread_ts=self._thread,
                recipient_user_id=self._turn.asker,
                recipient_team_id=self._turn.reach.get("team"),
            )
        except LostError:
            self.lost = True
            raise
        self.shown = Shown(started["channel"], started["ts"], "stream")
        # A stream carries no metadata until it ends: after a crash its ts is all there is.
        await self._record(self.shown)
        return True

    async def _append(self) -> None:
        assert self.shown is not None  # noqa: S101 - for the type checker: it has begun
        while not self._over.is_set():
            text = self._text()
            if not text.startswith(self._sent):
                return
            added = text[len(self._sent) :][:_LONGEST]
            pause = _EVERY_S
            if added:
                try:
                    await self._api.call(
                        "chat.appendStream",
                        repeat=False,
                        wait=False,
                        channel=self.shown.channel,
                        ts=self.shown.id,
                        markdown_text=added,
                    )
                    self._sent += added
                except LimitedError as error:
                    pause = max(pause, error.seconds)
            else:
                await self._more()
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._over.wait()

    async def _more(self) -> None:
        await self._grown.wait()
        if not self._over.is_set():
            self._grown.clear()

    def _text(self) -> str:
        return view.stream_text(self._answer, self._turn.language) if self._answer else ""


async def stop(workspace: Workspace, shown: Shown, turn: str) -> None:
    """Tell Slack that a message will not grow; one that Slack has ended is well so.

    Slack ends a stream itself about five minutes after its start. Raises `PlatformError`.
    """
    try:
        await workspace.api.call(
            "chat.stopStream", channel=shown.channel, ts=shown.id, metadata=metadata(turn)
        )
    except SlackError as error:
        if error.code not in {"message_not_in_streaming_state", "message_not_found"}:
            raise


EVENT_TYPE = "kurage_answer"


def metadata(turn: str, part: int = 1, parts: int = 1) -> dict[str, Any]:
    """Return what tells a message's turn, and which of its parts it is; people do not see it."""
    payload = {"turn": turn, "part": part, "parts": parts}
    return {"event_type": EVENT_TYPE, "event_payload": payload}
