"""`kurage log`: what was asked and answered; exporting and deleting it.

Knows nothing of how turns are stored (`bot.conversations`), nor how they look (`view`, `formats`).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.arguments import AsJson
from bot.cli.console import LANGUAGE, err, fail, out, say
from bot.cli.help import OPTIONS, Group
from bot.cli.log.options import (
    Asker,
    Grep,
    Platform,
    Since,
    Source,
    States,
    Unanswered,
    Until,
    ago,
    selection,
)

if TYPE_CHECKING:
    from bot.conversations import Conversations


class Format(StrEnum):
    """What an export can be."""

    CSV = "csv"
    JSONL = "jsonl"


class _LogGroup(Group):
    """`kurage log K7F3Q2` is `kurage log show K7F3Q2`: the number is what people have at hand."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in self.commands and _is_turn(args[0]):
            args = ["show", *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_LogGroup,
    options_metavar=OPTIONS,
    invoke_without_command=True,
    subcommand_metavar=say("[TURN | COMMAND [ARGS]...]", "[番号 | コマンド [引数]...]"),
    rich_markup_mode="rich",
    help=say(
        """List what was asked and answered, newest first; show, export and delete it.

        [bold]Examples[/bold]

        kurage log --since 7d --unanswered

        kurage log K7F3Q2

        kurage log export --format csv questions.csv

        kurage log purge --older-than 90d
        """,
        """質問と回答の記録を新しい順に一覧します。1件の表示、書き出し、削除もできます。

        [bold]例[/bold]

        kurage log --since 7d --unanswered

        kurage log K7F3Q2

        kurage log export --format csv questions.csv

        kurage log purge --older-than 90d
        """,
    ),
)


@app.callback()
def list_turns(
    ctx: typer.Context,
    *,
    since: Since = None,
    until: Until = None,
    platform: Platform = None,
    asker: Asker = None,
    state: States = None,
    unanswered: Unanswered = False,
    source: Source = None,
    grep: Grep = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help=say("How many.", "件数"))] = 20,
    json_: AsJson = False,
) -> None:
    """List turns; a command after it does something else."""
    if ctx.invoked_subcommand is not None:
        _refuse_lost_options(ctx)
        return
    wanted = selection(
        since=since,
        until=until,
        platform=platform,
        asker=asker,
        state=state,
        unanswered=unanswered,
        source=source,
        text=grep,
        limit=limit,
    )
    with _conversations() as conversations:
        turns = list(conversations.turns(wanted))
    if json_:
        from bot.cli.log.formats import as_object

        typer.echo(json.dumps([as_object(turn) for turn in turns], ensure_ascii=False, indent=2))
    elif turns:
        from bot.cli.log import view

        console = out()
        view.print_table(console, turns)
    else:
        err().print(say("No turn fits.", "該当する記録はありません。"))


@app.command(
    help=say(
        "Show one turn with the passages found for it.", "1件を、見つかった資料とともに表示します。"
    )
)
def show(
    turn: Annotated[
        str, typer.Argument(help=say("Its number, such as K7F3Q2", "番号（例: K7F3Q2）"))
    ],
    json_: AsJson = False,
) -> None:
    """Show one turn."""
    from bot.conversations import turn_id

    number = turn_id(turn)
    if number is None:
        fail(
            say(
                f"{turn!r} is no turn; its number has six characters, such as K7F3Q2",
                f"{turn!r} は番号ではありません。番号は K7F3Q2 のような6文字です",
            )
        )
    with _conversations() as conversations:
        found = conversations.get(number)
    if json_:
        from bot.cli.log.formats import as_object

        typer.echo(json.dumps(as_object(found), ensure_ascii=False, indent=2))
        return
    from bot.cli.log import view

    console = out()
    console.print(view.whole(found, terminal=console.is_terminal))


@app.command(
    help=say(
        """Write turns to a file (or standard output), newest first.

        csv is for Excel: with a byte order mark, cells that look like formulas prefixed by an
        apostrophe, and cut where a cell is full. jsonl holds everything.
        """,
        """記録を新しい順にファイル（なければ標準出力）へ書き出します。

        csv は Excel 向けです。BOM がつき、数式に見えるセルの先頭にはアポストロフィがつきます。
        長すぎるセルは切り詰めます。
        jsonl にはすべてが入ります。
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
    format_: Annotated[
        Format,
        typer.Option(
            "--format",
            help=say("csv for Excel, jsonl for programs.", "Excel には csv、プログラムには jsonl"),
        ),
    ] = Format.CSV,
    since: Since = None,
    until: Until = None,
    platform: Platform = None,
    asker: Asker = None,
    state: States = None,
    unanswered: Unanswered = False,
    source: Source = None,
    grep: Grep = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", min=1, help=say("At most.", "最大の件数"), show_default=False
        ),
    ] = None,
) -> None:
    """Export turns, a few hundred in memory at a time."""
    from bot.cli.log import formats

    wanted = selection(
        since=since,
        until=until,
        platform=platform,
        asker=asker,
        state=state,
        unanswered=unanswered,
        source=source,
        text=grep,
        limit=limit,
    )
    with _conversations() as conversations:
        turns = conversations.turns(wanted)
        lines = (
            formats.csv_lines(turns, LANGUAGE)
            if format_ is Format.CSV
            else formats.json_lines(turns)
        )
        if file is None:
            _write(sys.stdout.buffer, lines)
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


@app.command(
    help=say(
        """Delete old turns, or all of one person, with passages and feedback. Asks first.

        [bold]Examples[/bold]

        kurage log purge --older-than 90d

        kurage log purge --platform slack --asker U012AB3CD --yes
        """,
        """古い記録、またはある人の記録すべてを、資料や評価の記録とともに削除します。実行前に確認します。

        [bold]例[/bold]

        kurage log purge --older-than 90d

        kurage log purge --platform slack --asker U012AB3CD --yes
        """,
    )
)
def purge(
    *,
    older_than: Annotated[
        str | None,
        typer.Option(
            metavar=say("AGE", "期間"),
            help=say(
                "Such as 90d; the age is counted from the question.", "90d など（質問した時点から）"
            ),
            show_default=False,
        ),
    ] = None,
    asker: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help=say(
                "All of this person's, with --platform.", "この人のすべて（--platform とともに）"
            ),
            show_default=False,
        ),
    ] = None,
    platform: Platform = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help=say("Do not ask.", "確認しません。"))
    ] = False,
) -> None:
    """Delete turns by age or by asker."""
    from bot.conversations import Selection

    if (older_than is None) == (asker is None) or (asker is None) != (platform is None):
        raise typer.BadParameter(
            say(
                "give --older-than, or --asker with --platform",
                "--older-than か、--asker と --platform を指定してください",
            )
        )
    before = None if older_than is None else ago(older_than)
    with _conversations() as conversations:
        found = conversations.count(Selection(until=before, asker=asker, platform=platform))
        if found and not yes:
            _confirm(found)
        if before is not None:
            deleted = conversations.purge(before)
        else:
            deleted = conversations.erase(platform or "", asker or "")
    err().print(say(f"{deleted:,} turns deleted.", f"{deleted:,} 件を削除しました。"))


@contextmanager
def _conversations() -> Iterator[Conversations]:
    from bot.app import open_app

    with open_app() as kurage:
        yield kurage.conversations


def _is_turn(text: str) -> bool:
    from bot.conversations import turn_id

    return turn_id(text) is not None


def _refuse_lost_options(ctx: typer.Context) -> None:
    """Refuse `kurage log --since 7d export`, which would silently export everything."""
    lost = [
        name
        for name in ctx.params
        if getattr(ctx.get_parameter_source(name), "name", "") == "COMMANDLINE"
    ]
    if lost:
        option = "--" + lost[0].rstrip("_").replace("_", "-")
        raise typer.BadParameter(
            say(
                f"write {option} after {ctx.invoked_subcommand}",
                f"{option} は {ctx.invoked_subcommand} の後に書いてください",
            )
        )


def _confirm(count: int) -> None:
    """Ask on a terminal; anywhere else nobody could answer."""
    question = say(f"Delete {count:,} turns for good?", f"{count:,} 件を完全に削除しますか？")
    if not sys.stdin.isatty():
        fail(
            say(
                f"{count:,} turns would be deleted; say --yes to do it",
                f"{count:,} 件が対象です。削除するには --yes をつけてください",
            )
        )
    typer.confirm(question, abort=True, err=True)


def _write(target: Any, lines: Iterable[str]) -> None:
    # As bytes: what a file is must not depend on the locale of the terminal.
    for line in lines:
        target.write(line.encode())
    target.flush()


def _replace(file: Path, lines: Iterable[str]) -> None:
    """Write beside the file and put it in place at the end: half an export never looks whole."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as target:
            _write(target, lines)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
