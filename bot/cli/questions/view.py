"""How questions look in a terminal, and as JSON for programs.

What a model made of documents is data: it is printed without markup and control characters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.console import say
from bot.cli.render import printable
from ingest.index import Hit
from ingest.questions import Report
from ingest.questions.check import Flaw
from ingest.state.questions import Pair, QuestionState, chunk_hash

_PIPE_WIDTH = 1000
# Failures shown of a run; --json has them all.
_SHOWN = 20

_STATES: Mapping[QuestionState, tuple[str, str]] = {
    "kept": (say("kept", "採用"), "cyan"),
    "approved": (say("approved", "承認"), "green"),
    "rejected": (say("rejected", "却下"), "red"),
    "dropped": (say("dropped", "不採用"), "dim"),
}
_FLAWS: dict[Flaw, str] = {
    "no question": say("is no question", "質問の形でない"),
    "too short": say("too short", "短すぎる"),
    "too long": say("too long", "長すぎる"),
    "tags": say("holds tags of prompts", "プロンプトの記号を含む"),
    "copied": say("copied from the text", "本文の丸写し"),
    "said before": say("asked before of the same text", "同じ本文の質問と重複"),
    "answer not in the text": say("the answer is not in the text", "回答が本文にない"),
    "not found": say("does not find its text", "質問から本文を検索できない"),
}


def reason(of: str | None) -> str:
    """Return why a pair was dropped or rejected, in the reader's language."""
    return next((words for flaw, words in _FLAWS.items() if flaw == of), of or "")


def print_table(console: Console, pairs: Sequence[Pair]) -> None:
    """Print pairs, a row each."""
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    shown = Table(box=None, padding=(0, 1), header_style="bold")
    for heading in (say("Number", "番号"), say("State", "状態")):
        shown.add_column(heading, no_wrap=True)
    for heading in (
        say("Question", "質問"),
        say("Answer", "回答"),
        say("Document", "文書"),
        say("Reason", "理由"),
    ):
        shown.add_column(heading, overflow="fold")
    for pair in pairs:
        words, style = _STATES[pair.state]
        shown.add_row(
            Text(pair.id, style="bold"),
            Text(words, style=style),
            Text(printable(pair.question)),
            Text(printable(pair.answer)),
            Text(printable(f"{pair.place.source} › {pair.place.document_id}"), style="dim"),
            Text(printable(reason(pair.reason)), style="dim"),
        )
    console.print(shown)


def print_report(console: Console, report: Report) -> None:
    """Print what a run did."""
    dropped = report.dropped.total()
    counts = (
        (report.chunks, "texts asked about", "質問を作った断片"),
        (report.unchanged, "unchanged", "変更なし"),
        (report.kept, "kept", "採用"),
        (dropped, "dropped", "不採用"),
        (report.removed, "removed with their texts", "本文とともに削除"),
        (len(report.failed), "failed", "失敗"),
    )
    told = [say(f"{n} {en}", f"{ja} {n}") for n, en, ja in counts if n or en == "kept"]
    seconds = say(f"({report.seconds:.1f} s)", f"（{report.seconds:.1f} 秒）")
    console.print(Text(say(", ", "、").join(told)), Text(seconds, "dim"))
    for flaw, count in report.dropped.most_common():
        console.print(Text(f"  {count} × {reason(flaw)}", "dim"))
    for place, why in report.failed[:_SHOWN]:
        console.print(Text(f"  ✘ {printable(place)}: {printable(why)}", "red"))
    more = len(report.failed) - _SHOWN
    if more > 0:
        rest = say(f"and {more} more (see --json)", f"ほか {more} 件（--json で表示）")
        console.print(Text(f"  ✘ {rest}", "red"))
    print_waiting(console, report.waiting)


def print_waiting(console: Console, waiting: Mapping[str, str]) -> None:
    """Say which sources are being synced, so that searches follow later."""
    if waiting:
        names = ", ".join(sorted(waiting))
        text = say(
            f"Search does not know it yet, as documents are being ingested right now: {names}; "
            "it will after the next `kurage ingest` or `kurage questions generate`",
            f"文書の取り込み中のため、検索にはまだ反映されていません: {names}。"
            "次の kurage ingest か kurage questions generate で反映されます",
        )
        console.print(Text(printable(text), "yellow"))


def as_object(pair: Pair) -> dict[str, Any]:
    """Return a pair for programs."""
    return {
        "id": pair.id,
        "state": pair.state,
        "reason": pair.reason,
        "question": pair.question,
        "answer": pair.answer,
        "source": pair.place.source,
        "document": pair.place.document_id,
        "ordinal": pair.place.ordinal,
        "model": pair.model,
        "created": pair.created.isoformat(),
        "decided": pair.decided.isoformat() if pair.decided else None,
        "decided_by": pair.decided_by,
    }


def exported(pair: Pair, chunks: Sequence[Hit]) -> Iterator[str]:
    """Yield the line of an export, as `kurage eval --questions` reads it.

    None where the document no longer holds the text: nothing would answer the question.
    """
    for hit in chunks:
        if chunk_hash(hit.chunk.text) == pair.place.chunk:
            row = {
                "question": pair.question,
                "answer": pair.answer,
                "document": pair.place.document_id,
                "source": pair.place.source,
                "url": hit.url,
                "state": pair.state,
            }
            yield json.dumps(row, ensure_ascii=False) + "\n"
            return
