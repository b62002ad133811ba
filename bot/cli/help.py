"""Help in the reader's language, where typer itself only speaks English.

Knows nothing of what the commands do: their own texts are theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

from bot.cli.console import LANGUAGE, say

if TYPE_CHECKING:
    from typer import Typer

OPTIONS = say("[OPTIONS]", "[オプション]")
SUBCOMMAND = say("COMMAND [ARGS]...", "コマンド [引数]...")

# typer's own words, by the names under which its help looks them up.
_TYPER_WORDS = {
    "ARGUMENTS_PANEL_TITLE": "引数",
    "OPTIONS_PANEL_TITLE": "オプション",
    "COMMANDS_PANEL_TITLE": "コマンド",
    "ERRORS_PANEL_TITLE": "エラー",
    "DEFAULT_STRING": "［既定: {}］",
    "ENVVAR_STRING": "［環境変数: {}］",
    "REQUIRED_LONG_STRING": "［必須］",
    "ABORTED_TEXT": "中止しました。",
    "RICH_HELP": "使い方は [blue]'{command_path} {help_option}'[/] で表示できます。",
}
# Two options of typer's that `kurage completion` says better; they still work.
_HIDDEN = frozenset({"install_completion", "show_completion"})


def _translate() -> None:
    """Give typer our words; imported only where help is shown, as rich is a third of a start."""
    if LANGUAGE == "ja":
        from rich.columns import Columns
        from rich.table import Table
        from rich.text import Text
        from typer import rich_utils

        class FoldingTable(Table):
            """Breaks lines where they are full: Japanese has no blanks, and would be cut off."""

            def add_row(self, *cells: Any, **style: Any) -> None:
                super().add_row(*cells, **style)
                for column in self.columns:
                    column.overflow = "fold"

        def joined(parts: list[Any]) -> Any:
            """Return an option's help and its default as one text, which can be broken."""
            plain = all(isinstance(part, Text) for part in parts)
            return Text(" ").join(parts) if plain else Columns(parts)

        setattr(rich_utils, "Table", FoldingTable)  # noqa: B010 - typer does not export it
        setattr(rich_utils, "Columns", joined)  # noqa: B010
        for name, words in _TYPER_WORDS.items():
            setattr(rich_utils, name, words)


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Let typer say what is wrong with the arguments under headings in the reader's language."""
    try:
        yield
    except Exception:
        _translate()
        raise


class Command(TyperCommand):
    """A command whose help speaks one language throughout."""

    def get_help_option(self, ctx: Any) -> Any:
        return _described(super().get_help_option(ctx))

    def get_usage(self, ctx: Any) -> str:
        return _usage(super().get_usage(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with _translated_errors():
            return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _translate()
        super().format_help(ctx, formatter)


class Group(TyperGroup):
    """A group of commands, likewise."""

    def get_params(self, ctx: Any) -> list[Any]:
        params = super().get_params(ctx)
        for param in params:
            if param.name in _HIDDEN:
                param.hidden = True  # type: ignore[attr-defined]
        return params

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        with _translated_errors():
            return super().resolve_command(ctx, args)

    def get_help_option(self, ctx: Any) -> Any:
        return _described(super().get_help_option(ctx))

    def get_usage(self, ctx: Any) -> str:
        return _usage(super().get_usage(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with _translated_errors():
            return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _translate()
        super().format_help(ctx, formatter)


def speak(app: Typer) -> None:
    """Let every command of a group have its help in the reader's language."""
    for command in app.registered_commands:
        command.cls = Command
        command.options_metavar = OPTIONS


def _described(option: Any) -> Any:
    if option is not None:
        option.help = say("Show this message and exit.", "この説明を表示して終了します。")
    return option


def _usage(text: str) -> str:
    return text.replace("Usage:", "使い方:", 1) if LANGUAGE == "ja" else text
