"""`kurage questions`: questions that a model writes for what is indexed, and what people decide.

Knows nothing of how they are made and kept (`ingest.questions`), nor how they look (`view`).
"""

from __future__ import annotations

import getpass
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.arguments import AsJson, FromSource
from bot.cli.console import err, fail, hush, out, say, settle
from bot.cli.help import OPTIONS, SUBCOMMAND, Group

if TYPE_CHECKING:
    from bot.app import App
    from ingest.state.questions import Pair, Questions

app = typer.Typer(
    cls=Group,
    options_metavar=OPTIONS,
    subcommand_metavar=SUBCOMMAND,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help=say(
        """Have Kurage write questions for what is indexed; look at them, approve and reject them.

        What people then ask in such words finds the text that answers, whatever its own words.

        [bold]Examples[/bold]

        kurage questions generate --source handbook

        kurage questions list --state kept

        kurage questions approve Q7F3Q2

        kurage questions export questions.jsonl
        """,
        """取り込んだ文書に対する質問と回答を Kurage に作らせ、確認・承認・却下します。

        作った質問に近い言い方で尋ねると、本文と言葉が違っていても見つかるようになります。

        [bold]例[/bold]

        kurage questions generate --source handbook

        kurage questions list --state kept

        kurage questions approve Q7F3Q2

        kurage questions export questions.jsonl
        """,
    ),
)


class State(StrEnum):
    """What became of a question."""

    KEPT = "kept"
    APPROVED = "approved"
    REJECTED = "rejected"
    DROPPED = "dropped"


InStates = Annotated[
    list[State] | None,
    typer.Option(
        "--state",
        help=say("Only in this state; may be repeated.", "この状態のものだけ（複数可）"),
        show_default=False,
    ),
]
Numbers = Annotated[
    list[str],
    typer.Argument(
        metavar=say("NUMBER...", "番号..."),
        help=say("Such as Q7F3Q2.", "Q7F3Q2 など"),
        show_default=False,
    ),
]


@app.command(
    help=say(
        """Write questions for texts that have none yet, and keep those that pass a check.

        Kept is what asks, finds its own text among the first five, and is answered in it.
        It may be interrupted at any time: the next run goes on, and asks about nothing twice.
        """,
        """まだ質問のない断片に質問と回答を作り、検査に通ったものを採用します。

        採用するのは、質問の形をしていて、検索すると元の断片が上位5件に入り、
        回答がその断片にあるものです。途中で止めても、次の実行で続きから進みます。
        """,
    )
)
def generate(
    *,
    sources: FromSource = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            "-n",
            min=1,
            help=say("Texts to ask about, at most.", "質問を作る断片の最大数"),
            show_default=False,
        ),
    ] = None,
    json_: AsJson = False,
) -> None:
    """Generate."""
    from bot.app import open_app
    from bot.cli.questions import running, view

    settle()
    with open_app() as kurage:
        writer = running.writer_of(kurage)
        hush(kurage.settings)
        report = kurage.run(running.generate(kurage, writer, _sources(kurage, sources), limit))
    if json_:
        typer.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
    else:
        view.print_report(out(), report)
    if report.stopped:
        fail(
            say(
                f"stopped, as the model does not answer ({report.stopped}); what was done is kept, "
                "and the next run goes on: see `kurage doctor`",
                f"モデルが応答しないため中断しました（{report.stopped}）。ここまでの結果は保存済みです。"
                "kurage doctor で確認し、もう一度実行すると続きから進みます",
            )
        )


@app.command(
    "list",
    help=say("List questions and their answers.", "質問と回答を一覧します。"),
)
def list_pairs(
    *,
    sources: FromSource = None,
    states: InStates = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help=say("How many.", "件数"))] = 50,
    json_: AsJson = False,
) -> None:
    """List pairs."""
    from bot.app import open_app
    from bot.cli.questions import view

    with open_app() as kurage:
        pairs = _pairs(kurage, sources, states or [*State], limit)
    if json_:
        listed = [view.as_object(pair) for pair in pairs]
        typer.echo(json.dumps(listed, ensure_ascii=False, indent=2))
    elif pairs:
        view.print_table(out(), pairs)
    else:
        err().print(say("No question fits.", "該当する質問はありません。"))


@app.command(
    help=say(
        "Say that these are right: asked in such words, their texts come first.",
        "正しいと認めます。近い言い方の質問では、その本文が優先されます。",
    )
)
def approve(numbers: Numbers, *, json_: AsJson = False) -> None:
    """Approve pairs."""
    _decide(numbers, "approved", None, json_=json_)


@app.command(
    help=say(
        "Say that these are wrong: no search finds anything by them any more.",
        "誤りとして却下します。検索には使われなくなります。",
    )
)
def reject(
    numbers: Numbers,
    *,
    reason: Annotated[
        str | None, typer.Option("--reason", help=say("Why.", "理由"), show_default=False)
    ] = None,
    json_: AsJson = False,
) -> None:
    """Reject pairs."""
    _decide(numbers, "rejected", reason, json_=json_)


@app.command(
    help=say(
        """Write questions as JSON Lines, as [bold]kurage eval --questions[/bold] reads them.

        By default what is kept and what is approved, as far as the text is still indexed.
        """,
        """質問を JSON Lines で書き出します。[bold]kurage eval --questions[/bold] で読めます。

        既定では採用と承認のうち、本文がいまも取り込まれているものです。
        """,
    )
)
def export(
    *,
    file: Annotated[
        Path | None,
        typer.Argument(
            help=say("Where to; replaced if it exists.", "書き出し先（あれば置き換えます）"),
            show_default=False,
        ),
    ] = None,
    sources: FromSource = None,
    states: InStates = None,
) -> None:
    """Export pairs."""
    from bot.app import open_app

    with open_app() as kurage:
        pairs = _pairs(kurage, sources, states or [State.KEPT, State.APPROVED], None)
        lines = "".join(_lines(kurage, pairs)).encode()
    if file is None:
        sys.stdout.buffer.write(lines)
        return
    try:
        _replace(file, lines)
    except OSError as error:
        fail(
            say(
                f"{file} can not be written: {error.strerror}",
                f"{file} に書けません: {error.strerror}",
            )
        )


def _sources(kurage: App, chosen: list[str] | None) -> list[str]:
    """Return the names of the chosen sources, or of all that were ever ingested."""
    known = [source.name for source in kurage.state.sources()]
    if unknown := [name for name in chosen or [] if name not in known]:
        names = ", ".join(unknown)
        fail(say(f"never ingested: {names}", f"取り込まれていません: {names}"))
    if not known:
        fail(say("nothing is ingested yet", "まだ何も取り込まれていません"))
    return list(dict.fromkeys(chosen or known))


def _questions(kurage: App) -> Questions:
    from ingest.state.questions import Questions

    return Questions(kurage.engine)


def _pairs(
    kurage: App, sources: list[str] | None, states: Sequence[State], limit: int | None
) -> list[Pair]:
    from ingest.state.questions import Pairs

    chosen = _sources(kurage, sources) if sources else None
    wanted = Pairs(chosen, [state.value for state in states], limit)
    return _questions(kurage).pairs(wanted)


def _decide(
    typed: list[str],
    state: Literal["approved", "rejected"],
    reason: str | None,
    *,
    json_: bool,
) -> None:
    from bot.app import open_app
    from bot.cli.questions import view
    from ingest.questions import align

    with open_app() as kurage:
        questions = _questions(kurage)
        ids = _known(typed, questions)
        questions.decide(ids, state, by=getpass.getuser(), reason=reason)
        pairs = [questions.get(ids)[id_] for id_ in ids]
        sources = sorted({pair.place.source for pair in pairs})
        aligned = align(sources, kurage.index_writer, kurage.state, questions, kurage.encoder)
    if json_:
        listed = [view.as_object(pair) for pair in pairs]
        typer.echo(json.dumps(listed, ensure_ascii=False, indent=2))
    else:
        view.print_table(out(), pairs)
    view.print_waiting(err(), aligned.waiting)


def _known(typed: list[str], questions: Questions) -> list[str]:
    """Return the numbers as they are stored; all of them, or the command fails and does nothing."""
    from ingest.state.questions import question_id

    ids = [question_id(one) for one in typed]
    held = questions.get([id_ for id_ in ids if id_])
    lost = [one for one, id_ in zip(typed, ids, strict=True) if id_ not in held]
    if lost:
        names = ", ".join(lost)
        fail(say(f"no such question: {names}", f"その番号の質問はありません: {names}"))
    return list(dict.fromkeys(id_ for id_ in ids if id_))


def _lines(kurage: App, pairs: Iterable[Pair]) -> Iterator[str]:
    from bot.cli.questions import view

    index = kurage.open_index()
    try:
        for (source, document_id), some in groupby(
            pairs, key=lambda pair: (pair.place.source, pair.place.document_id)
        ):
            chunks = index.chunks(source, document_id)
            for pair in some:
                yield from view.exported(pair, chunks)
    finally:
        index.close()


def _replace(file: Path, content: bytes) -> None:
    """Write beside the file and put it in place at the end: half an export never looks whole."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(content)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
