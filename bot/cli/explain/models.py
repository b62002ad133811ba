"""How the part that models had in a turn looks in a terminal: prompts, outputs, checks.

What documents and models say is data: it is printed without markup and control characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from bot.cli.console import say
from bot.cli.render import figures, printable

_SHORT = 1200
"""Characters of a prompt that are shown without --verbose, two thirds of them its beginning."""

CHECKS = {
    "citations": say("every source was given to the model", "引用元はモデルに渡した資料"),
    "numbers": say("numbers stand in a cited source", "数値は出典にある"),
    "dates": say("dates and times stand in a cited source", "日付・時刻は出典にある"),
    "amounts": say("amounts of money stand in a cited source", "金額は出典にある"),
    "addresses": say(
        "URLs and e-mail addresses stand in a cited source", "URL・メールは出典にある"
    ),
    "terms": say("names stand in a cited source", "英字・カタカナの語は出典にある"),
    "language": say("in the language of the question", "質問と同じ言語で書かれている"),
    "tags": say("no tag of the prompt", "入力用のタグが混ざっていない"),
}
"""What the checks are called."""


def show(console: Console, found: Mapping[str, Any], *, verbose: bool) -> None:
    """Print the calls and checks of a turn."""
    for number, call in enumerate(found["calls"], start=1):
        _call(console, number, call, verbose=verbose)
    if found["checks"]:
        _heading(console, say("Checks of the answer", "回答の確認"))
    for check in found["checks"]:
        _check(console, check)


def _call(console: Console, number: int, call: Mapping[str, Any], *, verbose: bool) -> None:
    _heading(console, say(f"Request {number} to the model", f"モデルへの問い合わせ {number}"))
    first = call["first_token_ms"]
    took = f"{call['milliseconds']:.0f} ms"
    if first is not None:
        took += say(f" (first token after {first:.0f} ms)", f"（最初の出力まで {first:.0f} ms）")
    facts = {
        say("Task", "課題"): call["task"],
        say("Model", "モデル"): call["model"],
        say("Worker", "ワーカー"): call["worker"],
        say("Took", "所要時間"): took,
        say("Error", "エラー"): call["error"],
    }
    console.print(figures({name: value for name, value in facts.items() if value}))
    _block(console, say("Prompt", "入力"), _prompt(call["prompt"]), shorten=not verbose)
    _block(console, say("Output, as it came", "出力（そのまま）"), call["raw"], shorten=not verbose)


def _prompt(parts: list[str | Mapping[str, Any]] | None) -> str:
    if parts is None:
        return say(
            "(not kept: the text of the sources could not be told from the rest)",
            "（資料の本文を切り離せなかったため、残していません）",
        )
    return "".join(part if isinstance(part, str) else _part(part) for part in parts)


def _part(part: Mapping[str, Any]) -> str:
    if part["text"] is not None:
        return str(part["text"])
    where = f"{part['source'] or '?'}: {part['document'] or '?'} #{part['ordinal']}"
    if part["state"] == "gone":
        return say(
            f"[passage {part['passage']}: no longer indexed — {where}]",
            f"［資料 {part['passage']}: いまは索引にありません — {where}］",
        )
    return say(
        f"[passage {part['passage']}: changed since — {where}]",
        f"［資料 {part['passage']}: その後変更されています — {where}］",
    )


def _block(console: Console, name: str, text: str, *, shorten: bool) -> None:
    console.print(Text(f" {name}:", style="bold dim"))
    for line in (_shortened(text) if shorten else text).split("\n"):
        console.print(Text(f"   {printable(line)}"), soft_wrap=True)


def _shortened(text: str) -> str:
    """Return a long text without its middle: how a prompt begins and ends is what differs."""
    if len(text) <= _SHORT:
        return text
    head, tail = _SHORT * 2 // 3, _SHORT // 3
    left_out = len(text) - head - tail
    note = say(
        f"… {left_out:,} characters left out, --verbose shows them …",
        f"… {left_out:,} 文字を省略（--verbose で全文） …",
    )
    return f"{text[:head]}\n{note}\n{text[-tail:]}"


def _check(console: Console, check: Mapping[str, Any]) -> None:
    name = CHECKS.get(check["name"], check["name"])
    mark, style = ("✓", "green") if check["passed"] else ("✗", "red")
    detail = f": {check['detail']}" if check["detail"] else ""
    line = Text(f" {mark} ", style=style).append(printable(f"{name}{detail}"), style="")
    console.print(line, soft_wrap=True)


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))
