"""An answer, an abstention and a failure, as Slack shows them.

The anatomy is the same on every platform: what is said, numbers, sources, buttons.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot import reply
from bot.exchange import Answer, Language, Source, Statement, Style
from bot.reply import WORDINGS
from bot.slack import actions
from bot.slack.view import values
from bot.slack.view.layout import messages, rich_text
from bot.slack.view.markup import literal, paragraphs
from bot.slack.view.safe import linkable, names_another_site, one_line, shown_url, site
from bot.slack.view.text import filled, words
from bot.slack.view.values import Json, Paragraph, Part, Run, button, plain
from ingest.index import Hit
from ingest.sentences import sentences


@dataclass(frozen=True, slots=True)
class Shape:
    """How an answer is to be shown."""

    turn: str
    """Id that the buttons carry."""
    language: Language
    style: Style = "short"
    private: bool = False
    shared: bool = False
    """Whether it is shown to others than its asker, who alone may ask for more."""
    now: datetime | None = None


def answer(content: Answer, shape: Shape, before: Sequence[Paragraph] = ()) -> list[Part]:
    """Return the messages of an answer, below the paragraphs `before`."""
    if content.state == "answered":
        body, foot = _answered(content, shape)
    else:
        body, foot = unanswered(content, shape), []
    return parts([*before, *body], foot, _tail(content, shape))


def parts(body: Sequence[Paragraph], foot: Sequence[Paragraph], tail: Sequence[Json]) -> list[Part]:
    """Return messages of body and foot, with the blocks of `tail` below the last one."""
    packed = messages(body, foot)
    blocks = [[*rich_text(said), *rich_text(below)] for said, below in packed]
    blocks[-1] += tail
    return [
        Part(words([*said, *below]), made)
        for (said, below), made in zip(packed, blocks, strict=True)
    ]


def _answered(content: Answer, shape: Shape) -> tuple[list[Paragraph], list[Paragraph]]:
    words = WORDINGS[shape.language]
    heading = reply.heading(shape.style, shape.language)
    body = [
        *([plain(words.model_away)] if content.model_away else []),
        *([plain(heading, bold=True)] if heading else []),
        *said(content, shape.language),
        *([plain(words.nothing_more)] if content.nothing_more else []),
    ]
    if not content.sources:
        return body, []
    old = reply.old_sources(content.sources, shape.now or datetime.now(UTC), shape.language)
    return body, [
        plain(words.sources, bold=True),
        *sources(content.sources, shape.language),
        *(plain(one_line(line)) for line in old),
    ]


def unanswered(content: Answer, shape: Shape) -> list[Paragraph]:
    """Return what is said where there is no answer: the nearest documents, or a number."""
    words = WORDINGS[shape.language]
    if content.state == "failed":
        return filled(words.failure, turn=shape.turn)
    if shape.style == "long":
        return filled(words.nothing_more)
    if not content.nearest:
        return filled(words.no_answer_no_documents)
    return [*filled(words.no_answer), *nearest(content.nearest, shape.language)]


def nearest(hits: Sequence[Hit], language: Language) -> list[Paragraph]:
    """Return a line a document, linked."""
    return [plain("・", *_place(hit, language)) for hit in hits]


def _tail(content: Answer, shape: Shape) -> list[Json]:
    words = WORDINGS[shape.language]
    made = _buttons(content, shape)
    note = {"type": "context", "elements": [values.plain_text(words.private_note, 2000)]}
    noted = shape.private and content.state != "failed"
    return [*([note] if noted else []), *([values.actions(made)] if made else [])]


def _buttons(content: Answer, shape: Shape) -> list[Json]:
    words = WORDINGS[shape.language]
    person = button(words.ask_person, actions.ASK_PERSON, shape.turn)
    if content.state == "failed" or (content.state == "abstained" and shape.style == "long"):
        return []
    if content.state == "abstained":
        return [person, button(words.rephrase, actions.REPHRASE, shape.turn)]
    longer = shape.style == "short" and not shape.shared
    more = [button(words.more, actions.MORE, shape.turn)] if longer else []
    share = [button(words.share, actions.SHARE, shape.turn)] if shape.private else []
    helpful = button(words.helpful, actions.HELPFUL, shape.turn)
    not_helpful = button(words.not_helpful, actions.NOT_HELPFUL, shape.turn)
    return [*more, helpful, not_helpful, person, *share]


# What is said


def said(content: Answer, language: Language) -> list[Paragraph]:
    """Return the statements with their numbers; sentences of one line run on.

    Below one that is doubted stands what its source says.
    """
    own = _own(content)
    found: list[Paragraph] = []
    ran_on = False
    for part in reply.shown(content):
        made = _statement(part, language, own)
        runs_on = _is_sentence(part, made)
        if runs_on and ran_on:
            found[-1] = found[-1].with_runs(Run(" "), *made[0].runs)
        else:
            found += made
        ran_on = runs_on and not part.text.endswith("\n")
    return found


def _own(content: Answer) -> AbstractSet[str]:
    urls = {url for each in content.sources for url in (each.hit.url, each.hit.document.url)}
    return {address for url in urls if (address := linkable(url))}


def _is_sentence(part: Statement, made: Sequence[Paragraph]) -> bool:
    one = len(made) == 1 and made[0].kind == "plain" and not part.verbatim
    return one and len(sentences(part.text)) <= 1


def _statement(part: Statement, language: Language, own: AbstractSet[str]) -> list[Paragraph]:
    doubt = reply.doubt(part, language)
    doubted = (Run(doubt, whole=True),) if doubt else ()
    numbers = (*doubted, *(Run(f"[{number}]", whole=True) for number in part.references))
    if part.verbatim:
        opening, closing = ("「", "」") if language == "ja" else ("“", "”")
        made = literal(part.text)
        made[0] = replace(made[0], runs=(Run(opening), *made[0].runs))
        made[-1] = made[-1].with_runs(Run(closing), *numbers)
        return made
    made = paragraphs(part.text, own)
    if numbers and (not made or made[-1].kind == "code"):
        return [*made, plain(*numbers)]
    made[-1:] = [each.with_runs(*numbers) for each in made[-1:]]
    return made


# Where it stands


def sources(listed: Sequence[Source], language: Language) -> list[Paragraph]:
    """Return the numbered list: the path to the place, linked, with owner and date."""
    return [_source(each, language) for each in listed]


def _source(source: Source, language: Language) -> Paragraph:
    provenance = one_line(reply.provenance(source.hit, language))
    runs = (*_place(source.hit, language), *((Run(f" — {provenance}"),) if provenance else ()))
    return Paragraph(runs, "ordered", number=source.number)


def _place(hit: Hit, language: Language) -> tuple[Run, ...]:
    """Return the path to a place as a link; beside it where it may not be the link's own text."""
    label = one_line(reply.place(hit, language)) or "…"
    opening, closing = ("（", "）") if language == "ja" else (" (", ")")
    address = linkable(reply.address(hit))
    if not address:
        url = shown_url(reply.address(hit))
        return (Run(f"{label}{opening}{url}{closing}" if url else label),)
    if names_another_site(label, address):
        return (Run(label + opening), Run(site(address), "link", address), Run(closing))
    return (Run(label, "link", address),)
