"""How sources look in a terminal: state, runs, failures, what is gone.

What documents and services say is data: it is printed without markup and control characters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.console import say
from bot.cli.render import figures, one_line, printable

_FAILURES = 5
"""Unread documents that are shown of a source without --verbose."""
_ALIKE = 20
"""Those of one reason, with --failed and without --verbose."""

_GONE = 50
"""Deleted documents that are shown without --verbose."""

_OUTCOMES = {
    "finished": say("finished", "完了"),
    "failed": say("failed", "失敗"),
    "interrupted": say("interrupted; the next one goes on", "中断。次の同期で続きから再開します"),
    "running": say("running", "実行中"),
}
_COUNTS = {
    "written": say("written", "書き込み"),
    "unchanged": say("unchanged", "変更なし"),
    "deleted": say("deleted", "削除"),
    "readers_updated": say("readers updated", "権限を更新"),
}
_ALWAYS = ("written", "unchanged")
"""Counts of a run that are shown also where they are 0."""


def overview(
    console: Console, problem: str | None, rows: Sequence[Mapping[str, Any]], *, every: bool
) -> None:
    """Print the state of every source; `every`: with all its unread documents."""
    _problem(console, problem)
    if not rows:
        hint = say(
            "There is no source yet. `kurage init` or `kurage ingest folder PATH` makes one.",
            "取り込み元がまだありません。"
            "kurage init か kurage ingest folder フォルダー で作れます。",
        )
        console.print(Text(hint), soft_wrap=True)
        return
    for row in rows:
        _row(console, row, every=every)
        console.print()
    documents = sum(row["documents"] or 0 for row in rows)
    chunks = sum(row["chunks"] or 0 for row in rows)
    unread = sum(len(row["failed"]) for row in rows)
    total = say(
        f"{len(rows)} sources, {documents:,} documents, {chunks:,} chunks, {unread:,} unread",
        f"取り込み元 {len(rows)}、文書 {documents:,}、断片 {chunks:,}、読めない文書 {unread:,}",
    )
    console.print(Text(total, style="bold"))


def detail(console: Console, problem: str | None, row: Mapping[str, Any], *, every: bool) -> None:
    """Print the state of one source with its latest runs."""
    _problem(console, problem)
    _row(console, row, every=every)
    if not row["runs"]:
        return
    console.print()
    console.print(Text(say("Runs", "同期の履歴"), style="bold"))
    console.print(_runs(row["runs"]))
    for run in row["runs"][1:]:  # the last one's stands above
        if run["error"]:
            line = f"  {_minute(run['started'])} {run['error']}"
            console.print(Text(printable(line), style="dim"), soft_wrap=True)


def _runs(runs: Sequence[Mapping[str, Any]]) -> Table:
    """Return a table of runs; a count that is 0 in all of them takes no column, so that it fits."""
    counts = {
        **_COUNTS,
        "failed": say("not read", "失敗"),
        "requests": say("requests", "リクエスト"),
    }
    told = [name for name in counts if name in _ALWAYS or any(run.get(name) for run in runs)]
    table = Table(
        box=None, padding=(0, 1), collapse_padding=True, pad_edge=False, header_style="dim"
    )
    table.add_column(say("started", "開始"), no_wrap=True)
    table.add_column(say("outcome", "結果"), no_wrap=True)
    for words in (say("seconds", "秒"), *(counts[name] for name in told)):
        table.add_column(words, justify="right", overflow="fold")
    for run in runs:
        table.add_row(
            _minute(run["started"]),
            _outcome(run["outcome"]).partition(say(";", "。"))[0],
            _figure(run["seconds"]),
            *(_figure(run.get(name)) for name in told),
        )
    return table


def failures(
    console: Console, name: str, found: Sequence[Mapping[str, Any]], *, every: bool
) -> None:
    """Print what could not be read of a source, by reason; `every`: each document of each."""
    if not found:
        text = say(f"{name}: everything could be read", f"{name}: 読めなかった文書はありません")
        console.print(Text(printable(text)), soft_wrap=True)
        return
    heading = say(f"{name}: {len(found)} not read", f"{name}: 読めない文書 {len(found)} 件")
    console.print(Text(printable(heading), style="bold"), soft_wrap=True)
    for reason, alike in _by_reason(found).items():
        console.print(Text(printable(f"  ✘ {reason}"), style="yellow"), soft_wrap=True)
        shown = alike if every else alike[:_ALIKE]
        for failure in shown:
            line = Text(printable(f"     {_called(failure)}  "))
            console.print(line.append(_attempts(failure), "dim"), soft_wrap=True)
        if more := len(alike) - len(shown):
            rest = say(f"… and {more} more (--verbose)", f"… ほか {more} 件（--verbose で表示）")
            console.print(Text(f"     {rest}", style="dim"))


def _by_reason(found: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Return failures by what is to be mended, the most common first."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for failure in found:
        groups.setdefault(failure["reason"], []).append(failure)
    return dict(sorted(groups.items(), key=lambda group: -len(group[1])))


def tombstones(
    console: Console, name: str, found: Sequence[Mapping[str, Any]], *, every: bool
) -> None:
    """Print what is gone from a source, the latest, or `every`; and what can be put back."""
    if not found:
        text = say(f"{name}: nothing was deleted", f"{name}: 削除した文書はありません")
        console.print(Text(printable(text)), soft_wrap=True)
        return
    heading = say(f"{name}: {len(found)} deleted", f"{name}: 削除した文書 {len(found)} 件")
    console.print(Text(printable(heading), style="bold"), soft_wrap=True)
    shown = found if every else found[:_GONE]
    for stone in shown:
        mark = "↩" if stone["restored"] else "○" if stone["restorable"] else "·"
        called = _called({"name": stone["title"] or stone["id"], "id": stone["id"]})
        state = _minute(stone["deleted"])
        if stone["restored"]:
            when = _minute(stone["restored"])
            state += say(f", put back {when}", f"、{when} に戻しました")
        elif not stone["restorable"]:
            state += say(", no longer kept", "、保存期間を過ぎました")
        line = Text(printable(f"  {mark} {called}  "))
        console.print(line.append(state, "dim"), soft_wrap=True)
        if stone["url"]:
            console.print(Text(printable(f"     {stone['url']}"), style="dim"), soft_wrap=True)
    if more := len(found) - len(shown):
        rest = say(f"… and {more} more (--verbose)", f"… ほか {more} 件（--verbose で表示）")
        console.print(Text(f"  {rest}", style="dim"))
    if any(stone["restorable"] for stone in found):
        how = f"kurage sources {name} --restore [ID|URL]..."
        text = say(f"○ can be put back: {how}", f"○ は戻せます: {how}")
        console.print(Text(printable(text), style="dim"), soft_wrap=True)


def changed(console: Console, name: str, documents: Sequence[str], *, restored: bool) -> None:
    """Print what was put back, or let go again."""
    count = len(documents)
    if restored:
        text = say(
            f"{name}: {count} documents were put back; syncs leave them until --release",
            f"{name}: {count} 件を戻しました。--release まで、同期しても消えません",
        )
    else:
        text = say(
            f"{name}: {count} documents go with the next full listing, unless the source has them",
            f"{name}: {count} 件は、取り込み元になければ次の全件確認で消えます",
        )
    console.print(Text(printable(text)), soft_wrap=True)


def _called(row: Mapping[str, Any]) -> str:
    name = one_line(row["name"])
    return f"{name} ({row['id']})" if row["name"] != row["id"] else name


def _attempts(failure: Mapping[str, Any]) -> str:
    tried = say(f"{failure['attempts']} attempts", f"試行 {failure['attempts']} 回")
    if failure["when_changed"]:
        then = say("again when it changes, or with --full", "次は変更されたとき、または --full で")
    elif failure["next_attempt"]:
        when = _minute(failure["next_attempt"])
        then = say(f"again after {when}", f"次は {when} 以降")
    else:
        then = say("again with the next sync", "次の同期で再試行")
    return say(f"{tried}; {then}", f"{tried}、{then}")


def _problem(console: Console, problem: str | None) -> None:
    if problem:
        console.print(Text(printable(problem), style="yellow"), soft_wrap=True)


def _row(console: Console, row: Mapping[str, Any], *, every: bool) -> None:
    mark, colour = _mark(row)
    title = Text(f"{mark} ", style=colour).append(printable(row["name"]), "bold")
    place = f"  {row['kind']} {row['location']}"
    console.print(title.append(printable(place), "dim"), soft_wrap=True)
    console.print(figures(_facts(row)))
    shown = row["failed"] if every else row["failed"][:_FAILURES]
    for failure in shown:
        line = f"     ✘ {one_line(failure['name'])}: {failure['reason']}"
        console.print(Text(printable(line), style="yellow"), soft_wrap=True)
    if more := len(row["failed"]) - len(shown):
        how = f"kurage sources {row['name']} --failed"
        rest = say(f"… and {more} more ({how})", f"… ほか {more} 件（{how} で表示）")
        console.print(Text(printable(f"     {rest}"), style="yellow"), soft_wrap=True)


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
        say("Current as of", "反映済みの時点"): _age(row),
        say("Next sync", "次の同期"): _next(row),
        say("Listed in full", "全件の確認"): _ago(row["listed"]) if row["listed"] else None,
        say("Change feed", "変更の追跡"): _feed(row),
        say("Owner", "担当"): row["owner"],
        say("Not read", "読めない文書"): _unread(row),
        say("Deleted", "削除した文書"): _deleted(row),
    }
    return {f"  {name}": value for name, value in facts.items() if value}


def _indexed(row: Mapping[str, Any]) -> str:
    if row["documents"] is None:
        return say("unknown", "不明")
    return say(
        f"{row['documents']:,} documents, {row['chunks']:,} chunks",
        f"文書 {row['documents']:,}、断片 {row['chunks']:,}",
    )


def _outcome(outcome: str) -> str:
    return _OUTCOMES.get(outcome, outcome)


def _last(row: Mapping[str, Any]) -> str:
    if row["last_sync"] is None:
        how = f"kurage ingest {row['name']}"
        return say(f"none yet; run `{how}`", f"まだありません。{how} を実行してください")
    when, ago = _minute(row["last_sync"]), _ago(row["last_sync"])
    when = say(f"{when} ({ago})", f"{when}（{ago}）")
    parts = [f"{when} {_outcome(row['outcome'])}"]
    if row["seconds"] is not None:
        parts.append(say(f"{row['seconds']:g} s", f"{row['seconds']:g} 秒"))
    if row["requests"]:
        parts.append(say(f"{row['requests']:,} requests", f"リクエスト {row['requests']:,}"))
    for key, count in (row["report"] or {}).items():
        if count:
            parts.append(say(f"{count:,} {_COUNTS[key]}", f"{_COUNTS[key]} {count:,}"))
    text = say(", ", "、").join(parts)
    return f"{text}\n{row['error']}" if row["error"] else text


def _age(row: Mapping[str, Any]) -> str | None:
    """Return how old the mirror is, where the last sync did not do all that it should."""
    if row["outcome"] in {None, "finished"}:
        return None
    if row["current_as_of"] is None:
        return say("no sync has succeeded yet", "成功した同期がまだありません")
    when, ago = _minute(row["current_as_of"]), _ago(row["current_as_of"])
    return say(f"{when} ({ago})", f"{when}（{ago}）")


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
    if not row["cursor"] or not row["current_as_of"]:
        return None
    return say("from ", "起点: ") + _ago(row["current_as_of"])


def _unread(row: Mapping[str, Any]) -> str | None:
    return say(f"{len(row['failed'])}", f"{len(row['failed'])} 件") if row["failed"] else None


def _deleted(row: Mapping[str, Any]) -> str | None:
    """Return how much could be put back, and how much was."""
    parts = []
    if row["deleted"]:
        parts.append(say(f"{row['deleted']} can be put back", f"戻せるもの {row['deleted']} 件"))
    if row["restored"]:
        parts.append(say(f"{row['restored']} were put back", f"戻したもの {row['restored']} 件"))
    return say(", ", "、").join(parts) if parts else None


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:,}"


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
