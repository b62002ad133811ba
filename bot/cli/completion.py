"""`kurage completion`: what makes the shell complete commands, options and names of sources."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bot.cli.console import fail, say

HELP = say(
    """Set up completion in your shell.

    Prints the script by which it completes commands, options and names of sources.

    [bold]Examples[/bold]

    kurage completion bash --install    (from the next terminal on)

    source <(kurage completion bash)    (in this one)

    kurage completion fish > ~/.config/fish/completions/kurage.fish
    """,
    """シェルの補完（Tab キー）を設定します。

    コマンド・オプション・取り込み元の名前を補完するスクリプトを表示します。

    [bold]例[/bold]

    kurage completion bash --install    （次に開く端末から）

    source <(kurage completion bash)    （いまの端末だけ）

    kurage completion fish > ~/.config/fish/completions/kurage.fish
    """,
)

_PROGRAM = "kurage"
_VARIABLE = "_KURAGE_COMPLETE"
"""By which typer is asked for completions instead of being run."""


class Shell(StrEnum):
    """Shells that are served."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def command(
    shell: Annotated[
        Shell,
        typer.Argument(
            metavar="bash|zsh|fish", help=say("Your shell.", "お使いのシェル"), show_default=False
        ),
    ],
    install: Annotated[
        bool,
        typer.Option(
            "--install",
            help=say(
                "Set it up in your home folder instead of printing it.",
                "表示する代わりに、ホームフォルダーに設定します。",
            ),
        ),
    ] = False,
) -> None:
    """Print or install."""
    # typer offers both by options only, which would take the shell of this process.
    from typer import completion

    names = {"prog_name": _PROGRAM, "complete_var": _VARIABLE, "shell": shell.value}
    if not install:
        typer.echo(completion.get_completion_script(**names))  # type: ignore[attr-defined]
        return
    try:
        _, path = completion.install(**names)  # type: ignore[attr-defined]
    except OSError as error:
        fail(
            say(
                f"{error.filename} can not be written ({error.strerror})",
                f"{error.filename} に書き込めません（{error.strerror}）",
            )
        )
    typer.echo(
        say(
            f"Installed in {path}; open a new terminal to use it.",
            f"{path} に設定しました。新しい端末から使えます。",
        )
    )
