"""`kurage serve`: the long-running process of a host."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from bot.cli.console import err, say, settle

if TYPE_CHECKING:
    from bot.schedule import Job, Outcome
    from bot.settings import Config

HELP = say(
    """Keep the sources of kurage.toml in sync, each as often as its `every` says.

    Slack and Discord join this process in the next version.
    """,
    """kurage.toml の取り込み元を決めた間隔で同期し続けます。

    SlackとDiscordは次の版でこのプロセスに加わります。
    """,
)


def command() -> None:
    """Serve."""
    import asyncio

    from bot import settings

    settle()
    jobs = _jobs(settings.load().config)
    if not jobs:
        raise settings.SettingsError(
            say(
                'no source of kurage.toml says how often to sync it; add `every = "1h"` to one',
                "kurage.toml のどの取り込み元にも同期の間隔がありません。"
                'every = "1h" などを加えてください',
            )
        )
    asyncio.run(_serve(jobs))


def _jobs(config: Config) -> list[Job]:
    """Return the syncs that are wanted, and with them the daily purge of old conversations."""
    from bot import schedule, settings

    jobs = [
        schedule.Job(name, ("ingest", name), float(settings.seconds(source.every)))
        for name, source in config.sources.items()
        if source.every
    ]
    if jobs and settings.seconds(config.log.keep):
        purge = ("log", "purge", "--older-than", config.log.keep, "--yes")
        jobs.append(schedule.Job("log purge", purge, float(settings.seconds("1d"))))
    return jobs


async def _serve(jobs: list[Job]) -> None:
    import asyncio

    from bot import schedule

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    err().print(say("Serving; Ctrl-C ends.", "稼働中です。Ctrl-Cで終了します。"))
    await schedule.run(jobs, _tell, stop=stop)


def _tell(outcome: Outcome) -> None:
    name = outcome.job.name
    if outcome.code == 0:
        line = say(f"{name}: done", f"{name}: 完了しました")
    else:
        line = say(
            f"{name}: failed ({outcome.code}): {outcome.message}",
            f"{name}: 失敗しました（{outcome.code}）: {outcome.message}",
        )
    err().print(line, markup=False)
