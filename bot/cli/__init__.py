"""The `kurage` command: one file a command, put together here.

Knows nothing of how anything is done: each command asks `bot.app` for what it needs, when it runs.
What is imported here costs every start, so that is typer and the commands' signatures only.
"""

from __future__ import annotations

import gc

# Half a million objects are made while modules are imported, and none of them is garbage: looking
# for it takes a tenth of the start of `kurage ask`. Commands that stay call `console.settle`.
gc.disable()

import typer  # noqa: E402

from bot.cli import (  # noqa: E402
    ask,
    backup,
    chat,
    completion,
    db,
    discord,
    doctor,
    drive,
    explain,
    ingest,
    init,
    log,
    questions,
    restore,
    search,
    serve,
    sources,
    worker,
)
from bot.cli import eval as eval_  # noqa: E402
from bot.cli.console import crash, expected_errors, fail, say  # noqa: E402
from bot.cli.help import OPTIONS, SUBCOMMAND, Command, Group, speak  # noqa: E402

app = typer.Typer(
    name="kurage",
    cls=Group,
    options_metavar=OPTIONS,
    subcommand_metavar=SUBCOMMAND,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=say(
        "Answers from your company's own documents, with linked sources.",
        "社内の資料から、出典のリンクつきで答えます。",
    ),
)

# In the order in which a newcomer meets them. A new command is a file and a line.
COMMANDS = {
    "init": init,
    "ingest": ingest,
    "ask": ask,
    "search": search,
    "chat": chat,
    "serve": serve,
    "worker": worker,
    "sources": sources,
    "explain": explain,
    "doctor": doctor,
    "eval": eval_,
    "backup": backup,
    "restore": restore,
    "completion": completion,
}
GROUPS = {"log": log, "questions": questions, "db": db, "discord": discord, "drive": drive}

for name, module in COMMANDS.items():
    app.command(name, cls=Command, help=module.HELP, options_metavar=OPTIONS)(module.command)
for name, group in GROUPS.items():
    speak(group.app)
    app.add_typer(group.app, name=name)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"kurage {version('kurage-bot')}")
        raise typer.Exit


@app.callback()
def options(
    lang: str = typer.Option(
        "",
        "--lang",
        metavar="ja|en",
        help=say("Language; by locale", "表示する言語（既定はロケール）"),
    ),
    version: bool = typer.Option(  # noqa: ARG001 - its callback has answered already
        False,
        "--version",
        callback=_version,
        is_eager=True,
        help=say("Show the version.", "バージョンを表示します。"),
    ),
) -> None:
    """Take the options that come before a command; `console.LANGUAGE` has read `--lang` already."""
    if lang not in {"", "ja", "en"}:
        raise typer.BadParameter(say("use ja or en", "ja か en を指定してください"))


def main() -> None:
    """Run the command line; see `console` for what exit codes mean."""
    try:
        app()
    except Exception as error:  # noqa: BLE001 - the last resort: one line instead of a traceback
        if isinstance(error, expected_errors()):
            fail(str(error))
        crash(error)
