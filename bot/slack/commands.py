"""What people start in Slack: the command, buttons and forms.

Knows nothing of sockets, nor of how an answer is shown. Pressing twice is one answer: what a button
starts is a turn of the inbox, known by the turn that the button stands under.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog

from bot import channels
from bot.channels import Heard
from bot.conversations import ConversationsError, Thread, Turn, Vote
from bot.exchange import Answer
from bot.inbox.inbox import Inbox
from bot.inbox.platform import Incoming, PlatformError, RefusedError
from bot.reply import WORDINGS
from bot.reply.wording import Wording
from bot.slack import actions, view
from bot.slack.api import Json, SlackError
from bot.slack.directory import Person
from bot.slack.gate import Gate
from bot.slack.messages import PLATFORM
from bot.slack.private import whisper
from bot.slack.reply import thread_of
from bot.slack.view import Part
from bot.slack.workspace import Workspace

_PURGED_S = 1.0
"""A trigger is good for 3 s: the form does not wait longer to know whether the turn is kept."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Press:
    """A button that somebody pressed."""

    body: Json
    person: Person

    @property
    def turn(self) -> str:
        return str(self.body["actions"][0].get("value") or "")

    @property
    def channel(self) -> str:
        return str((self.body.get("channel") or {}).get("id") or "")

    @property
    def thread(self) -> str | None:
        found = (self.body.get("container") or {}).get("thread_ts")
        return str(found) if found else None

    @property
    def ephemeral(self) -> bool:
        return bool((self.body.get("container") or {}).get("is_ephemeral"))

    @property
    def response_url(self) -> str | None:
        found = self.body.get("response_url")
        return str(found) if found else None

    @property
    def words(self) -> Wording:
        return WORDINGS[self.person.language]


class Commands:
    """Brings what is started to the inbox, and says to who did it what has come of it."""

    def __init__(self, workspace: Workspace, inbox: Inbox, gate: Gate) -> None:
        self._workspace = workspace
        self._inbox = inbox
        self._gate = gate

    # /kurage

    async def slash(self, body: Json) -> str:
        """Take a command; return the line that it is acknowledged with, empty for none."""
        message = f"slash:{body['trigger_id']}"
        self._gate.shut(message)
        try:
            return await self._slash(body, message)
        except (PlatformError, ConversationsError) as error:
            _log.warning("slash_not_taken", reason=str(error))
            return WORDINGS["ja"].too_many
        finally:
            self._gate.open(message)

    async def _slash(self, body: Json, message: str) -> str:
        person = await self._workspace.directory.person(str(body["user_id"]))
        channel = str(body["channel_id"])
        rules = self._workspace.rules(channel)
        text = str(body.get("text") or "").strip()
        heard = Heard(text, mentioned=True, from_guest=person.guest, outsiders=person.outsider)
        task = channels.task(heard, rules) or "usage"
        stored = await self._inbox.receive(
            Incoming(
                # The person's own conversation in this channel: nobody else sees any of it.
                thread=Thread(PLATFORM, channel, f"private:{person.id}"),
                message=message,
                asker=person.id,
                text=text,
                asked=datetime.now(UTC),
                language=person.language,
                task=task,
                sources=rules.sources,
                reach={
                    "team": body.get("team_id"),
                    "private": True,
                    "response_url": body.get("response_url"),
                    "replace": task == "answer",
                },
            )
        )
        words = WORDINGS[person.language]
        if not stored:
            return words.database_away
        return words.searching if task == "answer" else ""

    # Buttons

    async def pressed(self, action: str, body: Json) -> None:
        """Do what a button says; what goes wrong is said to who pressed it."""
        await self._kindly(body, partial(self._do, action))

    async def _kindly(self, body: Json, work: Callable[[Press], Awaitable[None]]) -> None:
        """Do what somebody waits for; they are told where it does not work."""
        person = await self._workspace.directory.person(str(body["user"]["id"]))
        press = Press(body, person)
        try:
            await work(press)
        except (PlatformError, ConversationsError) as error:
            _log.warning("press_failed", turn=press.turn, reason=str(error))
            await self._say(press, press.words.too_many)
        except Exception:  # noqa: BLE001 - who pressed waits for an answer, whatever went wrong
            _log.exception("fault", turn=press.turn)
            await self._say(press, press.words.too_many)

    async def _do(self, action: str, press: Press) -> None:
        person = press.person
        guests = self._workspace.rules(press.channel).guests
        if person.outsider or (person.guest and not guests):
            await self._say(press, press.words.guest)
            return
        if action == actions.REPHRASE:
            await self._say(press, press.words.rephrase_hint)
            return
        if action == actions.RESOLVE:
            await self._resolve(press)
            return
        found = await self._inbox.answer(press.turn)
        if found is None:
            await self._say(press, press.words.purged)
        elif action == actions.MORE:
            await self._more(press, found[0])
        elif action == actions.ASK_PERSON:
            await self._ask_person(press, *found)
        elif action == actions.SHARE:
            await self._share(press, found[0])

    async def _more(self, press: Press, turn: Turn) -> None:
        if await self._once(press, turn, "long", press.words.long_already):
            reach = self._reach(press, private=press.ephemeral)
            await self._start(press, turn, "long", task="answer", style="long", reach=reach)

    async def _share(self, press: Press, turn: Turn) -> None:
        rules = self._workspace.rules(turn.thread.channel)
        if await self._workspace.directory.external(turn.thread.channel) and not rules.external:
            await self._say(press, press.words.external)
        elif await self._once(press, turn, "share", press.words.shared_already):
            await self._start(press, turn, "share", task="share", reach=self._reach(press))

    async def _ask_person(self, press: Press, turn: Turn, answer: Answer) -> None:
        people = self._people(turn, answer)
        if not people:
            await self._say(press, press.words.nobody_to_ask)
        elif await self._once(press, turn, "handover", press.words.handed_over):
            # What was asked in private is nobody else's business but theirs who are asked.
            direct = turn.thread.channel.startswith("D") or bool(turn.reach.get("private"))
            reach = {**self._reach(press), "people": people, "direct": direct}
            await self._start(press, turn, "handover", task="hand_over", reach=reach)
            if direct:
                await self._say(press, press.words.handed_over)

    def _people(self, turn: Turn, answer: Answer) -> list[str]:
        """Return who takes over: the channel's people, else those of the sources."""
        if named := self._workspace.rules(turn.thread.channel).handover:
            return list(named)
        hits = [source.hit for source in answer.sources] or list(answer.nearest)
        of_sources = [self._workspace.handover.get(hit.document.source, ()) for hit in hits]
        return list(dict.fromkeys(one for people in of_sources for one in people))

    async def _resolve(self, press: Press) -> None:
        """Mark a hand-over as done, also one whose turn was purged."""
        turn = await self._inbox.turn(press.turn)
        blocks = (press.body.get("message") or {}).get("blocks") or []
        language = turn.language if turn else press.person.language
        part = view.resolved(blocks, press.person.name, language)
        ts = str((press.body.get("container") or {}).get("message_ts"))
        await self._update(press.channel, ts, part)
        # One that went to several people is done for all of them.
        for one in turn.shown if turn else ():
            if one.id != ts:
                with contextlib.suppress(SlackError):
                    await self._update(one.channel, one.id, part)

    async def _update(self, channel: str, ts: str, part: Part) -> None:
        await self._workspace.api.call(
            "chat.update", channel=channel, ts=ts, text=part.text, blocks=part.blocks
        )

    async def _once(self, press: Press, turn: Turn, kind: str, already: str) -> bool:
        """Tell whether this has not been started before; else say so to who pressed."""
        channel, message = turn.thread.channel, f"{kind}:{turn.id}"
        if await self._inbox.turn_asked_as(PLATFORM, channel, message) is None:
            return True
        await self._say(press, already)
        return False

    async def _start(self, press: Press, turn: Turn, kind: str, **facts: Any) -> None:
        stored = await self._inbox.receive(
            Incoming(
                thread=turn.thread,
                message=f"{kind}:{turn.id}",
                asker=press.person.id,
                text=turn.question,
                asked=datetime.now(UTC),
                language=press.person.language,
                sources=turn.sources,
                about=turn.id,
                **facts,
            )
        )
        if not stored:
            await self._say(press, press.words.database_away)

    def _reach(self, press: Press, *, private: bool = False) -> Json:
        reach: Json = {"team": (press.body.get("team") or {}).get("id")}
        if press.channel.startswith("D"):
            reach["thread"] = press.thread
        if private:
            reach |= {"private": True, "response_url": press.response_url}
        return reach

    # Votes

    async def voted(self, vote: Vote, body: Json) -> None:
        """Keep a vote; who says no is asked why."""
        await self._kindly(body, partial(self._vote, vote))

    async def _vote(self, vote: Vote, press: Press) -> None:
        keeping = asyncio.create_task(self._inbox.vote(press.turn, user=press.person.id, vote=vote))
        done, _ = await asyncio.wait({keeping}, timeout=_PURGED_S)
        if done and not keeping.result():
            await self._say(press, press.words.purged)
        elif vote == "down":
            await self._ask_why(press)
        if await keeping and vote == "up":
            await self._say(press, press.words.feedback_thanks)

    async def _ask_why(self, press: Press) -> None:
        modal = view.reason_modal(press.turn, press.person.language)
        try:
            await self._workspace.api.call(
                "views.open", trigger_id=press.body.get("trigger_id"), view=modal
            )
        except SlackError as error:
            # Opened already, by a try whose answer was lost.
            if error.code != "exchanged_trigger_id":
                await self._say(press, press.words.expired)

    async def reasoned(self, body: Json) -> None:
        """Keep why an answer did not help."""
        turn_id, comment = actions.reason(body["view"])
        person = await self._workspace.directory.person(str(body["user"]["id"]))
        kept = await self._inbox.vote(turn_id, user=person.id, vote="down", comment=comment)
        turn = await self._inbox.turn(turn_id)
        if turn is None:
            _log.info("vote_for_purged", turn=turn_id)
            return
        words = WORDINGS[person.language]
        await whisper(
            self._workspace,
            turn.thread.channel,
            person.id,
            text=view.line_text(words.feedback_thanks if kept else words.purged),
            thread=thread_of(turn),
        )

    # Saying something to one person

    async def _say(self, press: Press, text: str) -> None:
        safe = view.line_text(text)
        said = await whisper(
            self._workspace,
            press.channel,
            press.person.id,
            text=safe,
            thread=press.thread,
            response_url=press.response_url,
        )
        if not said:
            raise RefusedError("who pressed a button could not be told what came of it")


def action_of(body: Mapping[str, Any]) -> str:
    """Return which button was pressed."""
    return str(body["actions"][0]["action_id"])
