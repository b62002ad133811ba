"""`kurage db`: whether the database fits this version, and bringing it up to date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from bot.cli.arguments import AsJson
from bot.cli.console import out, say
from bot.cli.help import OPTIONS, SUBCOMMAND, Group

if TYPE_CHECKING:
    from sqlalchemy import Engine

app = typer.Typer(
    cls=Group,
    options_metavar=OPTIONS,
    subcommand_metavar=SUBCOMMAND,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help=say(
        """Look at the SQL database and bring it up to date.

        [bold]Examples[/bold]

        kurage db status

        kurage db upgrade
        """,
        """データベースの状態を調べ、このバージョンに合わせて更新します。

        [bold]例[/bold]

        kurage db status

        kurage db upgrade
        """,
    ),
)


@app.command(
    help=say(
        "Create the tables or bring them up to date; what is stored stays.",
        "テーブルを作成または更新します。保存済みの内容はそのまま残ります。",
    )
)
def upgrade() -> None:
    """Migrate the database."""
    from bot import migrations

    with _engine() as engine:
        before = migrations.revision(engine)
        migrations.upgrade(engine)
    if before == migrations.HEAD:
        typer.echo(say(f"Up to date ({before}).", f"最新です（{before}）。"))
    else:
        was = before or say("empty", "空")
        typer.echo(
            say(f"Upgraded: {was} → {migrations.HEAD}.", f"更新しました: {was} → {migrations.HEAD}")
        )


@app.command(
    help=say(
        "Show where the database is and whether it fits; exit code 1 where it does not.",
        "データベースの場所と状態を表示します。更新が必要なら終了コード 1 です。",
    )
)
def status(json_: AsJson = False) -> None:
    """Show the state of the database, without changing it."""
    from bot import migrations
    from bot.cli.render import figures
    from bot.conversations.errors import place

    with _engine() as engine:
        held = migrations.revision(engine)
        current = migrations.is_current(engine)
        found = {
            "database": place(engine.url),
            "kind": engine.dialect.name,
            "revision": held,
            "wanted": migrations.HEAD,
            "current": current,
        }
    if json_:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        out().print(
            figures(
                {
                    say("Database", "データベース"): f"{found['kind']} {found['database']}",
                    say("Revision", "版"): held or say("empty", "空"),
                    say("State", "状態"): say("up to date", "最新です")
                    if current
                    else say("run kurage db upgrade", "kurage db upgrade を実行してください"),
                }
            )
        )
    if not current:
        raise typer.Exit(1)


@contextmanager
def _engine() -> Iterator[Engine]:
    """Yield the database as it is: `App.engine` would have migrated it already."""
    from bot import migrations
    from bot.app import open_app

    with open_app() as kurage:
        kurage.home  # noqa: B018 - makes the folder that SQLite needs
        engine = migrations.connect(kurage.settings.database_url.get_secret_value())
        try:
            yield engine
        finally:
            engine.dispose()
