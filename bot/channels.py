"""Whether, and how, the bot answers a message: the rules of `kurage.toml` for each channel.

Knows nothing of how a platform says what it has heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot import dialogue
from bot.reply import QUESTION_LIMIT
from bot.settings import Channel, Platform, Respond


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds in one channel."""

    respond: Respond
    sources: frozenset[str] | None
    """Names of the sources that it may answer from; None: all."""
    private: bool
    handover: tuple[str, ...]
    """Ids of people and groups; empty: the source's, if it names any."""
    enabled: bool
    external: bool
    guests: bool


def rules(platform: Platform, channels: Mapping[str, Channel], *ids: str | None) -> Rules:
    """Return the rules of the first of these channels that has a table: a thread, its parent."""
    channel = next((channels[one] for one in ids if one is not None and one in channels), Channel())
    said = channel.model_dump(exclude_none=True)
    held = {**platform.model_dump(include=set(Channel.model_fields)), **said}
    return Rules(**{**held, "sources": frozenset(held["sources"]) or None})


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, as far as it decides whether it is answered."""

    text: str
    """Without the bot's name."""
    direct: bool = False
    """Whether it was written to the bot alone."""
    mentioned: bool = False
    others_mentioned: bool = False
    """Whether it addresses somebody else by name."""
    ours: bool = False
    """Whether it stands in a thread, or replies to a message, where the bot has answered."""
    asked_here: bool = False
    """Whether its author has asked the bot in this thread before."""
    attachments: bool = False
    from_bot: bool = False
    from_guest: bool = False
    outsiders: bool = False
    """Whether people from outside the organisation can read the channel."""


def task(heard: Heard, rules: Rules) -> str | None:
    """Return what to do: `answer`, the name of a line to say, or None for what is not for us.

    Who addresses the bot always gets a line back. Where it only listens, it keeps quiet about what
    it does not answer.
    """
    addressed = heard.direct or heard.mentioned
    if not addressed and not _invited(heard, rules):
        return None
    refusal = _refusal(heard, rules)
    if not refusal and dialogue.is_usage(heard.text):
        return "usage"
    line = refusal or _instead(heard)
    if line is None:
        return "answer"
    return line if addressed else None


def _instead(heard: Heard) -> str | None:
    """Return the line to say to a message that asks nothing of the documents, None if it does."""
    if dialogue.is_thanks(heard.text):
        # どういたしまして answers thanks; who says hello may not know yet what to ask.
        return "usage" if dialogue.is_greeting(heard.text) else "welcome"
    if not heard.text.strip():
        return "text_only" if heard.attachments else "usage"
    if not dialogue.has_words(heard.text):
        return "text_only"
    return "too_long" if len(heard.text) > QUESTION_LIMIT else None


def _refusal(heard: Heard, rules: Rules) -> str | None:
    if heard.from_bot:
        return "bot"
    if heard.outsiders and not rules.external:
        return "external"
    if heard.from_guest and not rules.guests:
        return "guest"
    if not rules.enabled and not heard.direct:
        return "disabled"
    return None


def _invited(heard: Heard, rules: Rules) -> bool:
    """Tell whether a message that names nobody is for the bot all the same."""
    if heard.from_bot or heard.others_mentioned:
        return False
    if rules.respond == "all":
        return True
    asks = dialogue.is_question(heard.text)
    if heard.ours:
        # Whoever asked goes on asking; others who talk below an answer are not interrupted.
        return asks or (heard.asked_here and dialogue.is_follow_up(heard.text))
    return rules.respond == "questions" and asks
