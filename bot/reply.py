"""The wording: what people read around an answer, in Japanese and English, whatever the platform.

Knows nothing of how an answer came about, nor of any platform's markup.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs

from bot.exchange import Answer, Language, Source, Statement
from ingest.index import Hit

JST = timezone(timedelta(hours=9), "JST")
"""Japan has no daylight saving time: a fixed offset needs no time zone database."""

PATH_SEPARATOR = " › "
_OLD = timedelta(days=3 * 365)


@dataclass(frozen=True, slots=True)
class Wording:
    """Every line a person may read, in one language."""

    sources: str
    no_answer: str
    no_answer_no_documents: str
    failure: str
    too_long: str
    empty: str
    long_answer: str
    nothing_more: str
    old_source: str
    updated: str
    page: str
    slide: str
    sheet: str
    searching: str


JAPANESE = Wording(
    sources="📄 出典",
    no_answer="社内の資料からは答えが見つかりませんでした。近い資料はこちらです:",
    no_answer_no_documents="社内の資料からは答えが見つかりませんでした。",
    failure=(
        "申し訳ありません。回答を作れませんでした（番号 {turn}）。"
        "もう一度お試しいただくか、番号を管理者にお知らせください。"
    ),
    too_long="質問は2,000文字までにしてください。",
    empty="質問を入力してください。",
    long_answer="詳しい回答",
    nothing_more="資料にはこれ以上の記載がありません。",
    old_source="※ {title}は3年以上更新されていません。",
    updated="{date:%Y}年{date.month}月{date.day}日更新",
    page="{page}ページ",
    slide="スライド {slide}",
    sheet="シート「{sheet}」{range}",
    searching="資料を探しています…",
)

ENGLISH = Wording(
    sources="📄 Sources",
    no_answer="I found no answer in the company's documents. The nearest ones are:",
    no_answer_no_documents="I found no answer in the company's documents.",
    failure=(
        "Sorry, I could not make an answer (number {turn}). "
        "Please try again, or give the number to your administrator."
    ),
    too_long="Please keep the question within 2,000 characters.",
    empty="Please type a question.",
    long_answer="In detail",
    nothing_more="The documents say no more than this.",
    old_source="Note: {title} has not been updated for more than three years.",
    updated="updated {date.day} {date:%b %Y}",
    page="page {page}",
    slide="slide {slide}",
    sheet="sheet {sheet} {range}",
    searching="Looking through the documents…",
)

WORDINGS: dict[Language, Wording] = {"ja": JAPANESE, "en": ENGLISH}

QUESTION_LIMIT = 2000
"""Characters of a question; longer ones are refused with a line that says so."""


def refusal(question: str, language: Language) -> str | None:
    """Return why a question is not taken: it is empty, or longer than `QUESTION_LIMIT`."""
    words = WORDINGS[language]
    if not question.strip():
        return words.empty
    return words.too_long if len(question) > QUESTION_LIMIT else None


def statement(part: Statement, language: Language) -> str:
    """Return a statement with its numbers: 「…」[1] where it is quoted, plain otherwise."""
    numbers = "".join(f"[{number}]" for number in part.references)
    if not part.verbatim:
        return f"{part.text}{numbers}"
    opening, closing = ("「", "」") if language == "ja" else ("“", "”")
    return f"{opening}{part.text}{closing}{numbers}"


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
    """Return the words for an anchor that names a page, slide or range; empty for a heading."""
    words = WORDINGS[language]
    if not re.match(r"(page|slide|sheet)=", anchor):
        return ""
    fields = {key: values[0] for key, values in parse_qs(anchor).items()}
    if "page" in fields:
        return words.page.format(page=fields["page"])
    if "slide" in fields:
        return words.slide.format(slide=fields["slide"])
    return words.sheet.format(sheet=fields.get("sheet", ""), range=fields.get("range", "")).strip()


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
