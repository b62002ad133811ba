"""`kurage eval`: the whole pipeline over a set of questions, scored."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.arguments import AsJson
from bot.cli.console import LANGUAGE, err, out, say, settle

PASSAGES = "passages.jsonl.gz"
HELP = say(
    """Ask a set of questions and print figures: what is found, quoted, and refused.

    The questions are asked of what is indexed now, or of a folder of documents
    that is indexed for the occasion. Each is a line of JSON that names the
    document where the answer stands, by the id that [bold]kurage search --json[/bold]
    shows (in a folder, the path), or null where nothing answers.

    Published sets are read as well: a folder with passages.jsonl.gz and
    questions.jsonl.gz. Nothing is sampled: two runs give the same figures.

    [bold]Examples[/bold]

    kurage eval --questions questions.jsonl

    kurage eval ~/handbook --questions questions.jsonl --plot recall.svg

    kurage eval jsquad
    """,
    """質問集を尋ね、検索・引用・回答拒否の成績を表示します。

    相手は、取り込み済みの文書か、その場で一時的に取り込むフォルダーです。
    質問は1行に1つのJSONで、答えのある文書を [bold]kurage search --json[/bold] が示すID
    （フォルダーではパス）で指します。答えのない質問では null とします。

    公開データ（passages.jsonl.gz と questions.jsonl.gz のあるフォルダー）も
    読めます。乱数は使わないので、同じ入力には同じ成績が出ます。

    [bold]例[/bold]

    kurage eval --questions questions.jsonl

    kurage eval ~/handbook --questions questions.jsonl --plot recall.svg

    kurage eval jsquad
    """,
)


def command(
    directory: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR",
            help=say(
                "A set of questions and passages, or a folder of documents.",
                "質問とパッセージの組、または文書のフォルダー",
            ),
            show_default=False,
        ),
    ] = None,
    questions_file: Annotated[
        Path | None,
        typer.Option(
            "--questions",
            metavar="FILE",
            help=say(
                "Questions that name documents, as JSON Lines.", "文書を指す質問集（JSON Lines）"
            ),
            show_default=False,
        ),
    ] = None,
    asker: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="EMAIL",
            help=say(
                "Who asks where a question does not say; default: the administrator.",
                "質問に指定がないときの質問者。省略すると管理者",
            ),
            show_default=False,
        ),
    ] = None,
    run_out: Annotated[
        Path | None,
        typer.Option(
            "--run-out",
            metavar="FILE",
            help=say("Also write what was said, a line a question.", "回答を1行ずつ書き出します。"),
            show_default=False,
        ),
    ] = None,
    plot_to: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE",
            help=say(
                "Also draw recall against k and latency, as .svg or .png.",
                "k ごとの再現率と応答時間を図にします（.svg か .png）。",
            ),
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
    if plot_to:
        from bot import plot

        plot.check(plot_to)

    if directory is None and questions_file is None:
        raise evaluate.EvaluationError(
            "name a folder with passages.jsonl.gz, or --questions FILE for what is indexed"
        )
    path = questions_file or Path(directory or "") / "questions.jsonl.gz"
    questions = evaluate.read_questions(path)[:limit]
    configured = settings.load()
    with progress.bar() as bar:
        if directory is None:
            run = experiment.run_index(questions, configured, bar.advance_to, asker=asker)
        elif (directory / PASSAGES).exists() or questions_file is None:
            passages = directory / PASSAGES
            run = experiment.run(passages, questions, configured, bar.advance_to, asker=asker)
        else:
            run = experiment.run_folder(
                directory, questions, configured, bar.advance_to, asker=asker
            )
    if run_out:
        evaluate.write_run(run_out, run)
    if plot_to:
        drawn = plot.Evaluation(
            name=(directory or path).resolve().stem,
            configuration=f"{configured.encoder}, {configured.generator}",
            questions=questions,
            run=run,
            seconds=[line.timings_ms["total"] / 1000 for line in run],
            made=datetime.now(UTC),
        )
        plot.draw(plot_to, drawn, LANGUAGE)
    figures = evaluate.score(questions, run)
    if json_:
        typer.echo(json.dumps(figures, ensure_ascii=False, indent=2))
    else:
        out().print(render.figures(dict(evaluate.table(figures))))
        if run_out:
            err().print(
                say(f"Run written to {run_out}", f"{run_out} に書き出しました"), markup=False
            )
        if plot_to:
            err().print(say(f"Drawn to {plot_to}", f"図を {plot_to} に描きました"), markup=False)
