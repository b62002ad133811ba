"""What every part of the Slack platform works with. Knows nothing of events or messages."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from bot import channels, settings
from bot.channels import Rules
from bot.conversations import ConversationsError
from bot.inbox.platform import PlatformError
from bot.indexed import IndexedSource, ListIndexed
from bot.slack.api import Api
from bot.slack.directory import Directory
from ingest.index import SearchIndexError
from ingest.state import StateError

if TYPE_CHECKING:
    from bot.inbox.inbox import Inbox

STREAMS_A_MINUTE = 20
"""`chat.startStream` is of tier 2 (docs.slack.dev, "Rate limits")."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is in its workspace."""

    user: str
    bot: str
    team: str
    account: str = ""
    """How people call it and its workspace."""


class Budget:
    """So many of something a minute, and not one more."""

    def __init__(self, allowed: int) -> None:
        self._allowed = allowed
        self._taken: deque[float] = deque()

    def take(self) -> bool:
        """Take one; False where there is none left."""
        now = time.monotonic()
        while self._taken and self._taken[0] <= now - 60:
            self._taken.popleft()
        if len(self._taken) >= self._allowed:
            return False
        self._taken.append(now)
        return True


@dataclass(slots=True)
class Workspace:
    """One Slack workspace, as the bot is installed in it."""

    api: Api
    directory: Directory
    config: settings.Slack
    handover: Mapping[str, tuple[str, ...]]
    """People and groups that take questions, by source."""
    list_indexed: ListIndexed
    streams: Budget = field(default_factory=lambda: Budget(STREAMS_A_MINUTE))
    inbox: Inbox | None = None
    """None until the platform receives."""
    agent: bool = True
    """Whether Slack lets the app show a status; False once it has said no."""
    _identity: Identity | None = None
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def identity(self) -> Identity:
        """Return who the bot is. Raises `PlatformError`."""
        if self._identity is None:
            answer = await self.api.call("auth.test")
            self._identity = Identity(
                answer["user_id"],
                answer["bot_id"],
                answer["team_id"],
                account=f"{answer.get('user', '')} · {answer.get('team', '')}".strip(" ·"),
            )
            self.directory.team = answer["team_id"]
            self.directory.enterprise = answer.get("enterprise_id")
        return self._identity

    def rules(self, channel: str) -> Rules:
        """Return what holds in a channel."""
        return channels.rules(self.config, self.config.channels, channel)

    async def indexed(self) -> Sequence[IndexedSource]:
        """Return what is indexed; nothing where that can not be told now."""
        try:
            return await asyncio.to_thread(self.list_indexed)
        except (SearchIndexError, StateError) as error:
            _log.warning("indexed_unknown", reason=str(error))
            return ()

    def spawn(self, work: Coroutine[Any, Any, None], doing: str) -> None:
        """Run something beside; what Slack refuses is logged, as nobody waits for it."""
        task = asyncio.create_task(self._logged(work, doing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _logged(self, work: Coroutine[Any, Any, None], doing: str) -> None:
        try:
            await work
        except (PlatformError, ConversationsError) as error:
            _log.warning("slack_not_done", doing=doing, reason=str(error))
        except Exception:  # noqa: BLE001 - nobody else would ever hear of it
            _log.exception("fault", doing=doing)

    async def settle(self, grace: float = 2.0) -> None:
        """Let what runs beside end, and end what does not in so many seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
