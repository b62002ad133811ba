"""`kurage ingest`: one sync of one source, or of all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.arguments import AsJson, source_names
from bot.cli.console import EXPECTED_EXIT, out, say, settle

if TYPE_CHECKING:
    from bot.app import App
    from bot.settings import FolderSource
    from ingest.sync import Progress, Report

# Remarks shown of a sync; they are no errors, and a first one may have hundreds.
_WARNINGS = 10

HELP = say(
    """Mirror a source into the index.

    What is new is read, what has changed is read again, what is gone is removed.

    [bold]Examples[/bold]

    kurage ingest folder ~/handbook

    kurage ingest handbook    (a source of kurage.toml)

    kurage ingest --all
    """,
    """取り込み元を索引に反映します。

    新しいものを読み、変わったものを読み直し、なくなったものを消します。

    [bold]例[/bold]

    kurage ingest folder ~/handbook

    kurage ingest handbook    （kurage.toml に書いた取り込み元）

    kurage ingest --all
    """,
)


def command(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[folder|NAME]",
            autocompletion=lambda incomplete: (
                [name for name in ("folder",) if name.startswith(incomplete)]
                + source_names(incomplete)
            ),
            help=say("`folder`, or a source of kurage.toml.", "folder か、kurage.toml の名前"),
            show_default=False,
        ),
    ] = None,
    location: Annotated[
        Path | None,
        typer.Argument(metavar="[PATH]", help=say("The folder.", "フォルダー"), show_default=False),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help=say("Every source.", "すべての取り込み元"))
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            help=say("Of an ad-hoc folder; its own by default.", "フォルダーに付ける名前"),
            show_default=False,
        ),
    ] = None,
    url_prefix: Annotated[
        str | None,
        typer.Option(
            "--url-prefix",
            metavar="URL",
            help=say("Links start with this.", "リンクの先頭に付けるURL"),
            show_default=False,
        ),
    ] = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help=say(
                "List everything, and try again what failed before.",
                "すべてを一覧し直し、前回失敗した文書も試します。",
            ),
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help=say("Only say what would happen.", "結果の予定だけを表示します。")
        ),
    ] = False,
    allow_delete: Annotated[
        bool,
        typer.Option(
            "--allow-delete",
            help=say(
                "Delete even when it is an unusually large share.",
                "削除が異例に多くても実行します。",
            ),
        ),
    ] = False,
    switch: Annotated[
        bool,
        typer.Option(
            "--switch",
            help=say(
                "After an upgrade: search the new index although other sources are not in it yet.",
                "更新後、ほかの取り込み元を待たずに新しい索引へ切り替えます。",
            ),
        ),
    ] = False,
    json_: AsJson = False,
) -> None:
    """Sync."""
    from bot import app

    settle()
    with app.open_app() as kurage:
        reports = [
            _sync(
                kurage,
                chosen,
                source,
                full=full,
                dry_run=dry_run,
                allow_delete=allow_delete,
                switch=switch,
            )
            for chosen, source in _chosen(kurage, target, location, everything, name, url_prefix)
        ]
    if json_:
        rows = [report.to_dict() for report in reports]
        typer.echo(json.dumps(rows if everything else rows[0], ensure_ascii=False, indent=2))
    else:
        for report in reports:
            _print(report)
    if any(report.stopped for report in reports):
        raise typer.Exit(EXPECTED_EXIT)


def _chosen(
    kurage: App,
    target: str | None,
    location: Path | None,
    everything: bool,
    name: str | None,
    url_prefix: str | None,
) -> list[tuple[str, FolderSource]]:
    """Return the sources that the arguments mean, with their names."""
    from bot.settings import FolderSource, SettingsError

    configured = kurage.settings.config.sources
    if everything:
        if not configured:
            raise SettingsError(
                say("kurage.toml names no source", "kurage.toml に取り込み元がありません")
            )
        return list(configured.items())
    if target == "folder":
        if location is None:
            raise typer.BadParameter(say("name a folder", "フォルダーを指定してください"))
        source = FolderSource(kind="folder", path=location.resolve(), url_prefix=url_prefix)
        return [(kurage.ad_hoc_name(source, name), source)]
    if target in configured:
        return [(target, configured[target])]
    known = ", ".join(configured) or say("none", "なし")
    raise SettingsError(
        say(
            f"no source {target!r} in kurage.toml (known: {known}); "
            "`kurage ingest folder PATH` takes any folder",
            f"kurage.toml に取り込み元 {target!r} がありません（あるもの: {known}）。"
            "フォルダーは kurage ingest folder PATH で取り込めます",
        )
    )


def _sync(kurage: App, name: str, source: FolderSource, **options: bool) -> Report:
    from bot.cli import progress

    with progress.bar() as bar:

        def show(now: Progress) -> None:
            work = (now.bytes_done, now.bytes_total)
            bar.advance_to(now.done, now.total, (now.name or name)[-40:], work=work)

        return kurage.sync(name, source, on_progress=show, **options)


def _print(report: Report) -> None:
    from rich.text import Text

    from bot.cli.render import printable

    console = out()
    counts = (
        (report.written, "written", "書き込み"),
        (report.unchanged, "unchanged", "変更なし"),
        (report.deleted, "deleted", "削除"),
        (report.readers_updated, "readers updated", "権限を更新"),
        (len(report.failed), "failed", "失敗"),
    )
    told = [
        say(f"{n} {en}", f"{ja} {n}") for n, en, ja in counts if n or en in {"written", "unchanged"}
    ]
    heading = say("would be: ", "予定: ") if report.dry_run else ""
    console.print(
        Text(f"{report.source}: {heading}", "bold"),
        Text(say(", ", "、").join(told)),
        Text(
            say(
                f"({report.chunks} chunks, {report.seconds:.1f} s)",
                f"（断片 {report.chunks}、{report.seconds:.1f} 秒）",
            ),
            "dim",
        ),
    )
    for name, reason in report.failed:
        console.print(Text(f"  ✘ {printable(name)}: {printable(reason)}", "red"))
    for name, reason in report.warnings[:_WARNINGS]:
        console.print(Text(f"  ▲ {printable(name)}: {printable(reason)}", "yellow"))
    more = len(report.warnings) - _WARNINGS
    if more > 0:
        rest = say(f"and {more} more remarks (see --json)", f"ほか {more} 件（--json で表示）")
        console.print(Text(f"  ▲ {rest}", "yellow"))
    if report.waits_for:
        names = ", ".join(sorted(report.waits_for))
        text = say(
            f"Search goes on with the former index until these are ingested again, too: {names}; "
            "--switch does without them",
            f"次の取り込み元も取り込み直すまで、検索には以前の索引を使います: {names}"
            "（--switch で待たずに切り替え）",
        )
        console.print(Text(text, "yellow"))
    if report.stopped:
        console.print(Text(printable(report.stopped), "red"))
