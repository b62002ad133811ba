"""`kurage sources`: what is indexed, and how its last sync went."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import typer

from bot.cli.arguments import AsJson
from bot.cli.console import out, say

HELP = say(
    "List the sources: how much of each is indexed, when it was synced, what could not be read.",
    "取り込み元ごとに、索引の件数・最後の同期・読めなかった文書を一覧します。",
)


def command(json_: AsJson = False) -> None:
    """List."""
    from bot import app

    with app.open_app() as kurage:
        rows = [_row(kurage, name) for name in _names(kurage)]
    if json_:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        out().print(_table(rows))


def _names(kurage: Any) -> list[str]:
    """Return configured sources first, then folders that were ingested by hand."""
    known = [source.name for source in kurage.state.sources()]
    return list(dict.fromkeys([*kurage.settings.config.sources, *known]))


def _row(kurage: Any, name: str) -> dict[str, Any]:
    stored = {source.name: source for source in kurage.state.sources()}.get(name)
    documents, chunks = kurage.index.count(name)
    runs = kurage.state.runs(name, limit=1)
    return {
        "name": name,
        "kind": stored.kind if stored else kurage.settings.config.sources[name].kind,
        "location": stored.location if stored else None,
        "documents": documents,
        "chunks": chunks,
        "last_sync": runs[0].started.isoformat(timespec="seconds") if runs else None,
        "outcome": runs[0].outcome if runs else None,
        "failed": [
            {"name": failure.name, "reason": failure.reason}
            for failure in kurage.state.failures(name).values()
        ],
    }


def _table(rows: list[dict[str, Any]]) -> Any:
    from rich.table import Table
    from rich.text import Text

    from bot.cli.render import printable

    table = Table(box=None)
    for en, ja in (
        ("Source", "取り込み元"),
        ("Where", "場所"),
        ("Documents", "文書"),
        ("Chunks", "断片"),
        ("Last sync", "最後の同期"),
        ("Outcome", "結果"),
        ("Unread", "読めなかった文書"),
    ):
        table.add_column(say(en, ja))
    for row in rows:
        cells = [row["name"], row["location"] or row["kind"], row["documents"], row["chunks"]]
        cells += [_day(row["last_sync"]), row["outcome"] or "—", len(row["failed"]) or ""]
        table.add_row(*(Text(printable(str(cell))) for cell in cells))
        for failure in row["failed"]:
            table.add_row("", Text(printable(f"{failure['name']}: {failure['reason']}"), "yellow"))
    return table


def _day(moment: str | None) -> str:
    """Return day and time in Japan, to the minute."""
    from bot.reply import JST

    return f"{datetime.fromisoformat(moment).astimezone(JST):%Y-%m-%d %H:%M}" if moment else "—"
