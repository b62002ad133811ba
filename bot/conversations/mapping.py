"""Rows and values: what an answer leaves in SQL, and what a row of SQL means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from bot.conversations.tables import FeedbackRow, PassageRow, TraceRow, TurnRow, clean
from bot.conversations.values import (
    Feedback,
    Shown,
    ShownKind,
    ShownPassage,
    Thread,
    Turn,
    TurnState,
)
from bot.exchange import Answer, Language, Source, Statement, Style
from bot.reply import PATH_SEPARATOR
from bot.trace import Trace, calls_json, checks_json, trace_of, traced
from ingest.index import Hit

_KEPT_PASSAGES = 50
"""Of the ranking; what the answer cites or names is kept wherever it stands."""


def turn_of(row: TurnRow) -> Turn:
    """Return the turn of a row whose conversation, passages and feedback are loaded."""
    conversation = row.conversation
    return Turn(
        id=row.id,
        thread=Thread(conversation.platform, conversation.channel, conversation.thread),
        message=row.message,
        asker=row.asker,
        question=row.question,
        searched=row.searched,
        state=cast("TurnState", row.state),
        style=cast("Style", row.style),
        language=cast("Language", row.language),
        created=row.created,
        updated=row.updated,
        finished=row.finished,
        statements=tuple(
            Statement(
                held["text"],
                tuple(held["references"]),
                held["verbatim"],
                tuple(held.get("doubts", ())),
            )
            for held in row.statements
        ),
        confidence=row.confidence,
        error=row.error,
        timings_ms=row.timings_ms,
        generator=row.generator,
        index_revision=row.index_revision,
        passages=tuple(_passage(passage) for passage in row.passages),
        feedback=tuple(_feedback(feedback) for feedback in row.feedback),
        task=row.task,
        about=row.about,
        replaces=row.replaces,
        sources=frozenset(row.sources) if row.sources is not None else None,
        reach=row.reach,
        asked=row.asked,
        attempts=row.attempts,
        shown=tuple(Shown(one.channel, one.id, cast("ShownKind", one.kind)) for one in row.shown),
    )


def statement_values(statement: Statement) -> dict[str, Any]:
    """Return a statement as `turns.statements` holds it."""
    doubts = [clean(doubt) for doubt in statement.doubts]
    return {
        "text": clean(statement.text),
        "references": list(statement.references),
        "verbatim": statement.verbatim,
        **({"doubts": doubts} if doubts else {}),
    }


def trace_row(turn: str, answer: Answer) -> dict[str, Any] | None:
    """Return the columns of an answer's trace; None where no model had a part in it."""
    trace = traced(answer)
    if trace is None:
        return None
    return {
        "turn_id": turn,
        "calls": _cleaned(calls_json(trace)),
        "checks": _cleaned(checks_json(trace.checks)),
    }


def trace_of_row(row: TraceRow) -> Trace:
    """Return the trace of a row."""
    return trace_of(row.calls, row.checks)


def _cleaned(value: Any) -> Any:
    """Return plain values with every text as a database stores it."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: _cleaned(held) for key, held in value.items()}
    return [_cleaned(held) for held in value] if isinstance(value, list) else value


def passage_rows(turn: str, answer: Answer) -> list[dict[str, Any]]:
    """Return the columns of each passage: the ranking, then what else is cited or named."""
    return [
        {
            "turn_id": turn,
            "position": position,
            "cited": source.number if source else None,
            "source": hit.document.source,
            "document_id": hit.document.id,
            "ordinal": hit.chunk.ordinal,
            "title": hit.document.title,
            "heading": PATH_SEPARATOR.join(hit.chunk.headings),
            "url": hit.url,
            "score": hit.score,
            "quote": source.quote if source else None,
            "anchor": hit.chunk.anchor,
            "updated": hit.document.updated,
            "owner": hit.document.owner,
        }
        for position, (hit, source) in enumerate(_found(answer), start=1)
    ]


def _found(answer: Answer) -> Iterator[tuple[Hit, Source | None]]:
    """Yield each passage once, or once a citation where the answer cites it several times."""
    cited: dict[tuple[str, str, int], list[Source]] = {}
    for source in answer.sources:
        cited.setdefault(_key(source.hit), []).append(source)
    named = (*(source.hit for source in answer.sources), *answer.nearest)
    hits: dict[tuple[str, str, int], Hit] = {}
    for hit in (*answer.ranking[:_KEPT_PASSAGES], *named):
        hits.setdefault(_key(hit), hit)
    for key, hit in hits.items():
        yield from ((hit, source) for source in cited.get(key, [None]))


def _key(hit: Hit) -> tuple[str, str, int]:
    return hit.document.source, hit.document.id, hit.chunk.ordinal


def _passage(row: PassageRow) -> ShownPassage:
    return ShownPassage(
        position=row.position,
        cited=row.cited,
        source=row.source,
        document_id=row.document_id,
        ordinal=row.ordinal,
        title=row.title,
        heading=row.heading,
        url=row.url,
        score=row.score,
        quote=row.quote,
        anchor=row.anchor,
        updated=row.updated,
        owner=row.owner,
    )


def _feedback(row: FeedbackRow) -> Feedback:
    return Feedback(row.given_by, "up" if row.value > 0 else "down", row.comment, row.created)
