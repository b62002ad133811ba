"""`kurage eval`: the whole pipeline over a set of questions, scored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.arguments import AsJson
from bot.cli.console import err, out, say, settle

HELP = say(
    """Index DIR/passages.jsonl.gz for the occasion, ask DIR/questions.jsonl.gz, print figures.

    Passages are {"id", "title", "text"}; questions {"id", "question", "answers", "passage_ids",
    "answerable"}. Nothing is sampled, so two runs give the same figures.
    """,
    """DIR/passages.jsonl.gz を一時的に取り込み、DIR/questions.jsonl.gz を尋ね、成績を表示します。

    文書は {"id", "title", "text"}、質問は {"id", "question", "answers", "passage_ids",
    "answerable"} です。乱数は使わないので、同じ入力には同じ成績が出ます。
    """,
)


def command(
    directory: Annotated[Path, typer.Argument(metavar="DIR", show_default=False)],
    run_out: Annotated[
        Path | None,
        typer.Option(
            "--run-out",
            metavar="FILE",
            help=say("Also write what was said, a line a question.", "回答を1行ずつ書き出します。"),
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            min=1,
            help=say("Only the first questions.", "最初の数問だけ"),
            show_default=False,
        ),
    ] = None,
    json_: AsJson = False,
) -> None:
    """Evaluate."""
    from bot import evaluate, experiment, settings
    from bot.cli import progress, render

    settle()

    questions = evaluate.read_questions(directory / "questions.jsonl.gz")[:limit]
    with progress.bar() as bar:
        run = experiment.run(
            directory / "passages.jsonl.gz", questions, settings.load(), bar.advance_to
        )
    if run_out:
        evaluate.write_run(run_out, run)
    figures = evaluate.score(questions, run)
    if json_:
        typer.echo(json.dumps(figures, ensure_ascii=False, indent=2))
    else:
        out().print(render.figures(dict(evaluate.table(figures))))
        if run_out:
            err().print(
                say(f"Run written to {run_out}", f"{run_out} に書き出しました"), markup=False
            )
