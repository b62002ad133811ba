"""`kurage eval`: the whole pipeline over a set of questions, scored."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.arguments import AsJson
from bot.cli.console import LANGUAGE, err, hush, out, say, settle

if TYPE_CHECKING:
    from bot.evaluate import Outcome, Report, RunLine
    from bot.settings import Settings

PASSAGES = "passages.jsonl.gz"
HELP = say(
    """Ask a set of questions and print figures: what is found, quoted, and refused.

    The questions are asked of what is indexed now, or of a folder of documents
    that is indexed for the occasion. Each is a line of JSON that names the
    document where the answer stands, by the id that [bold]kurage search --json[/bold]
    shows (in a folder, the path), or null where nothing answers.

    Published sets are read as well: a folder with passages.jsonl.gz and
    questions.jsonl.gz. Nothing is sampled: two runs give the same figures, as
    far as the model's server lets them. Several modes stand in one table.

    [bold]Examples[/bold]

    kurage eval --questions questions.jsonl

    kurage eval ~/handbook --questions questions.jsonl --plot recall.svg

    kurage eval jsquad --mode multi,single,long --markdown jsquad.md
    """,
    """質問集を尋ね、検索・引用・回答拒否の成績を表示します。

    相手は、取り込み済みの文書か、その場で一時的に取り込むフォルダーです。
    質問は1行に1つのJSONで、答えのある文書を [bold]kurage search --json[/bold] が示すID
    （フォルダーではパス）で指します。答えのない質問では null とします。

    公開データ（passages.jsonl.gz と questions.jsonl.gz のあるフォルダー）も
    読めます。乱数は使わないので、モデルのサーバーが許す限り、同じ入力には同じ
    成績が出ます。モードを複数指定すると、1つの表に並べます。

    [bold]例[/bold]

    kurage eval --questions questions.jsonl

    kurage eval ~/handbook --questions questions.jsonl --plot recall.svg

    kurage eval jsquad --mode multi,single,long --markdown jsquad.md
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
    modes: Annotated[
        list[str] | None,
        typer.Option(
            "--mode",
            metavar="multi|single|long",
            help=say(
                "How a model is asked; several, by comma or repeated, stand side by side.",
                "モデルへの尋ね方。カンマ区切りか繰り返しで複数を並べます。",
            ),
            show_default=False,
        ),
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option(
            "--markdown",
            metavar="FILE",
            help=say(
                "Also write a Markdown table, beside published figures.",
                "公表値と並べた表をMarkdownで書き出します。",
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
    from bot.cli import progress

    settle()
    if plot_to:
        from bot import plot

        plot.check(plot_to)
    configured = settings.load()
    hush(configured)
    ways = experiment.check_ways((m.strip() for o in modes or () for m in o.split(",")), configured)
    if len(ways) > 1 and (run_out or plot_to):
        raise evaluate.EvaluationError("--run-out and --plot take one mode at a time")
    path = _questions(directory, questions_file)
    questions = evaluate.read_questions(path)[:limit]
    place = _place(directory, questions_file)
    runs: dict[str, list[RunLine]] = {}
    outcomes = []
    with progress.bar() as bar, experiment.prepared(configured, bar.advance_to, **place) as filled:
        for way in ways or (None,):
            begun = time.perf_counter()
            run = experiment.ask(filled, questions, bar.advance_to, asker=asker, way=way)
            name = way or _usual(configured)
            runs[name] = run
            seconds = time.perf_counter() - begun
            outcomes.append(evaluate.Outcome(name, evaluate.score(questions, run), seconds))
    report = evaluate.Report(
        name=(directory or path).resolve().stem,
        configuration=_configuration(configured, runs),
        outcomes=outcomes,
        made=datetime.now(UTC),
    )
    if run_out:
        evaluate.write_run(run_out, run)
    if plot_to:
        drawn = plot.Evaluation(
            name=report.name,
            configuration=f"{configured.encoder}, {configured.generator}",
            questions=questions,
            run=run,
            seconds=[line.timings_ms["total"] / 1000 for line in run],
            made=report.made,
        )
        plot.draw(plot_to, drawn, LANGUAGE)
    if markdown:
        markdown.write_text(evaluate.in_markdown(report, LANGUAGE), "utf-8")
    _show(report, json_=json_)
    written = {"run": run_out, "plot": plot_to, "table": markdown}
    if not json_:
        _say_where(written)


def _questions(directory: Path | None, questions_file: Path | None) -> Path:
    from bot.evaluate import EvaluationError

    if directory is None and questions_file is None:
        raise EvaluationError(
            "name a folder with passages.jsonl.gz, or --questions FILE for what is indexed"
        )
    return questions_file or Path(directory or "") / "questions.jsonl.gz"


def _place(directory: Path | None, questions_file: Path | None) -> dict[str, Path]:
    """Return what is indexed for the occasion, as `experiment.prepared` takes it."""
    if directory is None:
        return {}
    if (directory / PASSAGES).exists() or questions_file is None:
        return {"passages": directory / PASSAGES}
    return {"folder": directory}


def _usual(configured: Settings) -> str:
    """Return what the way is called in which questions are asked unless it is given."""
    extractive = configured.generator == "extractive"
    return "extractive" if extractive else configured.config.generator.mode


def _configuration(configured: Settings, runs: Mapping[str, Sequence[RunLine]]) -> str:
    """Return in one line what was evaluated."""
    parts = [f"{configured.encoder}, {configured.generator}"]
    models = dict.fromkeys(line.model for run in runs.values() for line in run if line.model)
    if configured.generator != "extractive":
        generator = configured.config.generator
        parts += [", ".join(models) or configured.generator_model or ""]
        parts += [f"max_tokens {generator.max_tokens} / {generator.max_tokens_long} (long)"]
        parts += [f"temperature 0, seed 0, {generator.concurrency} at once"]
    parts.append(f"{configured.config.search.passages} passages")
    return "; ".join(part for part in parts if part)


def _show(report: Report, *, json_: bool) -> None:
    """Print the figures: one column a mode."""
    from bot import evaluate
    from bot.cli import render

    outcomes = report.outcomes
    if json_:
        several = {outcome.way: dict(outcome.figures) for outcome in outcomes}
        figures = several if len(outcomes) > 1 else several[outcomes[0].way]
        typer.echo(json.dumps(figures, ensure_ascii=False, indent=2))
    elif len(outcomes) == 1:
        out().print(render.figures(dict(evaluate.table(outcomes[0].figures))))
    else:
        out().print(_side_by_side(outcomes))


def _side_by_side(outcomes: Sequence[Outcome]) -> Any:
    from rich.table import Table

    from bot import evaluate

    table = Table(box=None, padding=(0, 1))
    table.add_column(style="bold", no_wrap=True)
    for outcome in outcomes:
        table.add_column(outcome.way, justify="right")
    columns = [dict(evaluate.table(outcome.figures)) for outcome in outcomes]
    for name in dict.fromkeys(name for column in columns for name in column):
        table.add_row(name, *(column.get(name, "–") for column in columns))
    table.add_row("seconds", *(f"{outcome.seconds:.1f}" for outcome in outcomes))
    return table


def _say_where(written: Mapping[str, Path | None]) -> None:
    lines = {
        "run": ("Run written to {}", "{} に書き出しました"),
        "plot": ("Drawn to {}", "図を {} に描きました"),
        "table": ("Table written to {}", "表を {} に書き出しました"),
    }
    for kind, path in written.items():
        if path:
            err().print(say(*lines[kind]).format(path), markup=False)
