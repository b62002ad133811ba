"""`kurage ingest`: one sync of one source, or of all, or of one document.

Knows nothing of how a report looks (`report`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.arguments import AsJson, source_names
from bot.cli.console import EXPECTED_EXIT, expected_errors, problem, say, settle

if TYPE_CHECKING:
    from bot.app import App
    from bot.app.mirror import Options
    from bot.settings import Source
    from ingest.sync import Progress, Report

_AD_HOC = ("folder", "web", "confluence", "drive")
"""Kinds that need no table in kurage.toml."""

_LABEL = 48
"""Characters beside the bar; a title may have ten thousand."""

HELP = say(
    """Mirror a source into the index.

    What is new is read, what has changed is read again, what is gone is removed. Confluence is
    read as CONFLUENCE_URL, CONFLUENCE_EMAIL and CONFLUENCE_TOKEN say, Google Drive as
    GOOGLE_APPLICATION_CREDENTIALS says.

    [bold]Examples[/bold]

    kurage ingest folder ~/handbook

    kurage ingest web https://www.example.co.jp/docs/    (what is below it)

    kurage ingest confluence ENG    (one space; without it, every space)

    kurage ingest drive https://drive.google.com/drive/folders/1AbC    (one folder; without it, all)

    kurage ingest handbook    (a source of kurage.toml)

    kurage ingest wiki --only https://example.atlassian.net/wiki/spaces/ENG/pages/123

    kurage ingest --all --dry-run
    """,
    """取り込み元を索引に反映します。

    新しいものを読み、変わったものを読み直し、なくなったものを消します。Confluenceには
    CONFLUENCE_URL・CONFLUENCE_EMAIL・CONFLUENCE_TOKEN、Googleドライブには
    GOOGLE_APPLICATION_CREDENTIALS で接続します。

    [bold]例[/bold]

    kurage ingest folder ~/handbook

    kurage ingest web https://www.example.co.jp/docs/    （その下のページ）

    kurage ingest confluence ENG    （1つのスペース。省くとすべて）

    kurage ingest drive https://drive.google.com/drive/folders/1AbC    （省くとすべて）

    kurage ingest handbook    （kurage.toml に書いた取り込み元）

    kurage ingest wiki --only https://example.atlassian.net/wiki/spaces/ENG/pages/123

    kurage ingest --all --dry-run
    """,
)


def command(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[folder|web|confluence|drive|NAME]",
            autocompletion=lambda incomplete: (
                [name for name in _AD_HOC if name.startswith(incomplete)] + source_names(incomplete)
            ),
            help=say(
                "`folder`, `web`, `confluence`, `drive`, or a source of kurage.toml.",
                "folder・web・confluence・drive か、kurage.toml の名前",
            ),
            show_default=False,
        ),
    ] = None,
    location: Annotated[
        str | None,
        typer.Argument(
            metavar="[PATH|URL|SPACE]",
            help=say(
                "The folder, the page to begin at, or the key of a space.",
                "フォルダー、最初のページ、スペースのキーのいずれか",
            ),
            show_default=False,
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help=say("Every source.", "すべての取り込み元"))
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            help=say(
                "Of what kurage.toml does not name; its own by default.",
                "kurage.toml に書いていない取り込み元に付ける名前",
            ),
            show_default=False,
        ),
    ] = None,
    url_prefix: Annotated[
        str | None,
        typer.Option(
            "--url-prefix",
            metavar="URL",
            help=say(
                "Links into a folder start with this.", "フォルダー内へのリンクの先頭に付けるURL"
            ),
            show_default=False,
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            metavar="URL",
            help=say("This document alone, by its address or id.", "この文書だけ（URLかIDで指定）"),
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
            "--dry-run",
            help=say(
                "Only say what would happen, and to which documents.",
                "何がどう変わるかの予定だけを表示します。",
            ),
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help=say("Every document and remark.", "すべての文書と注意を表示します。"),
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
    from bot.cli.ingest import report

    _refuse_nonsense(target, location, everything, url_prefix, only)
    settle()
    options: Options = {
        "full": full,
        "dry_run": dry_run,
        "allow_delete": allow_delete,
        "switch": switch,
        "only": only,
    }
    rows: list[dict[str, Any]] = []
    complete = True
    with app.open_app() as kurage:
        for chosen, source in _chosen(kurage, target, location, everything, name, url_prefix):
            try:
                done = _sync(kurage, chosen, source, options)
            except expected_errors() as error:
                if not everything:
                    raise
                # One source that is away does not keep the others from being synced.
                problem(f"{chosen}: {error}")
                rows.append({"source": chosen, "error": str(error)})
                complete = False
                continue
            rows.append(done.to_dict())
            complete = complete and not done.stopped
            if not json_:
                report.show(done, verbose=verbose)
    if json_:
        typer.echo(json.dumps(rows if everything else rows[0], ensure_ascii=False, indent=2))
    if not complete:
        raise typer.Exit(EXPECTED_EXIT)


def _refuse_nonsense(
    target: str | None,
    location: str | None,
    everything: bool,
    url_prefix: str | None,
    only: str | None,
) -> None:
    """Raise for arguments that do not belong together: one of them was meant otherwise."""
    if everything and (target or only):
        other = "--only" if only else target
        raise typer.BadParameter(
            say(f"--all and {other} exclude each other", f"--all と {other} は同時に使えません")
        )
    if location is not None and target not in _AD_HOC:
        raise typer.BadParameter(
            say(
                f"{location} belongs behind `folder`, `web`, `confluence` or `drive`",
                f"{location} は folder・web・confluence・drive の後に書きます",
            )
        )
    if url_prefix is not None and target != "folder":
        raise typer.BadParameter(
            say("--url-prefix is for folders", "--url-prefix はフォルダー用です")
        )


def _chosen(
    kurage: App,
    target: str | None,
    location: str | None,
    everything: bool,
    name: str | None,
    url_prefix: str | None,
) -> list[tuple[str, Source]]:
    """Return the sources that the arguments mean, with their names."""
    from bot.app import ad_hoc_name
    from bot.settings import SettingsError

    configured = kurage.settings.config.sources
    if everything:
        if not configured:
            raise SettingsError(
                say("kurage.toml names no source", "kurage.toml に取り込み元がありません")
            )
        return list(configured.items())
    if target in _AD_HOC:
        source = _of_the_arguments(kurage, target, location, url_prefix)
        return [(ad_hoc_name(kurage, source, name), source)]
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


def _of_the_arguments(
    kurage: App, kind: str, location: str | None, url_prefix: str | None
) -> Source:
    """Return a source that no table of kurage.toml describes. Raises `SettingsError`."""
    from pydantic import ValidationError

    from bot.settings import ConfluenceSource, DriveSource, FolderSource, WebSource

    try:
        match kind:
            case "folder":
                if location is None:
                    raise typer.BadParameter(say("name a folder", "フォルダーを指定してください"))
                path = Path(location).resolve()
                return FolderSource(kind="folder", path=path, url_prefix=url_prefix)
            case "web":
                if location is None:
                    raise typer.BadParameter(
                        say("name an address", "ページのURLを指定してください")
                    )
                return WebSource(urls=(location,))
            case "drive":
                return DriveSource(folders=(location,) if location else ())
            case _:
                url = kurage.settings.confluence_account(ConfluenceSource()).url
                return ConfluenceSource(url=url, spaces=(location,) if location else ())
    except ValidationError as error:
        reason = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise typer.BadParameter(reason) from None


def _sync(kurage: App, name: str, source: Source, options: Options) -> Report:
    from bot.cli import progress
    from bot.cli.render import printable

    with progress.bar() as bar:

        def show(now: Progress) -> None:
            work = (now.bytes_done, now.bytes_total)
            asked = say(f" ({now.requests:,} requests)", f"（リクエスト {now.requests:,}）")
            listing = say("listing", "一覧を取得中") + asked if now.stage == "list" else ""
            label = " ".join(printable(f"{name}: {listing or now.name}"[:_LABEL]).split())
            bar.advance_to(now.done, now.total, label, work=work)

        options["on_progress"] = show
        return kurage.sync(name, source, **options)
