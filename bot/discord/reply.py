"""The visible side of one turn: typing, an answer that grows, and the messages that stay.

Knows nothing of events. What a turn needs to be answered is in its `reach`, so that any process
can do it: see `Reach`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import discord
import structlog

from bot.conversations import ConversationsError, Shown, Turn
from bot.discord import view
from bot.discord.outlet import ChannelOutlet, InteractionOutlet, Outlet, Trace, traced
from bot.discord.rest import ClosedError, MissingError, Rest
from bot.discord.typing import Typing
from bot.discord.view import Part
from bot.exchange import Answer
from bot.inbox.platform import Content, HandOver, Line, PlatformError, Record, RefusedError, Stage
from bot.indexed import IndexedSource

_FIRST_PROGRESS = 0.5
"""Seconds until a part of an answer is shown: most answers are complete before."""
_PACE = 1.2
"""Seconds between two edits in one channel; Discord allows five in five seconds."""
_CHANNELS = 1_000
"""So many channels are remembered with the time of their last edit."""
_IN_FLIGHT = 2.0
"""Seconds that the complete answer waits for an edit on its way, which could arrive after it."""
_TOKEN = 14 * 60
"""Seconds that an interaction can be answered; Discord says 15 minutes."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reach:
    """How a turn is answered. All of it is JSON, and optional, in `Turn.reach`."""

    reply_to: str | None = None
    """The message that is answered; in `channel`."""
    channel: str | None = None
    """Where, if not in the conversation's own channel."""
    private: bool = False
    """For its asker alone: below the interaction, else as a direct message."""
    direct: bool = False
    """The conversation is one of two."""
    interaction: str | None = None
    token: str | None = None
    """Of the interaction."""
    begun: float = 0.0
    """When the interaction was, in Unix seconds."""
    thinking: bool = False
    """Whether the interaction shows "thinking", which the answer ends."""
    people: tuple[str, ...] = ()
    """Who takes over."""
    quiet: bool = False
    """Nobody waits: what can not be said in the channel is not said."""

    @classmethod
    def of(cls, turn: Turn) -> Self:
        """Return how a turn is reached."""
        known = {name: turn.reach[name] for name in cls.__slots__ if name in turn.reach}
        return cls(**{**known, "people": tuple(known.get("people", ()))})

    def stored(self) -> dict[str, Any]:
        """Return what goes into `Incoming.reach`."""
        empty = Reach()
        named = {name: getattr(self, name) for name in self.__slots__}
        said = {name: value for name, value in named.items() if value != getattr(empty, name)}
        return said | ({"people": list(self.people)} if self.people else {})

    @property
    def living(self) -> bool:
        """Whether the interaction can be answered still."""
        return self.token is not None and time.time() < self.begun + _TOKEN


@dataclass(frozen=True, slots=True)
class Desk:
    """What all replies share."""

    rest: Rest
    typing: Typing
    indexed: Callable[[], Awaitable[Sequence[IndexedSource]]]
    shown_as: Callable[[str, str], Awaitable[Turn | None]]
    """Returns the turn of a message, by channel and id. Raises `ConversationsError`."""
    acknowledged: Callable[[str], Awaitable[None]]
    """Waits until an interaction that this process takes is acknowledged."""
    edited_at: dict[str, float] = field(default_factory=dict)
    """When an answer that grows was last edited in a channel."""


class DiscordReply:
    """Fills the port `Reply`."""

    def __init__(self, desk: Desk, turn: Turn, record: Record) -> None:
        self._desk = desk
        self._turn = turn
        self._record = record
        self._reach = Reach.of(turn)
        self._channel = self._reach.channel or turn.thread.channel
        self._typing = False
        self._partial: Answer | None = None
        self._growing: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        # What stands already (an edited question's answer, a notice) grows in its place.
        self._streamed = turn.shown[0] if turn.shown else None

    # While somebody waits

    async def status(self, stage: Stage, before: int = 0) -> None:  # noqa: ARG002 - typing has no words
        if self._typing or self._over.is_set() or self._reach.living or self._reach.quiet:
            return
        self._typing = True
        self._desk.typing.begin(self._channel)

    def progress(self, answer: Answer) -> None:
        self._partial = answer
        if self._growing is None and answer.statements and not self._over.is_set():
            self._growing = asyncio.create_task(self._grow())

    async def drop(self) -> None:
        self._over.set()
        if self._typing:
            self._typing = False
            await self._desk.typing.end(self._channel)
        if self._growing:
            await asyncio.wait({self._growing}, timeout=_IN_FLIGHT)
            self._growing.cancel()

    async def _grow(self) -> None:
        try:
            if await self._ended(_FIRST_PROGRESS):
                return
            outlet = await anext(self._outlets())
            said = ""
            while True:
                said = await self._grown(outlet[0], said)
                if await self._ended(_PACE):
                    return
        except (PlatformError, ConversationsError, StopAsyncIteration) as error:
            # The complete answer says it again, and meets the reason where it lasts.
            _log.info("not_streamed", turn=self._turn.id, reason=str(error))

    async def _ended(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self._over.is_set()

    async def _grown(self, outlet: Outlet, said: str) -> str:
        """Show how far the answer is; return what is shown then."""
        now = time.monotonic()
        if now - self._desk.edited_at.get(self._channel, 0.0) < _PACE or self._partial is None:
            return said
        text = view.progress_text(self._partial, self._turn.language, self._turn.style)
        if text == said:
            return said
        if len(self._desk.edited_at) > _CHANNELS:
            self._desk.edited_at.clear()
        self._desk.edited_at[self._channel] = now
        if self._streamed:
            await outlet.edit(self._streamed, Part(text))
        else:
            posted = await outlet.post(Part(text), self._nonce(0))
            self._streamed = replace(posted, kind="stream")
            await self._record(self._streamed)
        return text

    # What stays

    async def show(self, content: Content, known: Sequence[Shown]) -> tuple[Shown, ...]:
        await self.drop()
        if self._streamed and all(one.id != self._streamed.id for one in known):
            known = (*known, self._streamed)
        if isinstance(content, HandOver):
            return await self._hand_over(content, known)
        return await self._show(content, known)

    async def _show(
        self, content: Content, known: Sequence[Shown], people: Sequence[str] = ()
    ) -> tuple[Shown, ...]:
        refused: PlatformError = RefusedError("there is no way to its asker")
        async for outlet, above in self._outlets():
            parts = await self._parts(content, people, above)
            try:
                return await self._put(outlet, parts, known)
            except (ClosedError, MissingError) as error:
                _log.info("next_way", turn=self._turn.id, reason=str(error))
                refused = error
        raise refused

    async def _outlets(self) -> AsyncIterator[tuple[Outlet, str | None]]:
        """Yield the ways to the asker, the best one first, and the line that explains one."""
        rest, reach = self._desk.rest, self._reach
        if reach.living and reach.token and reach.interaction:
            await self._desk.acknowledged(reach.interaction)
            yield self._interaction(reach.token), None
        if not self._elsewhere:
            yield ChannelOutlet(rest, self._channel, reach.reply_to), None
        if not reach.direct and not reach.quiet:
            direct = ChannelOutlet(rest, await rest.direct(self._turn.asker))
            yield direct, None if reach.private else "not_here"

    def _interaction(self, token: str) -> InteractionOutlet:
        reach, channel = self._reach, self._channel
        return InteractionOutlet(
            self._desk.rest, token, channel, original=reach.thinking, private=reach.private
        )

    async def _parts(
        self, content: Content, people: Sequence[str], above: str | None = None
    ) -> list[Part]:
        usage = isinstance(content, Line) and content.name == "usage"
        return view.render(
            content,
            self._turn,
            bot_user=self._desk.rest.user,
            people=people,
            private=self._elsewhere,
            indexed=await self._desk.indexed() if usage else (),
            above=above,
        )

    async def _put(
        self, outlet: Outlet, parts: Sequence[Part], known: Sequence[Shown]
    ) -> tuple[Shown, ...]:
        """Make what is visible equal to the parts."""
        shown = []
        for place, part in enumerate(parts):
            former = known[place] if place < len(known) else None
            shown.append(await self._say(outlet, part, place, former))
        for left in known[len(parts) :]:
            await outlet.delete(left)
        return tuple(shown)

    async def _say(self, outlet: Outlet, part: Part, place: int, former: Shown | None) -> Shown:
        if former is None:
            return await outlet.post(part, self._nonce(place))
        try:
            await outlet.edit(former, part)
        except MissingError:
            # Somebody has deleted it: its nonce is used up.
            return await outlet.post(part, self._nonce(place, f"~{former.id[-8:]}"))
        return replace(former, kind="answer")

    def _nonce(self, place: int, more: str = "") -> str:
        """Return what a part is known by for some minutes; at most 25 characters."""
        return f"{self._turn.id}.{place}{more}"[:25]

    # Hand-over

    async def _hand_over(self, content: HandOver, known: Sequence[Shown]) -> tuple[Shown, ...]:
        people = self._reach.people
        if not people:
            return await self._show(Line("nobody_to_ask"), known)
        if not (self._reach.direct or self._reach.private):
            return await self._show(content, known, people)
        # Nobody else reads here: whoever takes over is written to.
        told: tuple[Shown, ...] = ()
        for person in people:
            told += await self._tell(content, person, known)
        line = Line("handed_over" if told else "nobody_to_ask")
        here = [one for one in known if one.channel == self._channel]
        return *told, *await self._show(line, here)

    async def _tell(
        self, content: HandOver, person: str, known: Sequence[Shown]
    ) -> tuple[Shown, ...]:
        kind, _, user = person.partition(":")
        if kind != "user":
            return ()
        parts = await self._parts(content, [person])
        try:
            channel = await self._desk.rest.direct(user)
            there = [one for one in known if one.channel == channel]
            return await self._put(ChannelOutlet(self._desk.rest, channel), parts, there)
        except RefusedError as error:
            _log.info("not_handed_over", turn=self._turn.id, reason=str(error))
            return ()

    # After a crash

    async def find(self, formers: Collection[str] = ()) -> tuple[Shown, ...]:
        reach, turn, rest = self._reach, self._turn, self._desk.rest
        first: list[Shown] = []
        if reach.living and reach.token:
            if reach.thinking:
                first = await self._interaction(reach.token).find()
            if reach.private:
                return tuple(first)
        thinking = reach.interaction if reach.thinking else None
        # What is shared carries the buttons of the answer that it repeats.
        about = turn.about if turn.task == "share" else None
        turns = frozenset(one for one in (turn.id, *formers, about) if one)
        # A direct message can reply to nothing in another channel.
        reply_to = None if self._elsewhere else reach.reply_to
        trace = Trace(turns, reply_to=reply_to, interaction=thinking)
        after = reach.reply_to or str(discord.utils.time_snowflake(turn.asked or turn.created))
        try:
            channel = await self._place()
            found = await traced(rest, channel, after, trace)
        except ClosedError:
            return tuple(first)
        mine = [one for one in found if await self._unclaimed(one, formers)]
        return tuple(dict.fromkeys((*first, *mine)))

    @property
    def _elsewhere(self) -> bool:
        """Whether it is a direct message that answers what was asked in a channel."""
        return self._reach.private and not self._reach.direct

    async def _place(self) -> str:
        if self._elsewhere:
            return await self._desk.rest.direct(self._turn.asker)
        return self._channel

    async def _unclaimed(self, shown: Shown, formers: Collection[str]) -> bool:
        """Tell whether a message is not known to be another turn's."""
        owner = await self._desk.shown_as(shown.channel, shown.id)
        return owner is None or owner.id in {self._turn.id, *formers}
