"""The states that a document can be in, in words: what is so, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from bot.cli.console import say
from bot.cli.render import figures, printable

TURNS = {
    "received": say("received", "受付"),
    "answering": say("answering", "回答中"),
    "answered": say("answered", "回答"),
    "abstained": say("abstained", "回答なし"),
    "failed": say("failed", "失敗"),
}

_STATES = {
    "indexed": say("It is indexed and up to date.", "索引にあり、最新です。"),
    "changed_since": say(
        "It is indexed, but has changed since; the next sync reads it again.",
        "索引にありますが、その後変更されています。次の同期で読み直します。",
    ),
    "indexed_but_gone": say(
        "It is indexed, but gone from its source; the next sync removes it.",
        "索引にありますが、取り込み元からなくなっています。次の同期で消します。",
    ),
    "failed": say(
        "It is not indexed: it could not be read.", "読めなかったため、索引にありません。"
    ),
    "ignored": say(
        "It is not indexed: a rule leaves it out.", "対象外の規則に当たるため、索引にありません。"
    ),
    "too_large": say(
        "It will not be indexed: it is larger than ingest.max_bytes.",
        "ingest.max_bytes を超えるため、取り込まれません。",
    ),
    "unreadable": say(
        "It will not be indexed: it is of a kind that is not read.",
        "読めない形式のため、取り込まれません。",
    ),
    "not_synced_yet": say(
        "It is not indexed yet; the next sync reads it.",
        "まだ索引にありません。次の同期で読みます。",
    ),
    "deleted": say(
        "It is gone from its source, and from the index.",
        "取り込み元からなくなり、索引からも消しました。",
    ),
    "not_there": say("Its source has no such file.", "取り込み元にこのファイルはありません。"),
    "not_indexed": say("It is not indexed.", "索引にありません。"),
    "in_no_source": say(
        "No source has it, nor ever had.",
        "どの取り込み元にもありません（これまでにもありませんでした）。",
    ),
}

_RULES = {
    "default": say("never listed: {glob}", "常に対象外: {glob}"),
    "exclude": say("`exclude` in kurage.toml: {glob}", "kurage.toml の exclude: {glob}"),
    "include": say(
        "no glob of `include` in kurage.toml matches: {glob}",
        "kurage.toml の include に一致しません: {glob}",
    ),
    "media": say(
        "pictures, sound and the like ({glob}) are listed only if `include` says so",
        "画像や音声など（{glob}）は、include に書いたときだけ対象になります",
    ),
}


def print_document(console: Console, found: Mapping[str, Any], *, headings: int | None) -> None:
    """Print what became of a document, with this many of its chunks; None: all."""
    good = found["state"] == "indexed"
    console.print(Text(printable(found["document"]), style="bold"), soft_wrap=True)
    style = "green" if good else "yellow"
    console.print(Text(_STATES.get(found["state"], found["state"]), style=style), soft_wrap=True)
    if found["source"] is None:
        _in_no_source(console, found)
        return
    console.print(figures(_facts(found)))
    shown = found["headings"][:headings]
    for row in shown:
        size = say(f"{row['characters']} characters", f"{row['characters']} 文字")
        text = f"  {row['chunk']:>3}  {row['heading'] or '—'}  ({size})"
        console.print(Text(printable(text), style="dim"), soft_wrap=True)
    more = len(found["headings"]) - len(shown)
    if more and headings:
        rest = say(f"… and {more} more (--verbose)", f"… ほか {more} 件（--verbose で表示）")
        console.print(Text(f"       {rest}", style="dim"))
    for other in found.get("also", []):
        console.print()
        print_document(console, other, headings=headings)


def _in_no_source(console: Console, found: Mapping[str, Any]) -> None:
    if places := found["sources"]:
        console.print(Text(say("Sources are:", "取り込み元:")))
        console.print(figures(places))
    else:
        hint = say(
            "There is no source yet; `kurage ingest folder PATH` makes one.",
            "取り込み元がまだありません。kurage ingest folder フォルダー で取り込めます。",
        )
        console.print(Text(hint))
    if found["similar"]:
        console.print(Text(say("Did you mean:", "もしかして:")))
        for name in found["similar"]:
            console.print(Text(f"  {printable(name)}"), soft_wrap=True)


def _facts(found: Mapping[str, Any]) -> dict[str, str]:
    failure = found["failure"]
    if failure and found["attempts"]:
        failure += say(f" ({found['attempts']} attempts)", f"（{found['attempts']} 回試行）")
    facts = {
        say("Source", "取り込み元"): found["source"],
        say("Failure", "読めない理由"): failure,
        say("Rule", "規則"): _rule(found["ignored_by"]),
        say("Size", "大きさ"): _size(found),
        say("Deleted", "なくなった日時"): found["deleted"],
        say("Title", "題名"): found["title"],
        say("Link", "リンク"): found["url"],
        say("Updated", "更新"): found["updated"],
        say("Owner", "担当"): found["owner"],
        say("Readers", "読める人"): _readers(found) if found["indexed"] else None,
        say("May be read", "閲覧"): _may(found["readable_by"]),
        say("Version", "版"): _version(found),
        say("Last sync", "最後の同期"): _sync(found),
        say("Chunks", "断片"): str(found["chunks"]) if found["indexed"] else None,
    }
    return {name: value for name, value in facts.items() if value}


def _rule(rule: Mapping[str, str] | None) -> str | None:
    if rule is None:
        return None
    text = _RULES[rule["kind"]].format(glob=rule["glob"])
    return f"{text} ({rule['path']})" if rule["path"].endswith("/") else text


def _size(found: Mapping[str, Any]) -> str | None:
    if "size" not in found:
        return None
    return f"{found['size']:,} > {found['limit']:,}"


def _readers(found: Mapping[str, Any]) -> str:
    if not found["readers"]:
        return say("nobody but the administrator", "管理者だけ")
    both = say(" and ", " かつ ")
    either = say(" or ", " または ")
    return both.join(either.join(layer) for layer in found["readers"])


def _may(readable: Mapping[str, Any] | None) -> str | None:
    if readable is None or readable["may"] is None:
        return None
    person = readable["person"]
    if readable["may"]:
        return say(f"{person} may read it", f"{person} は読めます")
    return say(f"{person} may not read it", f"{person} は読めません")


def _version(found: Mapping[str, Any]) -> str | None:
    now = found.get("current_version")
    if found["version"] and now and now != found["version"]:
        return say(f"{found['version']}, now {now}", f"{found['version']}（いまは {now}）")
    return found["version"]  # type: ignore[no-any-return]


def _sync(found: Mapping[str, Any]) -> str | None:
    sync = found["last_sync"]
    if sync is None:
        return say("never", "まだありません")
    outcomes = {
        "finished": say("finished", "完了"),
        "failed": say("failed", "失敗"),
        "interrupted": say("interrupted", "中断"),
        "running": say("running", "実行中"),
    }
    return f"{sync['started']} {outcomes.get(sync['outcome'], sync['outcome'])}"
