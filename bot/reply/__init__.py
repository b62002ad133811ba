"""What people read around an answer, in Japanese and English, whatever the platform.

Knows nothing of how an answer came about, nor of any platform's markup.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs

from bot.exchange import Answer, Language, Source, Statement, Style
from bot.reply.wording import ENGLISH, JAPANESE, WORDINGS, Wording
from ingest.index import Hit

__all__ = [
    "ENGLISH",
    "JAPANESE",
    "JST",
    "PATH_SEPARATOR",
    "QUESTION_LIMIT",
    "WORDINGS",
    "Wording",
    "address",
    "answer_text",
    "date",
    "doubt",
    "heading",
    "marks",
    "old_sources",
    "place",
    "provenance",
    "refusal",
    "shown",
    "statement",
]

JST = timezone(timedelta(hours=9), "JST")
"""Japan has no daylight saving time: a fixed offset needs no time zone database."""

PATH_SEPARATOR = " › "
_OLD = timedelta(days=3 * 365)


QUESTION_LIMIT = 2000
"""Characters of a question; longer ones are refused with a line that says so."""


def refusal(question: str, language: Language) -> str | None:
    """Return why a question is not taken: it is empty, or longer than `QUESTION_LIMIT`."""
    words = WORDINGS[language]
    if not question.strip():
        return words.empty
    return words.too_long if len(question) > QUESTION_LIMIT else None


def heading(style: Style, language: Language) -> str | None:
    """Return the line above an answer that is not the usual one: 詳しい回答, 要約."""
    words = WORDINGS[language]
    return {
        "long": words.long_answer,
        "simple": words.simple_answer,
        "summary": words.summary,
    }.get(style)


def doubt(part: Statement, language: Language) -> str:
    """Return the mark behind a statement that is doubted, with its blank; else nothing."""
    if not part.doubts:
        return ""
    return WORDINGS[language].to_check if language == "ja" else f" {WORDINGS[language].to_check}"


def marks(part: Statement, language: Language) -> str:
    """Return what stands behind a statement: 〔要確認〕 where it is doubted, then its numbers."""
    return doubt(part, language) + "".join(f"[{number}]" for number in part.references)


def statement(part: Statement, language: Language) -> str:
    """Return a statement with its marks: 「…」[1] where it is quoted, plain otherwise."""
    behind = marks(part, language)
    if not part.verbatim:
        return f"{part.text.rstrip()}{behind}"
    opening, closing = ("「", "」") if language == "ja" else ("“", "”")
    return f"{opening}{part.text}{closing}{behind}"


def shown(answer: Answer) -> tuple[Statement, ...]:
    """Return an answer's statements with the source's own words below each that is doubted.

    A quote is shown once, below the first statement that needs it.
    """
    quotes = {source.number: source.quote for source in answer.sources if source.quote}
    said = {part.text for part in answer.statements if part.verbatim}
    parts: list[Statement] = []
    for part in answer.statements:
        parts.append(part)
        for number in part.references if part.doubts else ():
            quote = quotes.get(number)
            if quote and quote not in said:
                said.add(quote)
                parts.append(Statement(quote, (number,), verbatim=True))
    return tuple(parts)


def answer_text(answer: Answer, language: Language) -> str:
    """Return the answer's statements with inline numbers, one a line; empty unless answered."""
    return "\n".join(statement(part, language) for part in answer.statements)


def place(hit: Hit, language: Language) -> str:
    """Return where a hit stands as a path: 就業規則 › 第5章 休暇 › 有給休暇の申請（3ページ）."""
    path = [hit.document.title]
    # A document's first heading is often its title again.
    path += [heading for heading in hit.chunk.headings if heading != path[-1]]
    spot = _spot(hit.chunk.anchor, language)
    if not spot:
        return PATH_SEPARATOR.join(path)
    return PATH_SEPARATOR.join(path) + (f"（{spot}）" if language == "ja" else f" ({spot})")


def _spot(anchor: str, language: Language) -> str:
    """Return the words for an anchor that names a page, slide or range; empty for a heading.

    Google's own ids say nothing to people: of a slide its heading does, of a sheet the range.
    """
    words = WORDINGS[language]
    if not re.match(r"(page|slide|sheet|gid)=(?!id\.)", anchor):
        return ""
    fields = {key: values[0] for key, values in parse_qs(anchor).items()}
    if "page" in fields:
        return words.page.format(page=fields["page"])
    if "slide" in fields:
        return words.slide.format(slide=fields["slide"])
    if "gid" in fields:
        return fields.get("range", "")
    return words.sheet.format(sheet=fields.get("sheet", ""), range=fields.get("range", "")).strip()


def address(hit: Hit) -> str:
    """Return what leads to a hit from elsewhere: its link, of a local file its path in the source.

    Where files lie on the bot's machine is of no use to others, and none of their business.
    """
    local = hit.document.url.lower().startswith("file:")
    return hit.document.id if local else hit.url


def provenance(hit: Hit, language: Language) -> str:
    """Return owner and date: 人事部・2026年4月1日更新; empty where neither is known."""
    parts = [hit.document.owner] if hit.document.owner else []
    if hit.document.updated:
        parts.append(date(hit.document.updated, language))
    return ("・" if language == "ja" else ", ").join(parts)


def date(moment: datetime, language: Language) -> str:
    """Return the day of a moment in Japan, as a sentence fragment."""
    return WORDINGS[language].updated.format(date=moment.astimezone(JST))


def old_sources(sources: Sequence[Source], now: datetime, language: Language) -> list[str]:
    """Return a line for each cited document that nobody has touched for three years."""
    titles = dict.fromkeys(
        source.hit.document.title
        for source in sources
        if source.hit.document.updated and now - source.hit.document.updated > _OLD
    )
    return [WORDINGS[language].old_source.format(title=title) for title in titles]
