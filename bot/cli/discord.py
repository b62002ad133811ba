"""`kurage discord`: what is needed once to have the bot in a Discord server."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.console import fail, say
from bot.cli.help import OPTIONS, SUBCOMMAND, Group

app = typer.Typer(
    cls=Group,
    options_metavar=OPTIONS,
    subcommand_metavar=SUBCOMMAND,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help=say(
        """Bring the bot into a Discord server.

        [bold]Examples[/bold]

        kurage discord invite
        """,
        """ボットを Discord のサーバーに追加します。

        [bold]例[/bold]

        kurage discord invite
        """,
    ),
)


@app.callback()
def group() -> None:
    """Have `invite` stay a command of its own though it is the only one."""


@app.command(
    help=say(
        "Print the link that adds the bot to a server, with exactly the permissions it uses.",
        "ボットをサーバーに追加するリンクを表示します。権限は実際に使うものだけです。",
    )
)
def invite(
    application: Annotated[
        str,
        typer.Option(
            "--app",
            metavar="ID",
            help=say(
                "Application id, as the developer portal shows it; by DISCORD_BOT_TOKEN.",
                "アプリケーション ID（既定は DISCORD_BOT_TOKEN のもの）。",
            ),
        ),
    ] = "",
) -> None:
    """Print the link."""
    if application and not (application.isascii() and application.isdecimal()):
        raise typer.BadParameter(say("use the digits of the id", "ID は数字で指定してください"))
    from bot.discord.commands import invitation

    typer.echo(invitation(application or _own()))


def _own() -> int:
    """Return the id of the application whose token is set."""
    import asyncio

    from bot import settings
    from bot.discord.login import application_id
    from bot.inbox.platform import PlatformError

    loaded = settings.load()
    token = loaded.discord_token
    if token is None:
        fail(
            say(
                "DISCORD_BOT_TOKEN is not set; set it in .env, or name the application with --app",
                "DISCORD_BOT_TOKEN がありません。.env に書くか、--app で指定してください",
            )
        )
    try:
        return asyncio.run(application_id(token, loaded.discord_api_url))
    except PlatformError as error:
        fail(str(error))
