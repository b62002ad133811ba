"""How the log looks in a terminal: a table of turns, and one turn in full.

What people asked and documents say is data: it is printed without markup and control characters.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot import reply
from bot.cli.console import say
from bot.cli.log.formats import answer_text, jst, votes
from bot.cli.render import figures, linked, printable
from bot.conversations import ShownPassage, Turn
from bot.conversations.values import TurnState, Vote

_STATES: dict[TurnState, tuple[str, str]] = {
    "received": (say("received", "受付"), "yellow"),
    "answering": (say("answering", "回答中"), "yellow"),
    "answered": (say("answered", "回答"), "green"),
    "abstained": (say("abstained", "回答なし"), "magenta"),
    "failed": (say("failed", "失敗"), "red"),
}
_PIPE_WIDTH = 1000
_LINE = 200  # characters of a question
_SIGNS: dict[Vote, str] = {"up": "👍", "down": "👎"}


def print_table(console: Console, turns: Sequence[Turn]) -> None:
    """Print turns, a line each; a terminal cuts the question at its width, a pipe does not."""
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    console.print(_table(turns, expand=console.is_terminal))


def _table(turns: Sequence[Turn], *, expand: bool) -> RenderableType:
    # Expanded, the last column gets what is left instead of every column giving some.
    shown = Table(box=None, padding=(0, 1), header_style="bold", expand=expand)
    for heading in (
        say("Turn", "番号"),
        say("Asked (JST)", "日時"),
        say("On", "場所"),
        say("State", "状態"),
        say("Votes", "評価"),
    ):
        shown.add_column(heading, no_wrap=True)
    shown.add_column(say("Question", "質問"), no_wrap=True, overflow="ellipsis", ratio=1)
    for turn in turns:
        shown.add_row(
            Text(turn.id, style="bold"),
            jst(turn.created, "%Y-%m-%d %H:%M"),
            Text(printable(turn.thread.platform)),
            _state(turn),
            Text(_votes(turn)),
            Text(_line(turn.question)),
        )
    return shown


def whole(turn: Turn, *, terminal: bool) -> RenderableType:
    """Return everything that is kept of a turn."""
    parts: list[RenderableType] = [figures(_facts(turn)), Text("")]
    if answer := answer_text(turn):
        parts += [_heading(say("Answer", "回答")), Text(printable(answer)), Text("")]
    if turn.passages:
        parts += [_heading(say("Passages found", "見つかった資料"))]
        parts += [_passages(turn.passages, terminal=terminal)]
    return Group(_title(turn), *parts)


def _title(turn: Turn) -> Text:
    title = Text(f"{turn.id}  ", style="bold")
    return title.append_text(_state(turn)).append(jst(turn.created, "  %Y-%m-%d %H:%M:%S JST"))


def _facts(turn: Turn) -> dict[str, str]:
    """Return what is known of a turn, without what is not."""
    place = (turn.thread.platform, turn.thread.channel, turn.thread.root)
    opinions = (
        f"{_SIGNS[feedback.vote]} {feedback.user} {feedback.comment or ''}".strip()
        for feedback in turn.feedback
    )
    facts = {
        say("Question", "質問"): turn.question,
        say("Searched for", "検索語"): turn.searched,
        say("Asked by", "質問者"): turn.asker,
        say("Where", "場所"): reply.PATH_SEPARATOR.join(filter(None, place)),
        say("Error", "エラー"): turn.error,
        say("Confidence", "確信度"): None if turn.confidence is None else f"{turn.confidence:.2f}",
        say("Generator", "回答の方式"): turn.generator,
        say("Index", "索引の版"): turn.index_revision,
        say("Took", "所要時間"): _timings(turn),
        say("Feedback", "評価"): "\n".join(opinions),
    }
    return {name: value for name, value in facts.items() if value}


def _timings(turn: Turn) -> str:
    return ", ".join(f"{stage} {spent:.1f} ms" for stage, spent in turn.timings_ms.items())


def _passages(passages: Sequence[ShownPassage], *, terminal: bool) -> RenderableType:
    shown = Table(box=None, show_header=False, padding=(0, 1))
    shown.add_column(justify="right", style="green", no_wrap=True)
    shown.add_column(justify="right", style="cyan", no_wrap=True)
    shown.add_column()
    for passage in passages:
        path = reply.PATH_SEPARATOR.join(filter(None, (passage.title, passage.heading)))
        place: list[RenderableType] = [linked(path, passage.url, terminal=terminal)]
        if passage.quote:
            place.append(Text(printable(passage.quote), style="dim"))
        number = "" if passage.cited is None else f"[{passage.cited}]"
        shown.add_row(Text(number), f"{passage.score:.2f}", Group(*place))
    return shown


def _state(turn: Turn) -> Text:
    word, style = _STATES[turn.state]
    return Text(word, style=style)


def _votes(turn: Turn) -> str:
    counts = ((sign, votes(turn, vote)) for vote, sign in _SIGNS.items())
    return " ".join(f"{sign}{count}" for sign, count in counts if count)


def _heading(text: str) -> Text:
    return Text(text, style="bold")


def _line(text: str) -> str:
    line = " ".join(printable(text[: 2 * _LINE]).split())
    return line if len(line) <= _LINE else f"{line[:_LINE]}…"
