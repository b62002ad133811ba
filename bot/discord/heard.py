"""A message as people wrote it becomes something to answer, or nothing.

Knows nothing of how it is answered. Whether it is, `bot.channels` decides.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from datetime import datetime

import discord
import structlog

from bot import channels
from bot.channels import Heard, Rules
from bot.conversations import ConversationsError, Thread, Turn
from bot.discord.reply import Reach
from bot.exchange import Language
from bot.inbox.inbox import Inbox
from bot.inbox.platform import Incoming
from bot.settings import Discord

PLATFORM = "discord"

_SPOKEN = frozenset({discord.MessageType.default, discord.MessageType.reply})
_NAMED = re.compile(r"<(@!?|@&|#)(\d{5,20})>")
_EMOJI = re.compile(r"<a?:\w{2,32}:\d{5,20}>")
_JAPANESE = re.compile(r"[぀-ヿ㐀-䶿一-鿿豈-﫿ｦ-ﾟ]")
_REMEMBERED = 10_000

_log = structlog.get_logger(__name__)


class Languages:
    """In which language the lines around an answer are, by what is known of a person.

    A server's locale alone says little: Discord sets it to English unless it is a Community.
    """

    def __init__(self, fixed: Language | None = None) -> None:
        self._fixed = fixed
        self._known: OrderedDict[int, Language] = OrderedDict()

    def learn(self, user: int, locale: object) -> Language:
        """Return the language of an interaction's locale, and remember it of its person."""
        self._known[user] = _language(locale)
        self._known.move_to_end(user)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return self._fixed or self._known[user]

    def of(self, user: int, text: str, locale: object) -> Language:
        """Return the language for who wrote a text: theirs, the text's, the server's."""
        if self._fixed or user in self._known:
            return self._fixed or self._known[user]
        return "ja" if locale is None or _JAPANESE.search(text) else _language(locale)


def _language(locale: object) -> Language:
    return "ja" if str(locale).lower().startswith("ja") else "en"


class Ear:
    """Reads messages for one bot."""

    def __init__(
        self, client: discord.Client, inbox: Inbox, config: Discord, languages: Languages
    ) -> None:
        self._client = client
        self._inbox = inbox
        self._config = config
        self._languages = languages

    def rules(self, channel: object) -> Rules:
        """Return what holds in a channel: its own rules, or those of what it is a thread of."""
        ids = [getattr(channel, "id", None), getattr(channel, "parent_id", None)]
        named = [None if one is None else str(one) for one in ids]
        return channels.rules(self._config, self._config.channels, *named)

    def task(self, heard: Heard, channel: object) -> str | None:
        """Return what is to be done, as `bot.channels.task` does."""
        return channels.task(heard, self.rules(channel))

    async def incoming(
        self, message: discord.Message, edited: datetime | None = None
    ) -> Incoming | None:
        """Return what a message wants; None: it is not for the bot."""
        me = self._client.user
        if me is None or message.author.id == me.id or message.type not in _SPOKEN:
            return None
        direct = isinstance(message.channel, discord.DMChannel)
        mentioned = self._mentioned(message)
        written = _written(message)
        if not (direct or mentioned or written):
            return None  # without the privileged intent such a message is empty
        text = self._text(message, written)
        thread = await self._thread(message)
        heard = await self._heard(message, text, thread, direct=direct, mentioned=mentioned)
        task = self.task(heard, message.channel)
        if task is None:
            return None
        return self._asked(message, thread, text, task, edited or message.created_at)

    def _asked(
        self, message: discord.Message, thread: Thread, text: str, task: str, asked: datetime
    ) -> Incoming:
        rules = self.rules(message.channel)
        direct = isinstance(message.channel, discord.DMChannel)
        author, guild = message.author, message.guild
        channel = str(message.channel.id)
        reach = Reach(
            reply_to=str(message.id),
            channel=channel if channel != thread.channel else None,
            private=rules.private and not direct,
            direct=direct,
        )
        # Two bots that answer each other would never end: one line for each, once a channel.
        known_as = f"bot:{author.id}" if task == "bot" else str(message.id)
        return Incoming(
            thread=thread,
            message=known_as,
            asker=str(author.id),
            text=text,
            asked=asked,
            language=self._languages.of(author.id, text, guild.preferred_locale if guild else None),
            task=task,
            sources=rules.sources,
            reach=reach.stored(),
        )

    async def _heard(
        self,
        message: discord.Message,
        text: str,
        thread: Thread,
        *,
        direct: bool,
        mentioned: bool,
    ) -> Heard:
        listening = not direct and not mentioned
        # What begins a conversation was preceded by nothing: no need to ask.
        askers = (
            await self._askers(thread)
            if listening and thread.root != str(message.id)
            else frozenset[str]()
        )
        return Heard(
            text=text,
            direct=direct,
            mentioned=mentioned,
            others_mentioned=self._others_mentioned(message),
            ours=bool(askers),
            asked_here=str(message.author.id) in askers,
            attachments=bool(message.attachments or message.stickers) or _only_emoji(message, text),
            from_bot=message.author.bot or message.webhook_id is not None,
        )

    async def _askers(self, thread: Thread) -> frozenset[str]:
        try:
            return await self._inbox.askers(thread)
        except ConversationsError as error:
            _log.warning("database_away", reason=str(error))
            return frozenset()

    def _mentioned(self, message: discord.Message) -> bool:
        me = self._client.user
        role = _role(message.guild)
        by_role = role is not None and role in message.role_mentions
        return by_role or any(me is not None and one.id == me.id for one in message.mentions)

    def _others_mentioned(self, message: discord.Message) -> bool:
        me = self._client.user
        named = any(me is None or one.id != me.id for one in message.mentions)
        return named or bool(message.role_mentions) or message.mention_everyone

    def _text(self, message: discord.Message, written: str) -> str:
        """Return what was written without the bot's name, and with names instead of ids."""
        me = self._client.user
        role = _role(message.guild)
        ours = {str(one.id) for one in (me, role) if one is not None}
        names = {str(one.id): f"@{one.display_name}" for one in message.mentions}
        names |= {str(one.id): f"@{one.name}" for one in message.role_mentions}
        names |= {str(one.id): f"#{one.name}" for one in message.channel_mentions}

        def name(found: re.Match[str]) -> str:
            return "" if found[2] in ours else names.get(found[2], "")

        return _EMOJI.sub("", _NAMED.sub(name, written)).strip()

    # The conversation

    async def _thread(self, message: discord.Message) -> Thread:
        """Return the conversation: what was replied to, or what a thread was opened on."""
        place, channel = message.channel, str(message.channel.id)
        if isinstance(place, discord.DMChannel):
            return Thread(PLATFORM, channel)
        if isinstance(place, discord.Thread):
            # A thread has the id of the message that it was opened on.
            opened = await self._turn_of(str(place.parent_id), channel)
            return opened.thread if opened else Thread(PLATFORM, channel)
        reference = message.reference
        replied = str(reference.message_id) if reference and reference.message_id else None
        former = await self._turn_of(channel, replied) if replied else None
        return former.thread if former else Thread(PLATFORM, channel, str(message.id))

    async def _turn_of(self, channel: str, message: str) -> Turn | None:
        """Return the turn that a message, of the bot or of a person, belongs to."""
        try:
            shown = await self._inbox.turn_shown_as(PLATFORM, channel, message)
            return shown or await self._inbox.turn_asked_as(PLATFORM, channel, message)
        except ConversationsError as error:
            _log.warning("database_away", reason=str(error))
            return None


def plain(text: str) -> str:
    """Return the text of a command without mentions and emoji, which are ids there."""
    return _EMOJI.sub("", _NAMED.sub("", text)).strip()


def _role(guild: discord.Guild | None) -> discord.Role | None:
    """Return the role that came with the bot and has its name: people take it for the bot."""
    held = guild.me.roles if guild is not None else ()
    return next((role for role in held if role.managed), None)


def _written(message: discord.Message) -> str:
    """Return the words of a message, also of one that was forwarded."""
    forwarded = [one.content for one in message.message_snapshots if one.content]
    return message.content or "\n".join(forwarded)


def _only_emoji(message: discord.Message, text: str) -> bool:
    return not text and bool(_EMOJI.search(message.content))
