"""`kurage doctor`: what is wrong with this installation, and what to change."""

from __future__ import annotations

import json
from typing import Any

import typer

from bot.cli.arguments import AsJson
from bot.cli.console import EXPECTED_EXIT, hush, out, say

HELP = say(
    "Check state directory, configuration, dictionary, database, index, sources, platforms, model.",
    "状態フォルダー・設定・辞書・データベース・索引・取り込み元・接続先・モデルを点検します。",
)

_MARKS = {"ok": ("✔", "green"), "warning": ("▲", "yellow"), "problem": ("✘", "red")}


def command(json_: AsJson = False) -> None:
    """Check."""
    from bot import doctor

    hush()
    findings = list(doctor.examine())
    if json_:
        rows = [{"check": f.check, "level": f.level, "message": f.message} for f in findings]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        out().print(_table(findings))
    if any(finding.level == "problem" for finding in findings):
        raise typer.Exit(EXPECTED_EXIT)


def _table(findings: list[Any]) -> Any:
    from rich.table import Table
    from rich.text import Text

    from bot.cli.render import printable

    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        mark, colour = _MARKS[finding.level]
        table.add_row(
            Text(mark, colour), Text(finding.check, "bold"), Text(printable(finding.message))
        )
    return table
