"""How an answer, a list of hits and a report look in a terminal, and as JSON for programs.

Knows nothing of how they came about. Text from documents is data here too: it is printed without
markup and without control characters, so it can not move the cursor, set a title or forge a link.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot import reply
from bot.exchange import Answer, Language, Source, Statement
from bot.exchange import Style as AnswerStyle
from ingest.index import Hit

_LINKABLE = re.compile(r"(https?|file)://", re.IGNORECASE)
_JAPANESE = re.compile("[ぁ-ヿ一-鿿]")
_EXCERPT = 160
_NAME = 120


def printable(text: str) -> str:
    """Return the text without characters that steer a terminal or reorder a line."""
    return "".join(
        c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"}
    )


def one_line(text: str, most: int = _NAME) -> str:
    """Return a name as one line of at most so many characters: titles may be pages long."""
    line = " ".join(printable(text[: 2 * most]).split())
    return line if len(line) <= most and len(text) <= 2 * most else f"{line[:most]}…"


def linked(label: str, url: str, *, terminal: bool) -> Text:
    """Return a label that links to `url`; where links do not show, the URL stands below it."""
    text = Text(printable(label))
    if not _LINKABLE.match(url):
        return text
    if terminal:
        text.stylize(Style(link=printable(url), underline=True))
        return text
    return text.append(f"\n   {printable(url)}")


def answer(
    console: Console,
    found: Answer,
    language: Language,
    *,
    with_sources: bool = True,
    style: AnswerStyle = "short",
) -> None:
    """Print an answer or abstention, whole."""
    words = reply.WORDINGS[language]
    if found.state == "answered":
        if found.model_away:
            console.print(Text(words.model_away, style="yellow"), soft_wrap=True)
        if heading := reply.heading(style, language):
            console.print(Text(heading, style="bold"))
        for part in reply.shown(found):
            text = _statement(part, language)
            # rich wraps at blanks, of which Japanese has none: a terminal wraps it better.
            console.print(text, soft_wrap=bool(_JAPANESE.search(text.plain)))
        if found.nothing_more:
            console.print(Text(words.nothing_more, style="dim"))
        for line in reply.old_sources(found.sources, datetime.now(UTC), language):
            console.print(Text(printable(line), style="yellow"))
        if with_sources:
            console.print()
            sources(console, found, language)
        return
    if not found.nearest:
        console.print(Text(words.no_answer_no_documents))
        return
    console.print(Text(words.no_answer))
    for hit in found.nearest:
        console.print(
            Text("・") + linked(reply.place(hit, language), hit.url, terminal=console.is_terminal)
        )


def _statement(part: Statement, language: Language) -> Text:
    shown = Text(printable(reply.statement(part, language)))
    shown.highlight_regex(r"\[\d+\](?=(\[\d+\])*$)", "cyan")
    if part.doubts:
        mark = re.escape(reply.WORDINGS[language].to_check)
        shown.highlight_regex(rf"{mark}(?=(\[\d+\])*$)", "yellow")
    return shown


def failure(found: Answer, language: Language) -> Text:
    """Return the lines of a failed answer; whoever sits at this terminal may see the reason."""
    words = reply.WORDINGS[language].failure.format(turn=found.turn)
    return Text(words).append(f"\n{printable(found.reason or '')}", "dim")


def sources(console: Console, found: Answer, language: Language) -> None:
    """Print the numbered list of sources that an answer cites."""
    console.print(Text(reply.WORDINGS[language].sources, style="bold"))
    for source in found.sources:
        console.print(_source(source, language, terminal=console.is_terminal))


def _source(source: Source, language: Language, *, terminal: bool) -> Text:
    text = Text(f"{source.number}. ")
    label = reply.place(source.hit, language)
    provenance = reply.provenance(source.hit, language)
    if not terminal:
        suffix = f" — {provenance}" if provenance else ""
        return text + linked(label + suffix, source.hit.url, terminal=False)
    text += linked(label, source.hit.url, terminal=True)
    return text.append(printable(f" — {provenance}") if provenance else "", style="dim")


def answer_json(found: Answer, language: Language) -> dict[str, Any]:
    """Return the object that `kurage ask --json` prints; users script against it."""
    return {
        "state": found.state,
        "answer": reply.answer_text(found, language) or None,
        "sources": [
            {
                "number": source.number,
                "title": source.hit.document.title,
                "place": reply.place(source.hit, language),
                "url": source.hit.url,
                "updated": _iso(source.hit.document.updated),
                "owner": source.hit.document.owner,
                "quote": source.quote,
            }
            for source in found.sources
        ],
        "turn": found.turn,
        "timings_ms": dict(found.timings_ms),
        **_noteworthy(found),
    }


def _noteworthy(found: Answer) -> dict[str, Any]:
    """Return the keys that are there only where something is to be said."""
    doubts = [doubt for part in found.statements for doubt in part.doubts]
    failed = [{"name": one.name, "detail": one.detail} for one in found.checks if not one.passed]
    told = {
        "doubts": doubts,
        "checks": failed,
        "model_away": found.model_away,
        "nothing_more": found.nothing_more,
    }
    return {key: value for key, value in told.items() if value}


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(reply.JST).isoformat(timespec="seconds") if moment else None


def hit_json(rank: int, hit: Hit) -> dict[str, Any]:
    """Return one element of what `kurage search --json` prints; users script against it."""
    return {
        "rank": rank,
        "score": round(hit.score, 4),
        "source": hit.document.source,
        "document_id": hit.document.id,
        "title": hit.document.title,
        "url": hit.url,
        "heading": reply.PATH_SEPARATOR.join(hit.chunk.headings),
        "text": hit.chunk.text,
    }


def hits(console: Console, found: list[Hit], language: Language) -> None:
    """Print hits with rank, score, where, and how the text begins; a table on a terminal."""
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", style="cyan", no_wrap=True)
    for rank, hit in enumerate(found, start=1):
        label = linked(reply.place(hit, language), hit.url, terminal=console.is_terminal)
        excerpt = Text(_excerpt(hit.chunk.text), style="dim")
        if console.is_terminal:
            table.add_row(str(rank), f"{hit.score:.2f}", Group(label, excerpt))
        else:
            console.print(Text(f"{rank}. ({hit.score:.2f}) ") + label, Text("\n  "), excerpt)
    if console.is_terminal:
        console.print(table)


def _excerpt(text: str) -> str:
    line = " ".join(printable(text[: 2 * _EXCERPT]).split())
    return line[:_EXCERPT] + ("…" if len(line) > _EXCERPT else "")


def figures(rows: Mapping[str, str]) -> RenderableType:
    """Return a two-column table of names and values."""
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(style="bold", no_wrap=True)
    # Japanese has no blanks to wrap at: a line that is full is broken, not cut off.
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(Text(name), Text(printable(value)))
    return table
