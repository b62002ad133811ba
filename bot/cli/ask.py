"""`kurage ask`: one answer with numbered sources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from bot.cli.arguments import (
    AsJson,
    AsPerson,
    FromSource,
    LongAnswer,
    QuestionText,
    ReadingMode,
    Simplified,
    Summarised,
)
from bot.cli.console import LANGUAGE, fail, hush, out, say

if TYPE_CHECKING:
    from bot.exchange import Mode, Style
    from bot.settings import Settings

HELP = say(
    """Answer one question from the documents, with numbered sources.

    [bold]Examples[/bold]

    kurage ask 'How many days of notice does paid leave need?'

    kurage ask --json 'Where is the VPN guide?' | jq .sources
    """,
    """質問に1つ、番号つきの出典とともに答えます。

    [bold]例[/bold]

    kurage ask '有給休暇は何日前までに申請すればいい？'

    kurage ask --json '経費精算の締め日は？' | jq .sources
    """,
)


def command(
    question: QuestionText,
    long: LongAnswer = False,
    simplify: Simplified = False,
    summarise: Summarised = False,
    mode: ReadingMode = None,
    source: FromSource = None,
    as_: AsPerson = None,
    json_: AsJson = False,
) -> None:
    """Ask one question."""
    from bot import app, reply
    from bot.cli import render

    if refusal := reply.refusal(question, LANGUAGE):
        fail(refusal)
    style = _style({"long": long, "simple": simplify, "summary": summarise})
    with app.open_app(_settings(mode, style)) as kurage:
        hush(kurage.settings)
        answer = kurage.run(
            kurage.ask(
                question,
                as_=as_,
                language=LANGUAGE,
                style=style,
                sources=source,
            )
        )
    if json_:
        typer.echo(json.dumps(render.answer_json(answer, LANGUAGE), ensure_ascii=False, indent=2))
    if answer.state == "failed":
        fail(f"{answer.reason} ({say('turn', '番号')} {answer.turn})")
    if not json_:
        render.answer(out(), answer, LANGUAGE, style=style)


def _style(wanted: Mapping[Style, bool]) -> Style:
    chosen: list[Style] = [style for style, is_wanted in wanted.items() if is_wanted]
    if len(chosen) > 1:
        fail(
            say(
                "choose one of --long, --simplify and --summarise",
                "--long、--simplify、--summarise はどれか1つだけ指定してください",
            )
        )
    return chosen[0] if chosen else "short"


def _settings(mode: Mode | None, style: Style) -> Settings:
    """Return the settings, with another mode than theirs where one is wanted."""
    from bot import settings

    loaded = settings.load()
    if style in {"simple", "summary"} and loaded.generator != "stx":
        fail(
            say(
                f"--simplify and --summarise need KURAGE_GENERATOR=stx; it is {loaded.generator} "
                "now",
                "--simplify と --summarise は KURAGE_GENERATOR=stx のときに使えます"
                f"（現在は {loaded.generator}）",
            )
        )
    if mode is None:
        return loaded
    if loaded.generator != "kurage":
        fail(
            say(
                f"--mode is for KURAGE_GENERATOR=kurage; it is {loaded.generator} now",
                f"--mode は KURAGE_GENERATOR=kurage のときに使えます（現在は {loaded.generator}）",
            )
        )
    generator = loaded.config.generator.model_copy(update={"mode": mode})
    config = loaded.config.model_copy(update={"generator": generator})
    return loaded.model_copy(update={"config": config})
