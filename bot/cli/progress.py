"""Progress bars on standard error: rate and time left; silent where it is no terminal.

Knows nothing of what progresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bot.cli.console import err


class Bar:
    """One bar; its total may become known, or grow, while it runs."""

    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None, rate="")

    def advance_to(self, done: int, total: int | None, label: str = "") -> None:
        """Show that `done` of `total` are done, with the rate over the whole run."""
        elapsed = self._progress.tasks[0].elapsed or 0
        rate = f"{done / elapsed:.0f}/s" if elapsed > 1 else ""
        self._progress.update(self._task, completed=done, total=total, description=label, rate=rate)


@contextmanager
def bar() -> Iterator[Bar]:
    """Show a bar while the block runs."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = err()
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as p:
        yield Bar(p)
