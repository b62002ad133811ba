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
        self._task = progress.add_task("", total=None, count="", rate="")

    def advance_to(
        self,
        done: int,
        total: int | None,
        label: str = "",
        *,
        work: tuple[int, int | None] | None = None,
    ) -> None:
        """Show that `done` of `total` are done, with the rate over the whole run.

        `work` is done and total in a unit that tells the time left better, such as bytes.
        """
        elapsed = self._progress.tasks[0].elapsed or 0
        completed, whole = work if work and work[1] else (done, total)
        self._progress.update(
            self._task,
            completed=completed,
            total=whole,
            description=label,
            count=f"{done}/{total}" if total is not None else f"{done}",
            rate=f"{done / elapsed:.0f}/s" if elapsed > 1 else "",
        )


@contextmanager
def bar() -> Iterator[Bar]:
    """Show a bar while the block runs."""
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = err()
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as p:
        yield Bar(p)
