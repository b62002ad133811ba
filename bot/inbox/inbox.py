"""The durable inbox: whatever people ask is stored first, and ends in exactly one visible state.

Knows nothing of any platform. A question is stored before its event is acknowledged; a process that
dies leaves it to the next one, which looks for what has reached the platform before it answers.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import structlog

from bot.conversations import Conversations, ConversationsError, Shown, Thread, Turn, Vote
from bot.conversations.values import OPEN
from bot.exchange import Answer
from bot.inbox.content import Author
from bot.inbox.database import Database
from bot.inbox.desk import TAKE_BACK, Desk, Limits
from bot.inbox.keys import EDIT, turn_id_of
from bot.inbox.logged import answer_of
from bot.inbox.pace import Pace
from bot.inbox.platform import Incoming, Line, Platform, PlatformError
from bot.inbox.store import InboxStore
from bot.metrics import Metrics

_TICK = 0.5
"""Seconds between two looks at leases and bookmarks."""
_CLAIM = 3.0
"""Seconds between two looks for turns of processes that are gone."""
_RETRY = 1.0
"""Seconds between two tries to store a question."""
_TELL_AFTER = 2
"""After so many of them who waits is told why."""

_DELETED = "deleted"
_TAKEN_BACK = 1000
"""Deletions that are remembered; a message follows within seconds, or never comes."""
"""In place of the time of an edit."""

_log = structlog.get_logger(__name__)


class Inbox:
    """Stores what comes in and has it answered; one a process, for one event loop."""

    def __init__(
        self,
        store: InboxStore,
        conversations: Conversations,
        author: Author,
        *,
        limits: Limits | None = None,
        metrics: Metrics | None = None,
        database_threads: int = 1,
    ) -> None:
        """`database_threads` is 1 for SQLite, which has one writer."""
        self._store = store
        self._conversations = conversations
        self._metrics = metrics or Metrics()
        self._database = Database(database_threads)
        limits = limits or Limits()
        self._pace = Pace(limits.per_minute)
        self._desk = Desk(store, self._database, author, limits, self._metrics)
        self._parked: dict[tuple[str, str, str], Turn] = {}
        self._heard: dict[str, dict[str, str]] = {}
        self._taken_back: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        """Messages that were deleted before this process knew of them: their event may be under
        way, by another socket or behind a look-up."""
        self._began = datetime.now(UTC)
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()

    # A platform brings something

    async def receive(self, incoming: Incoming) -> bool:
        """Store what came in, and have it answered; a repeated one is dropped.

        Returns whether it is stored, now or before, so that its event may be acknowledged. False
        while the database is away: it is kept in memory, its asker is told, and it is stored later;
        an event that is delivered again meanwhile is the same one.
        """
        place = (incoming.thread.platform, incoming.thread.channel, incoming.message)
        if place in self._taken_back:
            return True
        stored = await self._accept(self._turn(incoming, self._within_pace(incoming)))
        if stored and place in self._taken_back:
            # It was deleted while it was being stored, when nobody could know of it yet.
            return await self.deleted(*place)
        return stored

    async def edited(self, incoming: Incoming, *, version: str) -> bool:
        """Answer a message anew, in place, after its author has changed it.

        `incoming.message` is the message's own id, `version` tells one edit from another: the time
        of the edit, which grows as text does. One that has no turn is received like a new message.
        Returns as `receive`.
        """
        thread = incoming.thread
        try:
            former = await self._database.call(
                self._store.asked_as, thread.platform, thread.channel, incoming.message
            )
        except ConversationsError:
            return False
        if not former:
            return await self.receive(incoming)
        latest = former[0]
        if (latest.message or "").partition(EDIT)[2] >= version:
            return True  # delivered again after a later edit, or after the deletion
        if (latest.question, latest.task) == (incoming.text, incoming.task):
            return True
        turn = replace(
            self._turn(incoming, incoming.task, version),
            thread=latest.thread,
            replaces=latest.id,
            shown=latest.shown,
        )
        stored = await self._accept(turn)
        if stored:
            await self._withdraw([latest], f"its question was edited: see turn {turn.id}")
        return stored

    async def deleted(self, platform: str, channel: str, message: str) -> bool:
        """Stop answering a message that its author has taken back, and remove its answers.

        Returns whether that is stored, so that the event may be acknowledged.
        """
        parked = self._parked.pop((platform, channel, message), None)
        if parked is not None:
            await self._desk.remove(platform, parked.shown)
        try:
            asked = await self._database.call(self._store.asked_as, platform, channel, message)
            if not asked:
                self._taken_back[platform, channel, message] = None
                while len(self._taken_back) > _TAKEN_BACK:
                    self._taken_back.popitem(last=False)
                return True
            about = await self._database.call(self._store.about, asked)
        except ConversationsError:
            return False
        latest = asked[0]
        taking = Incoming(
            thread=latest.thread,
            message=message,
            asker=latest.asker,
            text="",
            asked=datetime.now(UTC),
            task=TAKE_BACK,
            reach=latest.reach,
        )
        turn = self._turn(taking, TAKE_BACK, _DELETED)
        if latest.id == turn.id:
            return True
        stored = await self._accept(replace(turn, replaces=latest.id, shown=latest.shown))
        if stored:
            left = [*asked, *(one for one in about if one.task == "answer")]
            await self._withdraw(left, "its question was deleted")
        return stored

    async def vote(self, turn: str, *, user: str, vote: Vote, comment: str | None = None) -> bool:
        """Keep what somebody thinks of an answer; False where its turn was purged."""
        if await self.turn(turn) is None:
            return False
        await self._database.patiently(
            partial(self._conversations.add_feedback, turn, user=user, vote=vote, comment=comment)
        )
        return True

    async def hear(self, platform: str, channel: str, message: str) -> None:
        """Note the last message of a channel that was dealt with, for `heard`; costs nothing."""
        self._heard.setdefault(platform, {})[channel] = message

    # A platform asks; each raises `ConversationsError` while the database is away

    async def turn(self, turn: str) -> Turn | None:
        """Return a turn, None where it was purged or never was."""
        return await self._database.call(self._store.get, turn)

    async def answer(self, turn: str) -> tuple[Turn, Answer] | None:
        """Return a turn with its answer as the log holds it (chunk texts are not kept)."""
        found = await self.turn(turn)
        return (found, answer_of(found)) if found else None

    async def turn_shown_as(self, platform: str, channel: str, message: str) -> Turn | None:
        """Return the turn that one of the bot's messages belongs to."""
        return await self._database.call(self._store.shown_as, platform, channel, message)

    async def turn_asked_as(self, platform: str, channel: str, message: str) -> Turn | None:
        """Return the latest turn of a person's message."""
        turns = await self._database.call(self._store.asked_as, platform, channel, message)
        return turns[0] if turns else None

    async def askers(self, thread: Thread) -> frozenset[str]:
        """Return who has asked in a thread; empty: it is none of the bot's. One small query."""
        return await self._database.call(self._store.askers, thread)

    async def heard(self, platform: str) -> dict[str, str]:
        """Return the last message that was dealt with in each known channel."""
        stored = await self._database.call(self._store.heard, platform)
        return stored | self._heard.get(platform, {})

    # Its own life

    @property
    def open_turns(self) -> int:
        """How many turns this process has before it."""
        return len(self._desk) + len(self._parked)

    @property
    def database_healthy(self) -> bool:
        """Whether the database answered when it was last asked."""
        return self._database.healthy

    async def run(self, platforms: Mapping[str, Platform]) -> None:
        """Answer what is and becomes open on these platforms, until `close`."""
        self._desk.start(platforms)
        self._ended.clear()
        try:
            await self._look_after(list(platforms))
        finally:
            self._ended.set()

    async def _look_after(self, platforms: Sequence[str]) -> None:
        """Keep this process's leases, take over those of others, write bookmarks."""
        clock = asyncio.get_running_loop().time
        next_claim = next_renewal = 0.0
        while not self._stopping.is_set():
            try:
                if clock() >= next_claim:
                    await self._claim(platforms)
                    next_claim = clock() + _CLAIM
                if clock() >= next_renewal:
                    await self._database.call(self._store.renew)
                    next_renewal = clock() + self._store.lease / 3
                await self._write_bookmarks()
            except ConversationsError as error:
                _log.warning("database_away", reason=str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK):
                    await self._stopping.wait()

    async def close(self, grace: float = 6.0) -> None:
        """Let what is open be finished for so many seconds, hand the rest back, and stop."""
        self._stopping.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._ended.wait()
                await self._emptied()
        left = self._desk.turns
        await self._desk.close()
        with contextlib.suppress(ConversationsError):
            await self._database.call(self._store.release)
            await self._write_bookmarks()
        if left:
            _log.info("handed_back", turns=left)
        self._database.close()

    async def _emptied(self) -> None:
        while self.open_turns:  # noqa: ASYNC110 - three parts would have to set an event
            await asyncio.sleep(0.02)

    async def _claim(self, platforms: Sequence[str]) -> None:
        for turn in await self._database.call(self._store.claim, platforms, self._desk.turns):
            _log.info("taken_over", turn=turn.id, platform=turn.thread.platform)
            self._desk.add(turn, known=turn.shown, search=True)

    async def _write_bookmarks(self) -> None:
        for platform in list(self._heard):
            messages = self._heard.pop(platform)
            try:
                await self._database.call(self._store.hear, platform, messages)
            except ConversationsError:
                self._heard[platform] = messages | self._heard.get(platform, {})
                raise

    # Coming in

    def _turn(self, incoming: Incoming, task: str, version: str = "") -> Turn:
        message = f"{incoming.message}{EDIT}{version}" if version else incoming.message
        now = datetime.now(UTC)
        return Turn(
            id=turn_id_of(incoming.thread, message),
            thread=incoming.thread,
            message=message,
            asker=incoming.asker,
            question=incoming.text,
            searched=None,
            state="received",
            style=incoming.style,
            language=incoming.language,
            created=now,
            updated=now,
            task=task,
            about=incoming.about,
            sources=incoming.sources,
            reach=incoming.reach,
            asked=incoming.asked,
        )

    def _within_pace(self, incoming: Incoming) -> str:
        if incoming.task != "answer":
            return incoming.task
        who = (incoming.thread.platform, incoming.asker)
        return "answer" if self._pace.allows(who, incoming.message) else "too_many"

    async def _accept(self, turn: Turn) -> bool:
        key = (turn.thread.platform, turn.thread.channel, turn.message or turn.id)
        if key in self._parked:
            return False
        try:
            new = await self._database.call(self._store.put, turn)
        except ConversationsError as error:
            _log.warning("not_stored_yet", turn=turn.id, reason=str(error))
            if key not in self._parked:  # its other event may have failed at the same moment
                self._parked[key] = turn
                self._desk.spawn(self._store_later(key, turn))
            return False
        if new is not None:
            self._begin(new, search=new.replaces is not None)
        return True

    async def _store_later(self, key: tuple[str, str, str], turn: Turn) -> None:
        """Tell who waits, and store their question when the database is back."""
        tries = 0
        while key in self._parked:
            await asyncio.sleep(_RETRY)
            tries += 1
            if tries == _TELL_AFTER:
                turn = replace(turn, shown=await self._told(turn))
                if key not in self._parked:  # its author has taken it back meanwhile
                    await self._desk.remove(turn.thread.platform, turn.shown)
                    return
                self._parked[key] = turn
            with contextlib.suppress(ConversationsError):
                new = await self._database.call(self._store.put, turn)
                if self._parked.pop(key, None) is None:
                    continue
                if new is not None:
                    self._begin(new, search=True)
                elif turn.shown:
                    await self._forget_told(turn)

    async def _forget_told(self, turn: Turn) -> None:
        """Take a line away that the answer has not taken the place of.

        The question was stored before: by another process, which knows not of the line, or by a
        call of ours that nobody waited for any more. Whoever answers it may find the line.
        """
        while True:
            stored = await self._database.patiently(self._store.get, turn.id)
            if stored is None or stored.state not in OPEN:
                break
            await asyncio.sleep(_RETRY)
        known = {one.id for one in stored.shown} if stored else set()
        left = [shown for shown in turn.shown if shown.id not in known]
        await self._desk.remove(turn.thread.platform, left)

    async def _told(self, turn: Turn) -> tuple[Shown, ...]:
        """Show that the question was heard; the answer takes the place of this line."""
        reply = self._desk.platforms[turn.thread.platform].reply(turn, _unrecorded)
        try:
            return await reply.show(Line("database_away"), turn.shown)
        except PlatformError as error:
            _log.warning("not_told", turn=turn.id, reason=str(error))
            return turn.shown

    def _begin(self, turn: Turn, *, search: bool) -> None:
        platform = turn.thread.platform
        # What was asked before this process lived may have been answered with a line already.
        search = search or (turn.asked or turn.created) < self._began
        self._metrics.received(platform, turn.task)
        _log.info(
            "received",
            turn=turn.id,
            platform=platform,
            channel=turn.thread.channel,
            task=turn.task,
            # Dropped by the log of the process unless `[serve] log_text` asks for it.
            question=turn.question,
        )
        self._desk.add(turn, known=turn.shown, search=search)

    async def _withdraw(self, turns: Sequence[Turn], reason: str) -> None:
        for turn in turns:
            self._desk.withdraw(turn.id, reason)
        await self._database.patiently(self._store.withdraw, turns, reason)


async def _unrecorded(_: Shown) -> None:
    """Record nothing: there is no database to record it in."""
