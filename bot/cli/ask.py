"""`kurage ask`: one answer with numbered sources."""

from __future__ import annotations

import json

import typer

from bot.cli.arguments import AsJson, AsPerson, FromSource, LongAnswer, QuestionText
from bot.cli.console import LANGUAGE, fail, out, say

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
    source: FromSource = None,
    as_: AsPerson = None,
    json_: AsJson = False,
) -> None:
    """Ask one question."""
    from bot import app, reply
    from bot.cli import render

    if refusal := reply.refusal(question, LANGUAGE):
        fail(refusal)
    with app.open_app() as kurage:
        answer = kurage.run(
            kurage.ask(
                question,
                as_=as_,
                language=LANGUAGE,
                style="long" if long else "short",
                sources=source,
            )
        )
    if json_:
        typer.echo(json.dumps(render.answer_json(answer, LANGUAGE), ensure_ascii=False, indent=2))
    if answer.state == "failed":
        fail(f"{answer.reason} ({say('turn', '番号')} {answer.turn})")
    if not json_:
        render.answer(out(), answer, LANGUAGE)
