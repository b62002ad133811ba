"""`kurage sources`: what is indexed, how syncs went, what failed, what is gone and can come back.

The page that an administrator looks at first: it also shows what is not there yet. Knows nothing of
how it looks (`view`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.arguments import AsJson, source_names
from bot.cli.console import err, fail, out, say
from bot.cli.sources import graves, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.app import App

_RUNS = 5
"""Runs that are shown of one source; with --runs, this many times ten."""

HELP = say(
    """List the sources and their state.

    How much of each is indexed, how the last sync ended, when the next one is due, what could not
    be read and why. Of one source also its latest runs, what failed, and what was deleted; that can
    be put back for as long as `keep_deleted` says.

    [bold]Examples[/bold]

    kurage sources

    kurage sources wiki --failed

    kurage sources wiki --deleted

    kurage sources wiki --restore 12345 https://example.atlassian.net/wiki/spaces/ENG/pages/67890
    """,
    """取り込み元とその状態を一覧します。

    索引の件数、最後の同期の結果、次の同期の予定、読めなかった文書とその理由を表示します。名前を
    指定すると、最近の同期、失敗した文書、削除した文書も調べられます。削除した文書は、keep_deleted
    の期間内なら戻せます。

    [bold]例[/bold]

    kurage sources

    kurage sources wiki --failed

    kurage sources wiki --deleted

    kurage sources wiki --restore 12345 https://example.atlassian.net/wiki/spaces/ENG/pages/67890
    """,
)


def command(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            autocompletion=source_names,
            help=say("This source alone, in detail.", "この取り込み元を詳しく"),
            show_default=False,
        ),
    ] = None,
    documents: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID|URL]...",
            help=say(
                "With --restore and --release: these documents; all without.",
                "--restore・--release の対象（省くとすべて）",
            ),
            show_default=False,
        ),
    ] = None,
    failed: Annotated[
        bool,
        typer.Option(
            "--failed",
            help=say(
                "What could not be read: reason, attempts, next attempt.",
                "読めなかった文書（理由・試行回数・次の試行）",
            ),
        ),
    ] = False,
    deleted: Annotated[
        bool,
        typer.Option(
            "--deleted",
            help=say(
                "What was deleted, and whether it can be restored.",
                "削除した文書と、戻せるかどうか",
            ),
        ),
    ] = False,
    runs: Annotated[
        bool, typer.Option("--runs", help=say("More runs.", "同期の履歴を長く表示します。"))
    ] = False,
    restore: Annotated[
        bool,
        typer.Option(
            "--restore",
            help=say(
                "Put deleted documents back; syncs leave them then.",
                "削除した文書を索引に戻します（同期しても消えません）。",
            ),
        ),
    ] = False,
    release: Annotated[
        bool,
        typer.Option(
            "--release",
            help=say(
                "Let restored documents go again with the next full listing.",
                "戻した文書を、次の全件確認で消えるようにします。",
            ),
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help=say("All documents that are told of.", "該当する文書をすべて表示します。"),
        ),
    ] = False,
    json_: AsJson = False,
) -> None:
    """List, or do."""
    from bot import app

    asked = {
        "--failed": failed,
        "--deleted": deleted,
        "--runs": runs,
        "--restore": restore,
        "--release": release,
    }
    _refuse_nonsense(name, documents, asked)
    with app.open_app() as kurage:
        if name is not None:
            _known(kurage, name)
        if restore or release:
            _change(
                kurage, str(name), documents, graves.restore if restore else graves.release, json_
            )
        elif failed or deleted:
            _listed(kurage, name, rows.failures if failed else graves.tombstones, json_, verbose)
        elif name is not None:
            _detail(kurage, name, _RUNS * 10 if runs else _RUNS, verbose, json_)
        else:
            _overview(kurage, verbose, json_)


def _refuse_nonsense(name: str | None, documents: list[str] | None, asked: dict[str, bool]) -> None:
    """Raise for options that do not belong together, or that need a source's name."""
    given = [option for option, wanted in asked.items() if wanted]
    if len(given) > 1:
        both = " ".join(given)
        raise typer.BadParameter(say(f"{both}: one at a time", f"{both}: 同時には使えません"))
    changes = given and given[0] in {"--restore", "--release"}
    if documents and not changes:
        raise typer.BadParameter(
            say(
                f"{documents[0]}: documents are named with --restore or --release alone",
                f"{documents[0]}: 文書を指定できるのは --restore と --release だけです",
            )
        )
    if name is None and given and given[0] not in {"--failed", "--deleted"}:
        raise typer.BadParameter(
            say(f"{given[0]} needs the name of a source", f"{given[0]} には名前が要ります")
        )


def _known(kurage: App, name: str) -> None:
    """End the command where there is no such source."""
    names = rows.names(kurage)
    if name not in names:
        known = ", ".join(names) or say("none", "なし")
        fail(
            say(
                f"there is no source {name!r} (known: {known})",
                f"取り込み元 {name!r} はありません（あるもの: {known}）",
            )
        )


def _overview(kurage: App, verbose: bool, json_: bool) -> None:
    problem, found = rows.overview(kurage, rows.names(kurage))
    if json_:
        if problem:
            err().print(problem, markup=False)
        _print_json(found)
        return
    from bot.cli.sources import view

    view.overview(out(), problem, found, every=verbose)


def _detail(kurage: App, name: str, count: int, verbose: bool, json_: bool) -> None:
    problem, [row] = rows.overview(kurage, [name])
    row["runs"] = rows.runs(kurage, name, count)
    if json_:
        if problem:
            err().print(problem, markup=False)
        _print_json(row)
        return
    from bot.cli.sources import view

    view.detail(out(), problem, row, every=verbose)


def _listed(
    kurage: App,
    name: str | None,
    find: Callable[[App, str], list[dict[str, Any]]],
    json_: bool,
    verbose: bool,
) -> None:
    """Show a list of documents of one source, or of each."""
    names = [name] if name is not None else rows.names(kurage)
    found = {one: find(kurage, one) for one in names}
    if json_:
        _print_json(found[name] if name is not None else found)
        return
    from bot.cli.sources import view

    show = view.failures if find is rows.failures else view.tombstones
    for one, documents in found.items():
        show(out(), one, documents, every=verbose)


def _change(
    kurage: App,
    name: str,
    documents: list[str] | None,
    change: Callable[[App, str, list[str] | None], list[str]],
    json_: bool,
) -> None:
    try:
        done = change(kurage, name, documents or None)
    except graves.UnknownError as error:
        fail(str(error))
    if json_:
        _print_json({"source": name, "documents": done})
        return
    from bot.cli.sources import view

    view.changed(out(), name, done, restored=change is graves.restore)


def _print_json(found: Any) -> None:
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
