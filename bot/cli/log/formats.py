"""Turns for programs and for Excel: JSON, JSON Lines and CSV.

Knows nothing of the terminal, and nothing of how turns are found.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from bot import reply
from bot.conversations import Turn
from bot.exchange import Language

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel in Japan reads a CSV file as CP932."""

EXCEL_CELL = 32_767
"""Characters that a cell of Excel holds; more would spill over into the next row.

https://support.microsoft.com/office/excel-specifications-and-limits
"""

# What makes Excel take a cell for a formula (OWASP, "CSV Injection"); the full-width forms do so in
# Japanese versions.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")


def jst(moment: datetime, pattern: str) -> str:
    """Return a moment as people in Japan write it."""
    return moment.astimezone(reply.JST).strftime(pattern)


def votes(turn: Turn, vote: str) -> int:
    """Return how many people voted so."""
    return sum(feedback.vote == vote for feedback in turn.feedback)


def answer_text(turn: Turn) -> str:
    """Return the answer as the asker read it, a statement a line."""
    return "\n".join(reply.statement(part, turn.language) for part in turn.statements)


def as_object(turn: Turn) -> dict[str, Any]:
    """Return what `--json` prints of a turn; users script against it."""
    return {
        "turn": turn.id,
        "platform": turn.thread.platform,
        "channel": turn.thread.channel,
        "thread": turn.thread.root,
        "message": turn.message,
        "asker": turn.asker,
        "question": turn.question,
        "searched": turn.searched,
        "state": turn.state,
        "style": turn.style,
        "language": turn.language,
        "answer": answer_text(turn) or None,
        "confidence": turn.confidence,
        "error": turn.error,
        "created": _iso(turn.created),
        "finished": _iso(turn.finished),
        "generator": turn.generator,
        "index_revision": turn.index_revision,
        "timings_ms": dict(turn.timings_ms),
        "passages": [
            {
                "position": passage.position,
                "cited": passage.cited,
                "source": passage.source,
                "document_id": passage.document_id,
                "title": passage.title,
                "heading": passage.heading,
                "url": passage.url,
                "score": passage.score,
                "quote": passage.quote,
            }
            for passage in turn.passages
        ],
        "feedback": [
            {
                "user": feedback.user,
                "vote": feedback.vote,
                "comment": feedback.comment,
                "created": _iso(feedback.created),
            }
            for feedback in turn.feedback
        ],
    }


def json_lines(turns: Iterable[Turn]) -> Iterator[str]:
    """Yield a line of JSON a turn."""
    for turn in turns:
        yield json.dumps(as_object(turn), ensure_ascii=False) + "\n"


def _sources(turn: Turn) -> str:
    cited = sorted((p for p in turn.passages if p.cited is not None), key=lambda p: p.cited or 0)
    return "\n".join(f"[{passage.cited}] {passage.title} {passage.url}" for passage in cited)


def _comments(turn: Turn) -> str:
    return "\n".join(feedback.comment for feedback in turn.feedback if feedback.comment)


def _seconds(turn: Turn) -> float | None:
    return (turn.finished - turn.created).total_seconds() if turn.finished else None


def _figure(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


_COLUMNS: dict[tuple[str, str], Callable[[Turn], str]] = {
    ("Turn", "番号"): lambda turn: turn.id,
    ("Asked (JST)", "日時"): lambda turn: jst(turn.created, "%Y-%m-%d %H:%M:%S"),
    ("Platform", "プラットフォーム"): lambda turn: turn.thread.platform,
    ("Channel", "チャンネル"): lambda turn: turn.thread.channel,
    ("Asker", "質問者"): lambda turn: turn.asker,
    ("Question", "質問"): lambda turn: turn.question,
    ("Searched for", "検索語"): lambda turn: turn.searched or "",
    ("State", "状態"): lambda turn: turn.state,
    ("Answer", "回答"): answer_text,
    ("Sources", "出典"): _sources,
    ("Confidence", "確信度"): lambda turn: _figure(turn.confidence, 3),
    ("Seconds", "所要秒数"): lambda turn: _figure(_seconds(turn), 2),
    ("Helpful", "役に立った"): lambda turn: str(votes(turn, "up")),
    ("Not helpful", "役に立たなかった"): lambda turn: str(votes(turn, "down")),
    ("Comments", "コメント"): _comments,
    ("Error", "エラー"): lambda turn: turn.error or "",
}


def csv_lines(turns: Iterable[Turn], language: Language) -> Iterator[str]:
    """Yield a table that Excel opens by a double click and in which no cell is a formula."""
    column = 1 if language == "ja" else 0
    yield BYTE_ORDER_MARK + _row(names[column] for names in _COLUMNS)
    for turn in turns:
        yield _row(harmless(value(turn)) for value in _COLUMNS.values())


def harmless(cell: str) -> str:
    """Return the cell so that Excel shows it as text, whole as far as a cell can hold it.

    The apostrophe is what people type for the same purpose.
    """
    guarded = f"'{cell}" if _FORMULA.match(cell) else cell
    return guarded if len(guarded) <= EXCEL_CELL else guarded[: EXCEL_CELL - 1] + "…"


def _row(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(reply.JST).isoformat(timespec="milliseconds") if moment else None
