"""How what a sync did, or would do, looks in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from bot.cli.console import out, say
from bot.cli.render import one_line, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from ingest.sync import Change, Report

_REMARKS = 10
"""Remarks shown of a sync without --verbose; they are no errors, and a first one may have many."""
_FAILURES = 20
"""Lines about documents that could not be read, without --verbose."""
_ALIKE = 3
"""So many documents with one reason or remark are named each."""
_CHANGES = 20
"""Documents shown of a dry run without --verbose."""

# In the order in which they are shown: what goes away is what nobody must overlook.
_CHANGED = (
    ("delete", "-", say("deleted", "削除"), "red"),
    ("new", "+", say("new", "新規"), "green"),
    ("write", "~", say("changed", "更新"), "yellow"),
    ("readers", "⚿", say("readers", "閲覧権限"), "cyan"),
)


def show(report: Report, *, verbose: bool) -> None:
    """Print a report; of a dry run, and where more is wanted, with the documents that it names."""
    console = out()
    line = Text(f"{printable(report.source)}: {_heading(report)}", "bold")
    line.append(say(", ", "、").join(_counts(report)), "not bold").append(
        _effort(report), "not bold dim"
    )
    console.print(line, soft_wrap=True)
    if report.dry_run or verbose:
        _changes(console, report, None if verbose else _CHANGES)
    for failure in _failures(report, verbose=verbose):
        console.print(Text(f"  ✘ {printable(failure)}", "red"), soft_wrap=True)
    every = [f"{one_line(name)}: {reason}" for name, reason in report.warnings]
    remarks = every if verbose else _alike(report.warnings)
    shown = remarks if verbose else remarks[:_REMARKS]
    for remark in shown:
        console.print(Text(f"  ▲ {printable(remark)}", "yellow"))
    if more := len(remarks) - len(shown):
        rest = say(f"and {more} more remarks (--verbose)", f"ほか {more} 件（--verbose で表示）")
        console.print(Text(f"  ▲ {rest}", "yellow"))
    if report.waits_for:
        names = ", ".join(sorted(report.waits_for))
        text = say(
            f"Search goes on with the former index until these are ingested again, too: {names}; "
            "--switch does without them",
            f"次の取り込み元も取り込み直すまで、検索には以前の索引を使います: {names}"
            "（--switch で待たずに切り替え）",
        )
        console.print(Text(text, "yellow"))
    if report.stopped:
        console.print(Text(printable(report.stopped), "red"))


def _heading(report: Report) -> str:
    return say("would be: ", "予定: ") if report.dry_run else ""


def _counts(report: Report) -> list[str]:
    counts = (
        (report.written, "written", "書き込み"),
        (report.unchanged, "unchanged", "変更なし"),
        (report.deleted, "deleted", "削除"),
        (report.readers_updated, "readers updated", "権限を更新"),
        (len(report.failed), "failed", "失敗"),
    )
    return [
        say(f"{n} {en}", f"{ja} {n}") for n, en, ja in counts if n or en in {"written", "unchanged"}
    ]


def _effort(report: Report) -> str:
    """Return what it took: chunks made, requests to the source if it is a service, seconds."""
    requests = report.requests
    asked = say(f"{requests:,} requests, ", f"リクエスト {requests:,}、") if requests else ""
    return say(
        f" ({report.chunks} chunks, {asked}{report.seconds:.1f} s)",
        f"（断片 {report.chunks}、{asked}{report.seconds:.1f} 秒）",
    )


def _failures(report: Report, *, verbose: bool) -> list[str]:
    """Return a line a failure; many with one reason are one line, as one thing mends them all."""
    if verbose:
        return [f"{one_line(name)}: {reason}" for name, reason in report.failed]
    lines = _alike(report.failed)
    more = len(lines) - _FAILURES
    if more <= 0:
        return lines
    how = f"kurage sources {report.source} --failed"
    rest = say(f"and {more} more ({how})", f"ほか {more} 件（{how} で表示）")
    return [*lines[:_FAILURES], rest]


def _alike(told: Sequence[tuple[str, str]]) -> list[str]:
    """Return a line for each name with its reason, but one for many names with the same."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in told:
        by_reason.setdefault(reason, []).append(one_line(name))
    lines = []
    for reason, names in by_reason.items():
        if len(names) <= _ALIKE:
            lines += [f"{name}: {reason}" for name in names]
        else:
            count = len(names)
            such = say(f"such as {names[0]}", f"{names[0]} など")
            lines.append(
                say(f"{count} documents ({such}): {reason}", f"{count} 件（{such}）: {reason}")
            )
    return lines


def _changes(console: Console, report: Report, most: int | None) -> None:
    rows = [
        (sign, word, style, change)
        for kind, sign, word, style in _CHANGED
        for change in report.changes
        if _kind(change) == kind
    ]
    for sign, word, style, change in rows[:most]:
        console.print(Text(f"  {sign} {word}: {one_line(change.name)}", style), soft_wrap=True)
    if more := len(rows) - len(rows[:most]):
        rest = say(f"and {more} more (--verbose)", f"ほか {more} 件（--verbose で表示）")
        console.print(Text(f"  … {rest}", "dim"))


def _kind(change: Change) -> str:
    return "new" if change.action == "write" and change.new else change.action
