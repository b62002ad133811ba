"""`kurage search`: what retrieval finds, without an answer."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from bot.cli.arguments import AsJson, AsPerson, FromSource, QuestionText
from bot.cli.console import LANGUAGE, err, out, say

HELP = say(
    """Show the chunks that retrieval finds for a question, best first.

    [bold]Example[/bold]

    kurage search -n 3 'paid leave notice'
    """,
    """質問に対して検索が見つける文書の断片を、近い順に表示します。

    [bold]例[/bold]

    kurage search -n 3 '有給休暇 申請 期限'
    """,
)


def command(
    question: QuestionText,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=200, help=say("How many.", "件数"))
    ] = 10,
    source: FromSource = None,
    as_: AsPerson = None,
    json_: AsJson = False,
) -> None:
    """Search."""
    from bot import app, reply
    from bot.cli import render

    with app.open_app() as kurage:
        found = kurage.retriever.search(
            question, kurage.principals(as_), limit=limit, sources=source or None
        )
    if json_:
        rows = [render.hit_json(rank, hit) for rank, hit in enumerate(found, start=1)]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if found:
        render.hits(out(), found, LANGUAGE)
    else:
        err().print(reply.WORDINGS[LANGUAGE].no_answer_no_documents)
