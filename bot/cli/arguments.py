"""Arguments and options that several commands take, declared once."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from bot.cli.console import configured_table, say


def source_names(incomplete: str) -> list[str]:
    """Return the sources of `kurage.toml` that begin so, for the shell to complete."""
    sources = configured_table().get("sources")
    names = sources if isinstance(sources, dict) else {}
    return [name for name in names if name.startswith(incomplete)]


QuestionText = Annotated[str, typer.Argument(help=say("The question.", "質問"), show_default=False)]
LongAnswer = Annotated[
    bool, typer.Option("--long", help=say("A longer answer.", "詳しく答えます。"))
]
Simplified = Annotated[
    bool,
    typer.Option(
        "--simplify",
        help=say(
            "What the best passage says, in simple Japanese (stx).",
            "最も近い記述をやさしい日本語に言い換えます（stx）。",
        ),
    ),
]
Summarised = Annotated[
    bool,
    typer.Option(
        "--summarise",
        help=say("A summary of the best passage (stx).", "最も近い記述を要約します（stx）。"),
    ),
]
ReadingMode = Annotated[
    Literal["multi", "single"] | None,
    typer.Option(
        "--mode",
        help=say(
            "Kurage reads all passages at once, or each by itself.",
            "Kurageに資料をまとめて（multi）、または1件ずつ（single）読ませます。",
        ),
        show_default=False,
    ),
]
FromSource = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        autocompletion=source_names,
        help=say(
            "Only from this source; may be repeated.", "この取り込み元だけを使います（複数可）。"
        ),
        show_default=False,
    ),
]
AsPerson = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="EMAIL",
        help=say(
            "Read as this person; the default reads everything, as an administrator.",
            "この人の権限で読みます（既定は管理者としてすべて）。",
        ),
        show_default=False,
    ),
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help=say("JSON for programs.", "プログラム向けにJSONで出力します。")),
]
