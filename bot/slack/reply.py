"""The visible side of one turn in Slack.

Knows nothing of how an answer comes about, nor of what it looks like (`bot.slack.view`). A message
carries the turn's id as metadata: that is how it is found again, and not posted twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import replace

import structlog

from bot.conversations import ConversationsError, Shown, Turn
from bot.exchange import Answer
from bot.inbox.platform import (
    Content,
    HandOver,
    Line,
    PlatformError,
    Record,
    RefusedError,
    Sharing,
    Stage,
)
from bot.reply import WORDINGS
from bot.slack import found, view
from bot.slack.api import SlackError
from bot.slack.found import Place
from bot.slack.gate import Gate
from bot.slack.post import GoneError, Poster, UnthreadedError, remove
from bot.slack.private import Whisper
from bot.slack.status import Status
from bot.slack.stream import Stream
from bot.slack.view import Part
from bot.slack.workspace import Workspace

_log = structlog.get_logger(__name__)


class SlackReply:
    """Shows what becomes of a turn; fills `bot.inbox.Reply`."""

    def __init__(self, workspace: Workspace, turn: Turn, record: Record, gate: Gate) -> None:
        self._workspace = workspace
        self._turn = turn
        self._record = record
        self._gate = gate
        self._private = bool(turn.reach.get("private"))
        self._place = Place(turn.thread.channel, thread_of(turn))
        self._poster = Poster(workspace, turn)
        self._status = self._new_status()
        self._stream: Stream | None = None
        self._writing = False

    def _new_status(self) -> Status | None:
        """Return the status of the thread that the question stands in, or begins."""
        ts = self._place.thread or (self._turn.message or "").partition("@")[0]
        return Status(self._workspace, self._place.channel, ts) if is_ts(ts) else None

    async def status(self, stage: Stage, before: int = 0) -> None:
        self._writing = False
        words = WORDINGS[self._turn.language]
        text = {"searching": words.searching, "writing": words.writing}.get(stage)
        self._say(text or words.queued.format(count=before))

    def _say(self, text: str) -> None:
        if self._status is not None and self._workspace.agent:
            self._status.say(text)

    def progress(self, answer: Answer) -> None:
        if not self._writing:
            self._writing = True
            self._say(WORDINGS[self._turn.language].writing)
        thread = self._place.thread
        # What is changed in place, or seen by one person only, can not grow before their eyes.
        if not answer.statements or not thread or self._private or self._turn.shown:
            return
        if self._stream is None:
            self._stream = Stream(
                self._workspace,
                self._turn,
                channel=self._place.channel,
                thread=thread,
                record=self._record,
            )
        self._stream.grow(answer)

    async def find(self, formers: Collection[str] = ()) -> tuple[Shown, ...]:
        if self._private:
            return ()
        places = await self._places(self._turn.task)
        return await found.find(self._workspace, self._turn, places, formers)

    async def show(self, content: Content, known: Sequence[Shown]) -> tuple[Shown, ...]:
        known = [*known, *await self._quiet(known)]
        try:
            if self._private:
                shown = await self._whisper(content)
            else:
                shown = await self._public(content, known)
        finally:
            if self._status is not None:
                await self._status.clear()
        return shown

    async def drop(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.end()
            with contextlib.suppress(PlatformError, ConversationsError):
                await self._abandon(stream.shown)
        if self._status is not None:
            await self._status.end()
            await self._status.clear()

    async def _abandon(self, shown: Shown | None) -> None:
        """Remove a stream that nobody will finish; of an open turn the next process does."""
        inbox = self._workspace.inbox
        if shown is None or inbox is None:
            return
        turn = await inbox.turn(self._turn.id)
        owner = await inbox.turn_shown_as(self._turn.thread.platform, shown.channel, shown.id)
        closed = turn is None or turn.finished is not None
        if closed and (owner is None or owner.id == self._turn.id):
            await remove(self._workspace, [shown])

    async def _quiet(self, known: Sequence[Shown]) -> list[Shown]:
        """End status and stream before the answer; return the messages that came of it."""
        if self._status is not None:
            await self._status.end()
        stream, self._stream = self._stream, None
        if stream is None:
            return []
        await stream.end()
        if stream.lost:
            orphans = await found.find(self._workspace, self._turn, [self._place])
            return [each for each in orphans if each.id not in {one.id for one in known}]
        shown = stream.shown
        return [shown] if shown and shown.id not in {one.id for one in known} else []

    # What everybody sees

    async def _public(self, content: Content, known: Sequence[Shown]) -> tuple[Shown, ...]:
        parts = await self._parts(content)
        try:
            places = [self._place]
            if isinstance(content, HandOver):
                places = await self._places(self._turn.task)
            slots = [(place, part) for place in places for part in parts]
            shown = await self._poster.show(slots, known)
        except UnthreadedError:
            # The question is gone, and with it the place of its answer.
            _log.info("question_gone", turn=self._turn.id)
            return ()
        except GoneError as error:
            _log.info("not_here", turn=self._turn.id, reason=str(error))
            shown = await self._elsewhere(parts, error)
        if self._status is not None and not known and self._place.thread:
            self._status.removed()
        return shown

    async def _elsewhere(self, parts: list[Part], reason: GoneError) -> tuple[Shown, ...]:
        """Tell the asker alone, as the channel can not be written to."""
        if self._turn.task == "invited" or self._turn.thread.channel.startswith("D"):
            raise RefusedError(str(reason))
        [line] = await self._parts(Line("not_here"))
        first = replace(parts[0], blocks=[*line.blocks, *parts[0].blocks][:50])
        place = await found.direct(self._workspace, self._turn.asker)
        known = await found.find(self._workspace, self._turn, [place])
        try:
            return await self._poster.show([(place, part) for part in [first, *parts[1:]]], known)
        except (GoneError, UnthreadedError) as error:
            raise RefusedError(f"{reason}; {error}") from None

    async def _places(self, task: str) -> list[Place]:
        """Return where it is said; what was asked in private is handed over in private."""
        people = self._turn.reach.get("people", ())
        if task != "hand_over" or not self._turn.reach.get("direct"):
            return [self._place]
        return await found.direct_to(self._workspace, people) or [self._place]

    # What one person sees

    async def _whisper(self, content: Content) -> tuple[Shown, ...]:
        await self._gate.passed(self._turn.message or "")
        parts = await self._parts(content)
        whisper = Whisper(self._workspace, self._turn, self._place.thread)
        if await whisper.say(parts):
            return ()
        return await self._elsewhere(parts, GoneError("the answer can not be shown privately"))

    # What it looks like

    async def _parts(self, content: Content) -> list[Part]:
        identity = await self._workspace.identity()
        usage = isinstance(content, Line) and content.name == "usage"
        return view.render(
            content,
            self._turn,
            bot_user=identity.user,
            people=tuple(self._turn.reach.get("people", ())),
            names=await self._names(content),
            private=self._private,
            indexed=await self._workspace.indexed() if usage else (),
        )

    async def _names(self, content: Content) -> dict[str, str]:
        if not isinstance(content, HandOver | Sharing):
            return {}
        try:
            return await self._workspace.directory.names({self._turn.asker, content.turn.asker})
        except SlackError:
            return {}


def thread_of(turn: Turn) -> str | None:
    """Return the ts of the thread that a turn is answered in; None: beside its question."""
    # A conversation of two is one, whatever threads it is shown in.
    root = str(turn.reach.get("thread") or turn.thread.root)
    return root if is_ts(root) else None


def is_ts(text: str) -> bool:
    """Tell whether a text is the id of a message, such as 1700000000.000100."""
    seconds, _, fraction = text.partition(".")
    return seconds.isdigit() and fraction.isdigit()
