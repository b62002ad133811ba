"""Which turns are wanted: the options that narrow a listing or an export, and what they mean.

Days are days in Japan.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.arguments import source_names
from bot.cli.console import say

if TYPE_CHECKING:
    from bot.conversations import Selection


class State(StrEnum):
    """`values.STATES` as choices; importing them would cost every command SQLAlchemy's start."""

    RECEIVED = "received"
    ANSWERING = "answering"
    ANSWERED = "answered"
    ABSTAINED = "abstained"
    FAILED = "failed"


def platforms(incomplete: str) -> list[str]:
    """Return where questions can come from, for the shell to complete."""
    return [name for name in ("terminal", "slack", "discord") if name.startswith(incomplete)]


Since = Annotated[
    str | None,
    typer.Option(
        metavar=say("DAY", "日付"),
        help=say(
            "Asked since 2026-04-01 (in Japan), or since 7d ago.",
            "この日以降: 2026-04-01 か 7d など",
        ),
        show_default=False,
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        metavar=say("DAY", "日付"),
        help=say("Asked until then, that day included.", "この日まで（当日を含む）"),
        show_default=False,
    ),
]
Platform = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help=say(
            "Asked there: terminal, slack or discord.", "質問された場所: terminal・slack・discord"
        ),
        show_default=False,
        autocompletion=platforms,
    ),
]
Asker = Annotated[
    str | None,
    typer.Option(
        "--asker",
        metavar="ID",
        help=say(
            "Asked by this person: the id that the list of one turn shows.",
            "この人の質問だけ（1件の表示にある質問者のID）",
        ),
        show_default=False,
    ),
]
States = Annotated[
    list[State] | None,
    typer.Option(
        "--state",
        metavar=say("STATE", "状態"),
        help=say(
            f"Only in this state; may be repeated: {', '.join(State)}.",
            f"この状態だけ（複数可）: {', '.join(State)}",
        ),
        show_default=False,
    ),
]
Unanswered = Annotated[
    bool, typer.Option("--unanswered", help=say("Only without an answer.", "回答がないものだけ"))
]
Source = Annotated[
    str | None,
    typer.Option(
        autocompletion=source_names,
        metavar="NAME",
        help=say("A passage of this source was found.", "この取り込み元の資料が出たもの"),
        show_default=False,
    ),
]
Grep = Annotated[
    str | None,
    typer.Option(
        "--grep",
        metavar=say("TEXT", "文字列"),
        help=say(
            "Stands in the question or answer; width and case do not matter.",
            "質問か回答に含まれる文字列 （全角・半角の違いは無視）",
        ),
        show_default=False,
    ),
]


def selection(
    *,
    since: str | None,
    until: str | None,
    platform: str | None,
    asker: str | None,
    state: list[State] | None,
    unanswered: bool,
    source: str | None,
    text: str | None,
    limit: int | None,
) -> Selection:
    """Return what the options ask for. Raises typer.BadParameter."""
    from bot.conversations import Selection

    states = frozenset(state) if state else None
    if unanswered:
        states = (states or frozenset(State)) - {State.ANSWERED}
    return Selection(
        since=_moment(since) if since else None,
        until=_moment(until, days=1) if until else None,
        platform=platform,
        asker=asker,
        states=None if states is None else frozenset(kept.value for kept in states),
        source=source,
        text=text,
        limit=limit,
    )


def ago(text: str) -> datetime:
    """Return the time that lies a duration such as `90d` back. Raises typer.BadParameter."""
    from bot.settings import seconds

    try:
        return datetime.now(UTC) - timedelta(seconds=seconds(text))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    except OverflowError:
        raise typer.BadParameter(
            say(f"{text!r} is before the calendar begins", f"{text!r} は長すぎます")
        ) from None


def _moment(text: str, *, days: int = 0) -> datetime:
    """Return when the day that is `days` after the named one begins, or a time that lies back."""
    from bot.reply import JST

    if not re.search("[-/]", text):
        return ago(text)
    try:
        day = datetime.strptime(text.replace("/", "-"), "%Y-%m-%d").replace(tzinfo=JST)
        return (day + timedelta(days=days)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            say(
                f"{text!r} is no day that can be used; write it as 2026-04-01",
                f"{text!r} は使えない日付です。2026-04-01 のように書いてください",
            )
        ) from None
