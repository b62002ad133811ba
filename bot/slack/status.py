"""The line below a thread that says what the bot is doing. Knows nothing of answers."""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from bot.inbox.platform import PlatformError
from bot.slack.api import LimitedError, SlackError
from bot.slack.workspace import Workspace

_WORTH_IT_S = 0.03
"""An answer that is there by then needs no status: it would only flicker."""
_PATIENCE_S = 1.0
"""An answer does not wait longer for the status before it."""

_log = structlog.get_logger(__name__)


class Status:
    """The status of one thread; the newest one is shown, as often as Slack allows."""

    def __init__(self, workspace: Workspace, channel: str, thread: str) -> None:
        self._workspace = workspace
        self._channel = channel
        self._thread = thread
        self._wanted = ""
        self._said = ""
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def say(self, text: str) -> None:
        """Show a text, soon; returns at once."""
        self._wanted = text
        if self._task is None or self._task.done():
            self._over.clear()
            self._task = asyncio.create_task(self._run())

    async def end(self) -> None:
        """Show nothing further; what is shown goes with the next message, else by `clear`."""
        self._over.set()
        if self._task is None:
            return
        _, slow = await asyncio.wait({self._task}, timeout=_PATIENCE_S)
        for task in slow:
            self._workspace.spawn(self._clear_after(task), "removing a status")

    def removed(self) -> None:
        """Note that a message in the thread has removed what was shown."""
        self._said = ""

    async def clear(self) -> None:
        """Remove what is shown."""
        if self._said:
            self._said = ""
            with contextlib.suppress(PlatformError):
                await self._call("")

    async def _clear_after(self, late: asyncio.Task[None]) -> None:
        """Remove what may yet be shown, below an answer that did not wait for it."""
        await late
        await self.clear()

    async def _run(self) -> None:
        pause = _WORTH_IT_S
        while not await self._passed(pause) and self._wanted != self._said:
            wanted, pause = self._wanted, 0.0
            try:
                await self._call(wanted)
                self._said = wanted
            except LimitedError as error:
                pause = error.seconds
            except SlackError as error:
                # Without the feature in the app's settings, or without a paid plan.
                if error.code in {"not_agent_app", "missing_scope", "not_allowed_token_type"}:
                    self._workspace.agent = False
                _log.info("no_status", reason=str(error))
                return
            except PlatformError as error:
                _log.info("no_status", reason=str(error))
                return

    async def _passed(self, seconds: float) -> bool:
        """Wait; return whether the status is over meanwhile."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self._over.is_set() or not self._workspace.agent

    async def _call(self, text: str) -> None:
        await self._workspace.api.call(
            "assistant.threads.setStatus",
            wait=False,
            channel_id=self._channel,
            thread_ts=self._thread,
            status=text,
        )
