"""Lines, hand-overs and shared answers, as Slack shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain

from bot.conversations import Turn
from bot.exchange import Answer, Language
from bot.inbox.platform import Content, HandOver, Line, Sharing
from bot.indexed import IndexedSource
from bot.reply import WORDINGS
from bot.reply.indexed import indexed_lines
from bot.slack import actions
from bot.slack.view import answers, values
from bot.slack.view.answers import Shape
from bot.slack.view.markup import literal
from bot.slack.view.safe import one_line
from bot.slack.view.text import filled, mention, name
from bot.slack.view.values import Paragraph, Part, Run, button, plain


def render(
    content: Content,
    turn: Turn,
    *,
    bot_user: str,
    people: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    private: bool = False,
    indexed: Sequence[IndexedSource] = (),
    now: datetime | None = None,
) -> list[Part]:
    """Return the messages, at least one, that say what a turn has come to; in the turn's language.

    `bot_user` is the bot's own id. `people` (U…, W…, S…) are named where a question is handed
    over: they, and who asked, are the only ones that are ever pinged. `names` are what people are
    called, by id, where somebody is named without being pinged. `private`: only its asker sees the
    answer, and may share it. `indexed` is for the line `usage`. `now` is for what counts as old.
    """
    if isinstance(content, Answer):
        shape = Shape(turn.id, turn.language, turn.style, private=private, now=now)
        return answers.answer(content, shape)
    if isinstance(content, Line):
        return answers.parts(_line(content.name, turn, bot_user, indexed), [], [])
    if isinstance(content, HandOver):
        return _hand_over(content, turn, people)
    return _sharing(content, turn, names or {}, now)


def _line(
    said: str, turn: Turn, bot_user: str, indexed: Sequence[IndexedSource]
) -> list[Paragraph]:
    if said == "usage":
        return usage(turn.language, indexed, bot_user)
    return filled(getattr(WORDINGS[turn.language], said), bot=mention(bot_user), turn=turn.id)


def usage(language: Language, indexed: Sequence[IndexedSource], bot_user: str) -> list[Paragraph]:
    """Return how the bot is used, what is indexed and questions to begin with."""
    words = WORDINGS[language]
    return [
        plain(words.usage_title, bold=True),
        *filled(words.usage, bot=mention(bot_user)),
        plain(words.indexed, bold=True),
        *items(indexed_lines(indexed, language)),
        plain(words.usage_examples_title, bold=True),
        *items(words.usage_examples),
    ]


def items(lines: Sequence[str]) -> list[Paragraph]:
    """Return a list of lines."""
    return [Paragraph((Run(one_line(line)),), "bullet") for line in lines]


def _hand_over(content: HandOver, turn: Turn, people: Sequence[str]) -> list[Part]:
    words = WORDINGS[turn.language]
    if not people:
        return answers.parts(filled(words.nobody_to_ask), [], [])
    comma = Run("、" if turn.language == "ja" else ", ")
    named = list(chain.from_iterable((comma, mention(one)) for one in people))[1:]
    body = [
        *filled(words.handover, people=named, asker=mention(content.turn.asker)),
        *_question(content.turn, turn.language),
    ]
    found = _found(content.answer, turn.language)
    foot = [plain(words.handover_found, bold=True), *found] if found else []
    if not found:
        body += filled(words.handover_nothing_found)
    done = button(words.resolve, actions.RESOLVE, turn.id, primary=True)
    return answers.parts([*body, *foot], [], [values.actions([done])])


def _question(asked: Turn, language: Language) -> list[Paragraph]:
    quoted = [Paragraph(line.runs, "quote") for line in literal(asked.question)]
    return [plain(WORDINGS[language].handover_question, bold=True), *quoted]


def _found(answer: Answer, language: Language) -> list[Paragraph]:
    if answer.state == "abstained":
        return answers.nearest(answer.nearest, language)
    return [*answers.said(answer, language), *answers.sources(answer.sources, language)]


def _sharing(
    content: Sharing, turn: Turn, names: Mapping[str, str], now: datetime | None
) -> list[Part]:
    known = names.get(turn.asker)
    who = name(known) if known else mention(turn.asker)
    before = [
        *filled(WORDINGS[turn.language].shared, who=who),
        *_question(content.turn, turn.language),
    ]
    shape = Shape(content.turn.id, turn.language, content.turn.style, shared=True, now=now)
    return answers.answer(content.answer, shape, before)
