"""Content becomes messages: UX.md's anatomy in Discord's markdown.

Knows nothing of how a message is sent or a button answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot import reply
from bot.conversations import Turn
from bot.discord.view.ids import Action, custom_id
from bot.discord.view.pack import packed
from bot.discord.view.pieces import Piece, quoted, statements
from bot.discord.view.text import linked, literal, one_line
from bot.discord.view.values import LIMIT, Button, ButtonStyle, Part, size
from bot.exchange import Answer, Language, Style
from bot.inbox.platform import Content, HandOver, Line, Sharing
from bot.indexed import IndexedSource
from bot.reply.indexed import indexed_lines
from ingest.index import Hit

_RESOLVED = 100
"""Characters that a hand-over leaves free for the line that ends it."""

_PEOPLE = 50
"""So many take a question over at most; their names are within half a message."""

_ID = re.compile(r"[0-9]{1,20}", re.ASCII)
_PERSON = re.compile(r"(user|role):([0-9]{1,20})", re.ASCII)


class Mention(str):
    """Markdown that names somebody: `line_text` takes it as it is."""

    __slots__ = ()


def mention(user: int | str) -> Mention:
    """Return how a person is named; whether that notifies anybody is `AllowedMentions`' to say."""
    name = str(user)
    return Mention(f"<@{name}>" if _ID.fullmatch(name) else literal(name))


def line_text(name: str, language: Language, **fields: object) -> str:
    """Return a line of `Wording` by name as markdown; `fields` are shown as they read.

    A person's name comes from `mention`. Raises AttributeError for an unknown line and KeyError for
    a field that is missing.
    """
    shown = {
        field: value if isinstance(value, Mention) else literal(str(value))
        for field, value in fields.items()
    }
    said: str = getattr(reply.WORDINGS[language], name).format(**shown)
    return said


def render(
    content: Content,
    turn: Turn,
    *,
    bot_user: int,
    people: Sequence[str] = (),
    private: bool = False,
    indexed: Sequence[IndexedSource] = (),
    above: str | None = None,
    now: datetime | None = None,
) -> list[Part]:
    """Return the messages, at least one, that say what a turn has come to, in its language.

    `turn` is the one that is being shown: where a question is handed over or an answer is shared,
    the one that asked for it. `people` (`user:ID`, `role:ID`) are named where a question is handed
    over, and are the only ones that any message may notify: see `Part.users`. `private`: only its
    asker sees it, and may share it. `indexed` is for the line `usage`. `above` names a line of
    `Wording` that stands before everything else (`not_here`). `now` is for what counts as old.
    """
    language = turn.language
    lead = [Piece(line_text(above, language))] if above else []
    if isinstance(content, HandOver):
        return _hand_over(content, turn, people, lead)
    if isinstance(content, Line):
        body = _line(content.name, turn, bot_user, indexed)
        return _parts([*lead, *body], ())
    now = now or datetime.now(UTC)
    if isinstance(content, Sharing):
        body, buttons = _shared(content, turn, now)
    else:
        body, buttons = _answer(content, turn, now), _buttons(content, turn, private=private)
        if private:
            note = reply.WORDINGS[language].private_note
            body = [*body, Piece(f"-# {note}")]
    return _parts([*lead, *body], buttons)


def progress_text(answer: Answer, language: Language, style: Style = "short") -> str:
    """Return the statements so far, 1 to `LIMIT` characters, for a message that is being edited.

    It begins as the first message of `render` will; what does not fit yet ends in `…`.
    """
    words = reply.WORDINGS[language]
    if not answer.statements:
        return words.writing
    said = statements(answer.statements, language, style)
    pages = packed([*_above(answer, language, style), *said], LIMIT - 2)
    return f"{pages[0]}\n…" if len(pages) > 1 else pages[0]


def resolved(content: str, who: int | str, language: Language) -> str:
    """Return a hand-over that somebody has marked as done: its text with a line below.

    `content` is the message's own as Discord gave it out, `who` the person's id. One that is
    resolved already stays as it is. Post it without a button, and with nobody to be notified.
    """
    last = content.rsplit("\n", 1)[-1]
    if any(_said(words.resolved).fullmatch(last) for words in reply.WORDINGS.values()):
        return content
    line = line_text("resolved", language, who=mention(str(who)[:40]))
    return f"{content[: LIMIT - size(line) - 2]}\n\n{line}"


def _said(line: str) -> re.Pattern[str]:
    before, behind = map(re.escape, line.split("{who}"))
    return re.compile(f"{before}<@[0-9]+>{behind}")


def _parts(pieces: Sequence[Piece], buttons: tuple[Button, ...], limit: int = LIMIT) -> list[Part]:
    parts = [Part(text) for text in packed(pieces, limit)]
    return [*parts[:-1], replace(parts[-1], buttons=buttons)]


def _button(action: Action, label: str, turn: str, style: ButtonStyle = "secondary") -> Button:
    return Button(label, custom_id(action, turn), style)


def _buttons(answer: Answer, turn: Turn, *, private: bool) -> tuple[Button, ...]:
    words = reply.WORDINGS[turn.language]
    if answer.state == "failed":
        return ()
    ask = _button("ask", words.ask_person, turn.id)
    if answer.state == "abstained":
        return (ask, _button("rephrase", words.rephrase, turn.id))
    more = _button("more", words.more, turn.id)
    votes = (_button("up", words.helpful, turn.id), _button("down", words.not_helpful, turn.id))
    share = _button("share", words.share, turn.id)
    return (
        *((more,) if turn.style == "short" else ()),
        *votes,
        ask,
        *((share,) if private else ()),
    )


def _answer(answer: Answer, turn: Turn, now: datetime) -> list[Piece]:
    language = turn.language
    words = reply.WORDINGS[language]
    if answer.state == "failed":
        return [Piece(line_text("failure", language, turn=answer.turn or turn.id))]
    if answer.state == "abstained":
        near = [Piece(f"・{_link(hit, language)}") for hit in answer.nearest]
        return [Piece(words.no_answer if near else words.no_answer_no_documents), *near]
    old = reply.old_sources(answer.sources, now, language)
    return [
        *_above(answer, language, turn.style),
        *statements(reply.shown(answer), language, turn.style),
        *([Piece(words.nothing_more)] if answer.nothing_more else []),
        *(Piece(literal(one_line(line, 300))) for line in old),
        *_sources(answer, language),
    ]


def _above(answer: Answer, language: Language, style: Style) -> Iterator[Piece]:
    """Yield what stands above the statements: that no model wrote them, and what they are."""
    if answer.model_away:
        yield Piece(reply.WORDINGS[language].model_away)
    if heading := reply.heading(style, language):
        yield Piece(f"**{heading}**")


def _sources(answer: Answer, language: Language) -> Iterator[Piece]:
    heading = reply.WORDINGS[language].sources
    for place, source in enumerate(answer.sources):
        line = f"{source.number}. {_link(source.hit, language)}"
        if known := one_line(reply.provenance(source.hit, language), 100):
            # （スライド 7）— 人事部: a full-width bracket brings its own blank.
            blank = "" if reply.place(source.hit, language).endswith("）") else " "
            line += f"{blank}— {literal(known)}"
        # The heading never stands alone at the end of a message.
        yield Piece(line) if place else Piece(f"{heading}\n{line}", joint="\n\n")


def _link(hit: Hit, language: Language) -> str:
    addresses = dict.fromkeys((reply.address(hit), hit.document.url))
    return linked(reply.place(hit, language), *addresses)


def _hand_over(
    content: HandOver, turn: Turn, people: Sequence[str], lead: list[Piece]
) -> list[Part]:
    language = turn.language
    words = reply.WORDINGS[language]
    named = [found.groups() for one in people if (found := _PERSON.fullmatch(one))]
    named = list(dict.fromkeys(named))[:_PEOPLE]
    if not named:
        return _parts([*lead, Piece(words.nobody_to_ask)], ())
    signs = {"user": "<@{}>", "role": "<@&{}>"}
    listed = ("、" if language == "ja" else ", ").join(
        signs[kind].format(id_) for kind, id_ in named
    )
    asker = mention(content.turn.asker)
    first = line_text("handover", language, people=Mention(listed), asker=asker)
    pieces = [
        *lead,
        Piece(first),
        Piece(f"**{words.handover_question}**", joint="\n\n"),
        *quoted(content.turn.question),
        *_found(content.answer, language),
    ]
    button = _button("resolve", words.resolve, turn.id, "success")
    parts = _parts(pieces, (button,), LIMIT - _RESOLVED)
    users = tuple(int(id_) for kind, id_ in named if kind == "user")
    roles = tuple(int(id_) for kind, id_ in named if kind == "role")
    return [replace(parts[0], users=users, roles=roles), *parts[1:]]


def _found(answer: Answer, language: Language) -> Iterator[Piece]:
    words = reply.WORDINGS[language]
    hits = [source.hit for source in answer.sources] or list(answer.nearest)
    if not hits:
        yield Piece(words.handover_nothing_found, joint="\n\n")
    for place, hit in enumerate(hits):
        line = f"・{_link(hit, language)}"
        heading = f"**{words.handover_found}**\n{line}"
        yield Piece(line) if place else Piece(heading, joint="\n\n")


def _shared(content: Sharing, turn: Turn, now: datetime) -> tuple[list[Piece], tuple[Button, ...]]:
    """Return an answer with who shared it and what was asked: the channel has seen neither."""
    told = Piece(line_text("shared", turn.language, who=mention(turn.asker)))
    first, *rest = _answer(content.answer, content.turn, now)
    body = [told, *quoted(content.turn.question), replace(first, joint="\n\n"), *rest]
    return body, _buttons(content.answer, content.turn, private=False)


def _line(name: str, turn: Turn, bot_user: int, indexed: Sequence[IndexedSource]) -> list[Piece]:
    language = turn.language
    said = line_text(name, language, bot=mention(bot_user), turn=turn.id, who=mention(turn.asker))
    if name != "usage":
        return [Piece(said)]
    words = reply.WORDINGS[language]
    listed = indexed_lines(indexed, language)
    return [
        Piece(f"**{words.usage_title}**"),
        Piece(said),
        Piece(f"**{words.usage_examples_title}**", joint="\n\n"),
        *(Piece(f"・{example}") for example in words.usage_examples),
        Piece(f"**{words.indexed}**", joint="\n\n"),
        *(Piece(f"・{literal(one_line(line, 200))}") for line in listed),
    ]
