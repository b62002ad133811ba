"""The states that a document can be in, in words: what is so, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from bot.cli.console import say
from bot.cli.explain.readers import in_words
from bot.cli.render import figures, one_line, printable

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
    "readers_changed": say(
        "It is indexed, but who may read it has changed since; the next sync takes that over.",
        "索引にありますが、その後閲覧権限が変わっています。次の同期で反映します。",
    ),
    "indexed_unchecked": say(
        "It is indexed; whether it has changed since, its source can not be asked right now.",
        "索引にあります。取り込み元に問い合わせられないため、その後の変更はわかりません。",
    ),
    "restored": say(
        "It is gone from its source, and indexed because somebody had it put back.",
        "取り込み元からなくなっていますが、手動で戻したため索引にあります。",
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
    "left_out": say(
        "It is not indexed: the source's settings leave it out.",
        "取り込み元の設定で対象外のため、索引にありません。",
    ),
    "not_there": say("Its source has no such document.", "取り込み元にこの文書はありません。"),
    "not_checked": say(
        "It is not indexed, and its source can not be asked right now.",
        "索引にありません。取り込み元にも、いまは問い合わせられません。",
    ),
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
    if headings != 0:
        _found_by(console, found)
    for other in found.get("also", []):
        console.print()
        print_document(console, other, headings=headings)


def _found_by(console: Console, found: Mapping[str, Any]) -> None:
    """Print the latest questions for which the document was found."""
    count = found["times_found"]
    if not count:
        return
    heading = say(f"Found by {count} questions", f"この文書が見つかった質問: {count} 件")
    console.print(Text(heading, style="bold"))
    for row in found["found_by"]:
        cited = say(", cited", "、回答に引用") if row["cited"] else ""
        place = say(f"rank {row['rank']}{cited}", f"{row['rank']} 位{cited}")
        text = f"  {row['turn']}  {row['asked'][:10]}  {row['question']}  ({place})"
        console.print(Text(printable(" ".join(text.split("\n"))), style="dim"), soft_wrap=True)
    if more := count - len(found["found_by"]):
        rest = say(f"… and {more} before", f"… 以前に {more} 件")
        console.print(Text(f"  {rest}", style="dim"))


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
    for name, reason in found["not_asked"].items():
        line = say(
            f"{name} could not be asked: {reason}", f"{name} に問い合わせられません: {reason}"
        )
        console.print(Text(printable(line), style="yellow"), soft_wrap=True)
    if found["similar"]:
        console.print(Text(say("Did you mean:", "もしかして:")))
        for name in found["similar"]:
            console.print(Text(f"  {printable(name)}"), soft_wrap=True)


def _facts(found: Mapping[str, Any]) -> dict[str, str]:
    facts = {
        say("Source", "取り込み元"): found["source"],
        say("Not asked", "問い合わせ不可"): found["source_error"],
        say("Failure", "読めない理由"): _failure(found),
        say("Rule", "規則"): _rule(found["ignored_by"]),
        say("At the source", "取り込み元では"): found["left_out"],
        say("Size", "大きさ"): _size(found),
        say("Deleted", "なくなった日時"): _deleted(found),
        say("Restored", "戻した日時"): found["restored"],
        say("Title", "題名"): one_line(found["title"] or ""),
        say("Link", "リンク"): found["url"],
        say("Updated", "更新"): found["updated"],
        say("Owner", "担当"): found["owner"],
        say("Stages", "段階"): _stages(found),
        say("Readers", "読める人"): in_words(found["readers"]) if found["indexed"] else None,
        say("Readers now", "いま読める人"): _readers_now(found),
        say("May be read", "閲覧"): _may(found["readable_by"]),
        say("Version", "版"): _version(found),
        say("Last sync", "最後の同期"): _sync(found),
        say("Chunks", "断片"): str(found["chunks"]) if found["indexed"] else None,
    }
    return {name: value for name, value in facts.items() if value}


def _failure(found: Mapping[str, Any]) -> str | None:
    failure = found["failure"]
    if not failure or not found["attempts"]:
        return failure  # type: ignore[no-any-return]
    text = say(
        f"{failure} ({found['attempts']} attempts)", f"{failure}（{found['attempts']} 回試行）"
    )
    if found["next_attempt"]:
        text += say(
            f"; tried again after {found['next_attempt']}",
            f"。次の試行 {found['next_attempt']} 以降",
        )
    return text


def _stages(found: Mapping[str, Any]) -> str:
    """Return how far the document came on its way into the index."""
    failed_at, indexed = found["failed_at"], found["indexed"]
    through = {
        say("listed", "一覧"): found["listed"] if found["listed"] is not None else indexed or None,
        say("fetched", "取得"): indexed
        or (False if failed_at == "fetch" else bool(failed_at) or None),
        say("text taken out", "本文の抽出"): indexed or (False if failed_at else None),
        say("in chunks", "断片化"): indexed or None,
        say("found by a question", "質問で発見"): bool(found["times_found"]) or None,
    }
    marks = {True: "✔", False: "✘", None: "–"}
    return "  ".join(f"{marks[done]} {stage}" for stage, done in through.items())


def _deleted(found: Mapping[str, Any]) -> str | None:
    if not found["deleted"] or found["restored"] or not found["restorable"]:
        return found["deleted"]  # type: ignore[no-any-return]
    how = f"kurage sources {found['source']} --restore {found['document']}"
    return say(
        f"{found['deleted']}; `{how}` puts it back", f"{found['deleted']}（{how} で戻せます）"
    )


def _readers_now(found: Mapping[str, Any]) -> str | None:
    if found["state"] != "readers_changed":
        return None
    return in_words(found["current_readers"])


def _rule(rule: Mapping[str, str] | None) -> str | None:
    if rule is None:
        return None
    text = _RULES[rule["kind"]].format(glob=rule["glob"])
    return f"{text} ({rule['path']})" if rule["path"].endswith("/") else text


def _size(found: Mapping[str, Any]) -> str | None:
    if "size" not in found:
        return None
    return f"{found['size']:,} > {found['limit']:,}"


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
