"""How an explanation looks in a terminal.

What people asked and documents say is data: it is printed without markup and control characters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.console import say
from bot.cli.explain import models, states
from bot.cli.render import figures, printable

_HEADINGS = 8
"""Chunks that are listed of a document without --verbose."""

SIGNALS = {
    "base": say("where it starts from", "出発点"),
    "score": say("how well the best sentence fits", "最もよい文の点数"),
    "margin": say("its lead over the next sentence", "次の文との差"),
    "missing_terms": say("words that no passage holds", "どの資料にもない語"),
    "terms": say("how much is asked", "質問の語の数"),
    "lead": say("lead of the best passage", "1位の資料の抜け出し方"),
    "context_covers": say("words in sentence, title and before", "文・見出し・直前の文にある語"),
    "best_covers": say("words in the best sentence's passage", "最もよい文のある資料にある語"),
    "evidence": say("how many words bear it", "裏づける語の数"),
    "document_share": say("how much of it one document says", "同じ文書にある割合"),
    "best_says": say("words in the best sentence itself", "最もよい文そのものにある語"),
    "best_wording": say("wording shared with the best sentence", "最もよい文との言い回しの一致"),
    "name_missing": say("a name that no passage holds", "どの資料にもない固有名"),
}
"""What the signals of a confidence are called."""


def show(console: Console, found: Mapping[str, Any], *, verbose: bool) -> None:
    """Print what `bot.explain` found out."""
    if "turn" in found:
        _turn(console, found)
        if "calls" in found:
            models.show(console, found, verbose=verbose)
    elif "question" in found:
        _question(console, found, verbose=verbose)
    else:
        states.print_document(console, found, headings=None if verbose else _HEADINGS)


def _question(console: Console, found: Mapping[str, Any], *, verbose: bool) -> None:
    console.print(figures(_facts(found)))
    _heading(console, say("Terms", "検索語"))
    _table(
        console,
        (
            say("term", "語"),
            say("asked as", "質問での表記"),
            say("weight", "重み"),
            say("rarity", "珍しさ"),
            say("found as", "資料での表記"),
        ),
        [
            (
                row["term"],
                " ".join(row["asked_as"]) or say("(related)", "（関連語）"),
                f"{row['weight']:g}",
                _rarity(row["idf"]),
                " ".join(row["found_as"]),
            )
            for row in found["terms"]
            if verbose or row["asked_as"] or row["found_as"]
        ],
    )
    for row in found["terms"]:
        if row["synonyms"]:
            _line(console, f"{row['term']} = {' '.join(row['synonyms'])} (kurage.toml)")
    if verbose and found["grams"]:
        _heading(console, say("Pairs of characters", "文字の組"))
        rare = (f"{row['gram'] or '?'} {_rarity(row['idf'])}" for row in found["grams"])
        _line(console, "  ".join(rare))
    _candidates(console, found["candidates"])
    if "document" in found:
        _standing(console, found["document"])
    _decision(console, found)


def _facts(found: Mapping[str, Any]) -> dict[str, str]:
    sets = found["reader_sets"]
    may = say(
        f"{sets['satisfied']} of {sets['known']} reader sets",
        f"閲覧権限の組 {sets['known']} のうち {sets['satisfied']}",
    )
    words = (
        word["term"] or word["surface"] if word["searched"] else f"({word['surface']})"
        for word in found["tokens"]
    )
    facts = {
        say("Question", "質問"): found["question"],
        say("Read as", "語の区切り"): " ".join(words),
        say("Reader", "読む人"): f"{found['as'] or say('administrator', '管理者')} — {may}",
    }
    if found["sources"]:
        facts[say("Sources", "取り込み元")] = ", ".join(found["sources"])
    return facts


def _candidates(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    _heading(console, say("Candidates", "候補"))
    if not rows:
        _line(console, say("Nothing was found.", "何も見つかりませんでした。"))
    for row in rows:
        _line(console, f"{row['rank']}. {row['score']:.2f}  {row['place']}", style="")
        _line(console, f"     {row['source']}: {row['document']}")
        _line(console, f"     {_made_of(row)}")


def _made_of(row: Mapping[str, Any]) -> str:
    parts = sorted(row["parts"], key=lambda part: -part["score"])
    listed = [f"{part['term']} {part['score']:.1f}" for part in parts]
    if row["grams"]:
        listed.append(say("pairs of characters", "文字の組") + f" {row['grams']:.1f}")
    text = " + ".join(listed)
    if row["question"]:
        found_by = say("by its question", "想定質問で発見")
        text = f"{found_by}: {row['question']}" + (f"; {text}" if text else "")
    if row["freshness"] < 0.9995:
        text += say(" × age ", " × 古さ ") + f"{row['freshness']:.2f}"
    if row["missing"]:
        text += say("; without: ", "。ない語: ") + " ".join(row["missing"])
    return text


def _standing(console: Console, row: Mapping[str, Any]) -> None:
    _heading(console, say("The document asked about", "調べる文書"))
    _line(console, f"{row['source']}: {row['document']}", style="")
    if row["rank"] is not None:
        place = say(f"Rank {row['rank']} with ", f"{row['rank']} 位: ") + f"{row['score']:.2f}"
        used = say("used for the answer", "回答に使われる順位です")
        unused = say("too far down to be used", "回答に使われる順位より下です")
        _line(console, f"{place} — {used if row['used'] else unused}")
        _line(console, f"  {_made_of(row)}")
        return
    _line(
        console,
        say(
            f"Not among the {row['searched']} chunks that were found.",
            f"見つかった断片 {row['searched']} 件の中にありません。",
        ),
        style="yellow",
    )
    states.print_document(console, row, headings=0)
    if row["indexed"] and (row["readable_by"] or {}).get("may") is not False:
        _line(
            console,
            say(
                "It is indexed and may be read: it shares too little with the question.",
                "索引にあり、閲覧もできます。質問と共通する語がないか、ほかの文書より少ないためです。",
            ),
        )


def _decision(console: Console, found: Mapping[str, Any]) -> None:
    _heading(console, say("Decision", "判断"))
    confidence, threshold = found["confidence"], found["threshold"]
    answers = (
        say("It answers", "答えます") if found["answers"] else say("It abstains", "答えません")
    )
    if confidence is not None:
        answers += say(f": confidence {confidence:.3f}", f"。確信度 {confidence:.3f}")
        if threshold is not None:
            sign = "≥" if confidence >= threshold else "<"
            answers += say(f" {sign} threshold {threshold:g}", f" {sign} しきい値 {threshold:g}")
    _line(console, answers, style="green" if found["answers"] else "magenta")
    parts = found["confidence_parts"]
    if parts:
        _line(console, say("made of (log odds):", "確信度の内訳（対数オッズ）:"))
        for part in parts:
            name = SIGNALS.get(part["signal"], part["signal"])
            value = "" if part["signal"] == "base" else f" ({part['value']:g})"
            _line(console, f"  {part['log_odds']:+.2f}  {name}{value}")
    for text in found["answer"]:
        _line(console, f"「{text}」")


def _turn(console: Console, found: Mapping[str, Any]) -> None:
    confidence = found["confidence"]
    sure = "—" if confidence is None else f"{confidence:.3f}"
    if confidence is not None and found["threshold"] is not None:
        sign = "≥" if confidence >= found["threshold"] else "<"
        sure += say(" {} threshold {:g}", " {} しきい値 {:g}").format(sign, found["threshold"])
    facts = {
        say("Turn", "番号"): found["turn"],
        say("Question", "質問"): found["question"],
        say("Searched for", "検索した文"): found["searched"],
        say("Asked by", "質問者"): found["asker"],
        say("Asked", "日時"): found["asked"],
        say("State", "状態"): states.TURNS.get(found["state"], found["state"]),
        say("Error", "エラー"): found["error"],
        say("Confidence", "確信度"): sure,
        say("Generator", "回答の方式"): found["generator"],
        say("Took", "所要時間"): ", ".join(
            f"{k} {v:.1f} ms" for k, v in found["timings_ms"].items()
        ),
    }
    console.print(figures({name: value for name, value in facts.items() if value}))
    _heading(console, say("Passages found then", "そのとき見つかった資料"))
    for row in found["candidates"]:
        cited = "" if row["cited_as"] is None else f" [{row['cited_as']}]"
        _line(console, f"{row['rank']}. {row['score']:.2f}  {row['place']}{cited}", style="")
        _line(console, f"     {row['source']}: {row['document']}")


def _rarity(idf: float | None) -> str:
    return say("in no document", "どの資料にもない") if idf is None else f"{idf:.2f}"


def _table(console: Console, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console.print(table)


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))


def _line(console: Console, text: str, style: str = "dim") -> None:
    console.print(Text(f" {printable(text)}", style=style), soft_wrap=True)
