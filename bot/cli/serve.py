"""`kurage serve`: the long-running process of a host."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bot.cli.console import err, say, settle

if TYPE_CHECKING:
    from bot.app import App
    from bot.schedule import Job

HELP = say(
    """Serve Slack and Discord, and keep the sources of kurage.toml in sync.

    Slack is served if SLACK_BOT_TOKEN and SLACK_APP_TOKEN are set, Discord if DISCORD_BOT_TOKEN is;
    each source is synced as often as its `every` says.
    """,
    """SlackとDiscordで質問に答え、kurage.toml の取り込み元を同期し続けます。

    Slackは SLACK_BOT_TOKEN と SLACK_APP_TOKEN、Discordは DISCORD_BOT_TOKEN を設定すると動きます。
    同期の間隔は、取り込み元ごとの every に書きます。
    """,
)


def command() -> None:
    """Serve."""
    import asyncio

    from bot import app, settings
    from bot.serve import jobs

    settle()
    with app.open_app() as kurage:
        syncs = jobs.syncs(kurage)
        if not syncs and not kurage.configured_platforms:
            raise settings.SettingsError(
                say(
                    "nothing to serve: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN for Slack, "
                    "DISCORD_BOT_TOKEN for Discord (in the environment or .env), or add "
                    '`every = "1h"` to a source of kurage.toml to have it synced',
                    "動かすものがありません。Slackなら SLACK_BOT_TOKEN と SLACK_APP_TOKEN を、"
                    "Discordなら DISCORD_BOT_TOKEN を環境変数か .env に設定してください。同期だけ"
                    'なら kurage.toml の取り込み元に every = "1h" などを加えてください',
                )
            )
        asyncio.run(_serve(kurage, [*syncs, *jobs.purges(kurage.settings.config)]))


async def _serve(kurage: App, jobs: list[Job]) -> None:
    from bot.serve import logs, process
    from bot.serve.notices import Notices
    from bot.serve.redact import Redactor

    settings = kurage.settings
    as_text = logs.is_text(settings.config.serve, sys.stderr)
    logs.configure(settings.config.serve, Redactor(settings.secrets))
    await process.serve(kurage, jobs, Notices(_show if as_text else None))


def _show(en: str, ja: str) -> None:
    err().print(say(en, ja), markup=False)
