"""Commands, buttons and forms: acknowledged within three seconds, answered when there is an answer.

What is for everyone goes through the inbox; who votes, or presses a button again, gets a note that
only they see. Knows nothing of messages that people write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import discord
import structlog

from bot.channels import Heard
from bot.conversations import ConversationsError, Thread, Turn
from bot.discord import commands, view
from bot.discord.forms import reason_form, written
from bot.discord.heard import PLATFORM, Ear, Languages, plain
from bot.discord.reply import Reach
from bot.discord.rest import EPHEMERAL, MissingError, Rest, TakenError
from bot.discord.view import Pressed
from bot.exchange import Language
from bot.inbox.inbox import Inbox
from bot.inbox.platform import Incoming, PlatformError

_MESSAGE, _THINK, _SILENT, _UPDATE, _FORM = 4, 5, 6, 7, 9
"""Ways to answer an interaction, by Discord's "Interaction Callback Type"."""
_FORM_WITHIN = 1.5
"""Seconds that a form waits for the database: Discord waits three for the form."""

_log = structlog.get_logger(__name__)

Receive = Callable[[Incoming], Awaitable[None]]
"""Brings something to the inbox until it is stored."""
People = Callable[[Turn], Awaitable[tuple[str, ...]]]
"""Returns who takes over the question of a turn."""


class Interactions:
    """Takes what people start."""

    def __init__(
        self,
        rest: Rest,
        inbox: Inbox,
        ear: Ear,
        languages: Languages,
        *,
        receive: Receive,
        people: People,
    ) -> None:
        self._rest = rest
        self._inbox = inbox
        self._ear = ear
        self._languages = languages
        self._receive = receive
        self._people = people
        self._answering: dict[str, asyncio.Task[bool]] = {}
        self._actions: Mapping[str, Callable[[_Press], Awaitable[None]]] = {
            "more": self._more,
            "ask": self._ask_person,
            "share": self._share,
            "up": self._up,
            "down": self._down,
            "rephrase": self._rephrase,
            "resolve": self._resolve,
        }

    async def acknowledged(self, interaction: str) -> None:
        """Wait until an interaction of this process is acknowledged."""
        if task := self._answering.get(interaction):
            await asyncio.wait({task})

    async def take(self, interaction: discord.Interaction) -> None:
        """Deal with what somebody started."""
        language = self._languages.learn(interaction.user.id, interaction.locale)
        data: Mapping[str, Any] = interaction.data or {}
        if interaction.type is discord.InteractionType.application_command:
            await self._command(interaction, data, language)
        elif interaction.type is discord.InteractionType.component:
            if pressed := view.pressed(str(data.get("custom_id"))):
                await self._press(_Press(interaction, pressed, language))
        elif interaction.type is discord.InteractionType.modal_submit and (
            turn := view.reason_turn(str(data.get("custom_id")))
        ):
            await self._reason(interaction, turn, written(data), language)

    # Commands

    async def _command(
        self, interaction: discord.Interaction, data: Mapping[str, Any], language: Language
    ) -> None:
        options = {one["name"]: one["value"] for one in data.get("options", ())}
        text, private = str(options.get(commands.QUESTION, "")), bool(options.get(commands.PRIVATE))
        usage = data["name"] == commands.USAGE
        if data.get("type") == 3:
            private = True
            messages = data.get("resolved", {}).get("messages", {})
            text = str(messages.get(str(data.get("target_id")), {}).get("content", ""))
        text = plain(text)
        rules = self._ear.rules(interaction.channel)
        direct = interaction.guild_id is None
        heard = Heard(text=text, direct=direct, mentioned=True, attachments=not text)
        task = "usage" if usage else self._ear.task(heard, interaction.channel) or "usage"
        private = (private or rules.private or usage) and not direct
        reach = self._reach(interaction, private=private, direct=direct, thinking=True)
        incoming = Incoming(
            thread=_thread(interaction),
            message=f"command:{interaction.id}",
            asker=str(interaction.user.id),
            text=text,
            asked=interaction.created_at,
            language=language,
            task=task,
            sources=rules.sources,
            reach=reach.stored(),
        )
        thinking = {"flags": EPHEMERAL} if private else {}
        # Stored and acknowledged beside each other: three seconds are all there is.
        await asyncio.gather(self._receive(incoming), self._answer(interaction, _THINK, thinking))

    def _reach(
        self, interaction: discord.Interaction, *, private: bool, direct: bool, thinking: bool
    ) -> Reach:
        return Reach(
            interaction=str(interaction.id),
            token=interaction.token,
            begun=interaction.created_at.timestamp(),
            private=private,
            direct=direct,
            thinking=thinking,
        )

    # Buttons that ask for something

    async def _press(self, press: _Press) -> None:
        try:
            await self._actions[press.pressed.action](press)
        except ConversationsError as error:
            _log.warning("database_away", reason=str(error))
            await self._note(press.interaction, "expired", press.language)

    async def _more(self, press: _Press) -> None:
        turn = await self._turn_for(press)
        if turn is None:
            return
        if await self._pressed_before(turn, f"long:{turn.id}"):
            await self._note(press.interaction, "long_already", press.language)
            return
        reach = self._below(press, turn)
        await self._receive(
            self._from_button(press, turn, f"long:{turn.id}", reach, task="answer", style="long")
        )

    def _below(self, press: _Press, turn: Turn) -> Reach:
        """Return the way below the message whose button was pressed."""
        message, direct = press.interaction.message, press.interaction.guild_id is None
        channel = str(press.interaction.channel_id)
        if press.ephemeral:
            reach = self._reach(press.interaction, private=True, direct=direct, thinking=False)
            return replace(reach, channel=channel if channel != turn.thread.channel else None)
        return Reach(
            reply_to=str(message.id) if message else None,
            channel=channel if channel != turn.thread.channel else None,
            direct=direct,
        )

    async def _ask_person(self, press: _Press) -> None:
        turn = await self._turn_for(press)
        if turn is None:
            return
        if await self._pressed_before(turn, f"handover:{turn.id}"):
            await self._note(press.interaction, "handed_over", press.language)
            return
        people = await self._people(turn)
        if not people:
            await self._note(press.interaction, "nobody_to_ask", press.language)
            return
        reach = replace(self._public(press, turn), people=people)
        users = tuple(one for one in people if one.startswith("user:"))
        if press.ephemeral and users:
            # What was asked in private is handed over in private.
            reach = replace(self._below(press, turn), people=users, channel=None)
        await self._receive(
            self._from_button(press, turn, f"handover:{turn.id}", reach, task="hand_over")
        )

    async def _share(self, press: _Press) -> None:
        turn = await self._turn_for(press)
        if turn is None:
            return
        if await self._pressed_before(turn, f"share:{turn.id}"):
            await self._note(press.interaction, "shared_already", press.language)
            return
        reach = replace(self._public(press, turn), reply_to=None)
        await self._receive(self._from_button(press, turn, f"share:{turn.id}", reach, task="share"))

    def _public(self, press: _Press, turn: Turn) -> Reach:
        """Return the way to everyone who reads where the question was asked."""
        message = press.interaction.message
        if press.interaction.guild_id is None:
            # An answer that went to its asker alone, if it was not asked there.
            return Reach(
                reply_to=str(message.id) if message and turn.reach.get("direct") else None,
                channel=turn.reach.get("channel"),
                direct=bool(turn.reach.get("direct")),
            )
        channel = str(press.interaction.channel_id)
        return Reach(
            reply_to=str(message.id) if message and not press.ephemeral else None,
            channel=channel if channel != turn.thread.channel else None,
        )

    def _from_button(
        self, press: _Press, turn: Turn, key: str, reach: Reach, *, task: str, style: Any = "short"
    ) -> Incoming:
        return Incoming(
            thread=turn.thread,
            message=key,
            asker=str(press.interaction.user.id),
            text=turn.question,
            asked=press.interaction.created_at,
            language=press.language,
            task=task,
            style=style,
            sources=turn.sources,
            about=turn.id,
            reach=reach.stored(),
        )

    async def _turn_for(self, press: _Press) -> Turn | None:
        """Acknowledge without a sign, and return the turn; who pressed learns if it is gone."""
        if not await self._answer(press.interaction, _SILENT):
            return None
        turn = await self._inbox.turn(press.pressed.turn)
        if turn is None:
            await self._note(press.interaction, "purged", press.language)
        return turn

    async def _pressed_before(self, turn: Turn, key: str) -> bool:
        found = await self._inbox.turn_asked_as(PLATFORM, turn.thread.channel, key)
        return found is not None

    # Opinions

    async def _up(self, press: _Press) -> None:
        if await self._answer(press.interaction, _THINK, {"flags": EPHEMERAL}):
            user = str(press.interaction.user.id)
            known = await self._inbox.vote(press.pressed.turn, user=user, vote="up")
            await self._thank(press.interaction, press.language, known=known)

    async def _down(self, press: _Press) -> None:
        turn = press.pressed.turn
        try:
            async with asyncio.timeout(_FORM_WITHIN):
                known = await self._inbox.turn(turn) is not None
        except (TimeoutError, ConversationsError):
            known = True
        if not known:
            await self._say(press.interaction, "purged", press.language)
            return
        if await self._answer(press.interaction, _FORM, reason_form(turn, press.language)):
            # Who closes the form again has voted all the same.
            await self._inbox.vote(turn, user=str(press.interaction.user.id), vote="down")

    async def _reason(
        self, interaction: discord.Interaction, turn: str, reason: str, language: Language
    ) -> None:
        if not await self._answer(interaction, _THINK, {"flags": EPHEMERAL}):
            return
        user = str(interaction.user.id)
        try:
            known = await self._inbox.vote(turn, user=user, vote="down", comment=reason or None)
        except ConversationsError as error:
            _log.warning("database_away", reason=str(error))
            await self._note(interaction, "expired", language)
            return
        await self._thank(interaction, language, known=known)

    async def _thank(
        self, interaction: discord.Interaction, language: Language, *, known: bool
    ) -> None:
        await self._note(interaction, "feedback_thanks" if known else "purged", language)

    # Buttons without a record

    async def _rephrase(self, press: _Press) -> None:
        await self._say(press.interaction, "rephrase_hint", press.language)

    async def _resolve(self, press: _Press) -> None:
        message = press.interaction.message
        if message is None:
            return
        text = view.resolved(message.content, press.interaction.user.id, press.language)
        done: dict[str, Any] = {"content": text, "components": []}
        done["allowed_mentions"] = {"parse": []}
        await self._answer(press.interaction, _UPDATE, done)

    # Answers

    async def _answer(
        self, interaction: discord.Interaction, kind: int, data: dict[str, Any] | None = None
    ) -> bool:
        """Answer for the first time; False: it is too late, or another process did."""
        key = str(interaction.id)
        calling = asyncio.create_task(self._call(interaction, kind, data))
        self._answering[key] = calling
        try:
            return await calling
        finally:
            del self._answering[key]

    async def _call(
        self, interaction: discord.Interaction, kind: int, data: dict[str, Any] | None
    ) -> bool:
        try:
            await self._rest.answer(str(interaction.id), interaction.token, kind, data)
        except TakenError:
            return False
        except PlatformError as error:
            _log.warning("not_acknowledged", interaction=interaction.id, reason=str(error))
            return False
        return True

    async def _say(self, interaction: discord.Interaction, line: str, language: Language) -> None:
        """Answer at once with a line that only its person sees."""
        said = {"content": view.line_text(line, language), "flags": EPHEMERAL}
        await self._answer(interaction, _MESSAGE, said)

    async def _note(self, interaction: discord.Interaction, line: str, language: Language) -> None:
        """Follow an acknowledged interaction with a line that only its person sees."""
        said = {
            "content": view.line_text(line, language),
            "flags": EPHEMERAL,
            "allowed_mentions": {"parse": []},
        }
        try:
            await self._rest.follow_up(interaction.token, said)
        except MissingError:
            return
        except PlatformError as error:
            _log.warning("not_told", interaction=interaction.id, reason=str(error))


class _Press:
    """A button that was pressed."""

    def __init__(
        self, interaction: discord.Interaction, pressed: Pressed, language: Language
    ) -> None:
        self.interaction = interaction
        self.pressed = pressed
        self.language = language

    @property
    def ephemeral(self) -> bool:
        """Whether only who pressed sees the message."""
        message = self.interaction.message
        return message is not None and message.flags.ephemeral


def _thread(interaction: discord.Interaction) -> Thread:
    channel = interaction.channel
    whole = interaction.guild_id is None or isinstance(channel, discord.Thread)
    return Thread(PLATFORM, str(interaction.channel_id), "" if whole else str(interaction.id))
