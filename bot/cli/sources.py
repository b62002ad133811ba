"""`kurage sources`: what is indexed, how its last sync went, when the next one is due.

The page that an administrator looks at first: it also shows what is not there yet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.arguments import AsJson
from bot.cli.console import err, out, say

if TYPE_CHECKING:
    from rich.console import Console

    from bot.app import App

_FAILURES = 5
"""Unread documents that are shown of a source without --verbose."""

HELP = say(
    """List the sources and their state.

    How much of each is indexed, how the last sync ended, when the next one is due, what could not
    be read and why.
    """,
    """取り込み元とその状態を一覧します。

    索引の件数、最後の同期の結果、次の同期の予定、読めなかった文書とその理由を表示します。
    """,
)


def command(
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help=say("All unread documents.", "読めなかった文書をすべて表示します。"),
        ),
    ] = False,
    json_: AsJson = False,
) -> None:
    """List."""
    from bot import app

    with app.open_app() as kurage:
        problem, rows = _rows(kurage)
    if json_:
        if problem:
            err().print(problem, markup=False)
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    _print(out(), problem, rows, shown=None if verbose else _FAILURES)


def _rows(kurage: App) -> tuple[str | None, list[dict[str, Any]]]:
    """Return what keeps the index from being counted, if anything does, and a row a source."""
    from ingest.index import SearchIndexError

    configured = kurage.settings.config.sources
    stored = {source.name: source for source in kurage.state.sources()}
    # Configured sources come first, then folders that were ingested by hand.
    names = list(dict.fromkeys([*configured, *stored]))
    try:
        counts = {name: kurage.index.count(name) for name in names}
        problem = None
    except SearchIndexError as error:
        counts, problem = {}, str(error)
    return problem, [_row(kurage, name, stored.get(name), counts.get(name)) for name in names]


def _row(kurage: App, name: str, stored: Any, counts: tuple[int, int] | None) -> dict[str, Any]:
    """Return everything that is known of one source; users script against it."""
    configured = kurage.settings.config.sources.get(name)
    runs = kurage.state.runs(name, limit=1)
    run = runs[0] if runs else None
    feed = kurage.state.feed(name)
    documents, chunks = counts or (None, None)
    location = str(configured.path) if configured else stored.location
    return {
        "name": name,
        "kind": configured.kind if configured else stored.kind,
        "location": location,
        "configured": configured is not None,
        "documents": documents,
        "chunks": chunks,
        "last_sync": _iso(run.started) if run else None,
        "outcome": run.outcome if run else None,
        "seconds": _seconds(run) if run else None,
        "report": _report(run.report) if run and run.report else None,
        "error": run.error if run else None,
        "every": configured.every if configured else None,
        "next_sync": _iso(_due(run, configured.every)) if configured and configured.every else None,
        "listed": _iso(feed.listed),
        "cursor": feed.cursor is not None,
        "failed": [
            {"name": failure.name, "reason": failure.reason, "attempts": failure.attempts}
            for failure in kurage.state.failures(name).values()
        ],
    }


def _seconds(run: Any) -> float | None:
    return round((run.finished - run.started).total_seconds(), 1) if run.finished else None


def _report(report: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts of a sync's report that say something."""
    names = ("written", "unchanged", "deleted", "readers_updated")
    return {name: report[name] for name in names if name in report}


def _due(run: Any, every: str) -> datetime:
    """Return when `kurage serve` syncs next: at its start where there was no sync yet."""
    from bot.settings import seconds

    now = datetime.now(UTC)
    return now if run is None else run.started + timedelta(seconds=seconds(every))


def _iso(moment: datetime | None) -> str | None:
    from bot.reply import JST

    return moment.astimezone(JST).isoformat(timespec="seconds") if moment else None


def _print(
    console: Console, problem: str | None, rows: Sequence[dict[str, Any]], *, shown: int | None
) -> None:
    from rich.text import Text

    from bot.cli.render import printable

    if problem:
        console.print(Text(printable(problem), style="yellow"), soft_wrap=True)
    if not rows:
        hint = say(
            "There is no source yet. `kurage init` or `kurage ingest folder PATH` makes one.",
            "取り込み元がまだありません。"
            "kurage init か kurage ingest folder フォルダー で作れます。",
        )
        console.print(Text(hint), soft_wrap=True)
        return
    for row in rows:
        _print_row(console, row, shown)
    documents = sum(row["documents"] or 0 for row in rows)
    chunks = sum(row["chunks"] or 0 for row in rows)
    unread = sum(len(row["failed"]) for row in rows)
    total = say(
        f"{len(rows)} sources, {documents:,} documents, {chunks:,} chunks, {unread:,} unread",
        f"取り込み元 {len(rows)}、文書 {documents:,}、断片 {chunks:,}、読めない文書 {unread:,}",
    )
    console.print(Text(total, style="bold"))


def _print_row(console: Console, row: Mapping[str, Any], shown: int | None) -> None:
    from rich.text import Text

    from bot.cli.render import figures, printable

    mark, colour = _mark(row)
    title = Text(f"{mark} ", style=colour).append(printable(row["name"]), "bold")
    place = f"  {row['kind']} {row['location']}"
    console.print(title.append(printable(place), "dim"), soft_wrap=True)
    console.print(figures(_facts(row)))
    for failure in row["failed"][:shown]:
        line = f"     ✘ {failure['name']}: {failure['reason']}"
        console.print(Text(printable(line), style="yellow"), soft_wrap=True)
    more = len(row["failed"]) - (len(row["failed"]) if shown is None else shown)
    if more > 0:
        rest = say(f"… and {more} more (--verbose)", f"… ほか {more} 件（--verbose で表示）")
        console.print(Text(f"     {rest}", style="yellow"))
    console.print()


def _mark(row: Mapping[str, Any]) -> tuple[str, str]:
    if row["outcome"] in {"failed", "interrupted"}:
        return "✘", "red"
    if row["failed"] or not row["documents"]:
        return "▲", "yellow"
    return "✔", "green"


def _facts(row: Mapping[str, Any]) -> dict[str, str]:
    facts = {
        say("Indexed", "索引"): _indexed(row),
        say("Last sync", "最後の同期"): _last(row),
        say("Next sync", "次の同期"): _next(row),
        say("Listed in full", "全件の確認"): _ago(row["listed"]) if row["listed"] else None,
        say("Change feed", "変更の追跡"): _feed(row),
        say("Not read", "読めない文書"): _unread(row),
    }
    return {f"  {name}": value for name, value in facts.items() if value}


def _indexed(row: Mapping[str, Any]) -> str:
    if row["documents"] is None:
        return say("unknown", "不明")
    return say(
        f"{row['documents']:,} documents, {row['chunks']:,} chunks",
        f"文書 {row['documents']:,}、断片 {row['chunks']:,}",
    )


def _last(row: Mapping[str, Any]) -> str:
    if row["last_sync"] is None:
        how = f"kurage ingest {row['name']}"
        return say(f"none yet; run `{how}`", f"まだありません。{how} を実行してください")
    outcomes = {
        "finished": say("finished", "完了"),
        "failed": say("failed", "失敗"),
        "interrupted": say(
            "interrupted; the next one goes on", "中断。次の同期で続きから再開します"
        ),
        "running": say("running", "実行中"),
    }
    parts = [f"{_minute(row['last_sync'])} {outcomes.get(row['outcome'], row['outcome'])}"]
    if row["seconds"] is not None:
        parts.append(say(f"{row['seconds']:g} s", f"{row['seconds']:g} 秒"))
    names = {
        "written": say("written", "書き込み"),
        "unchanged": say("unchanged", "変更なし"),
        "deleted": say("deleted", "削除"),
        "readers_updated": say("readers updated", "権限を更新"),
    }
    for key, count in (row["report"] or {}).items():
        if count:
            parts.append(say(f"{count} {names[key]}", f"{names[key]} {count}"))
    text = say(", ", "、").join(parts)
    return f"{text}\n{row['error']}" if row["error"] else text


def _next(row: Mapping[str, Any]) -> str:
    if row["next_sync"] is None:
        return say("only by hand", "手動のみ")
    overdue = datetime.fromisoformat(row["next_sync"]) <= datetime.now(UTC)
    when = say("due now", "予定時刻を過ぎています") if overdue else _minute(row["next_sync"])
    return say(
        f"{when} (every {row['every']}, while `kurage serve` runs)",
        f"{when}（{row['every']} ごと。kurage serve の稼働中）",
    )


def _feed(row: Mapping[str, Any]) -> str | None:
    """Return how old the cursor is: it was saved by the last sync that finished."""
    if not row["cursor"]:
        return None
    return say("from ", "起点: ") + _ago(row["last_sync"])


def _unread(row: Mapping[str, Any]) -> str | None:
    return say(f"{len(row['failed'])}", f"{len(row['failed'])} 件") if row["failed"] else None


def _minute(moment: str) -> str:
    """Return day and time in Japan, to the minute."""
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M}"


def _ago(moment: str) -> str:
    """Return how long ago a moment is, in the largest unit that fits."""
    minutes = int((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds() // 60)
    for size, en, ja in ((1440, "days", "日"), (60, "hours", "時間"), (1, "minutes", "分")):
        if minutes >= size:
            count = minutes // size
            return say(f"{count} {en if count > 1 else en[:-1]} ago", f"{count}{ja}前")
    return say("just now", "たった今")
