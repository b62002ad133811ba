"""What a sync tells while it runs and when it ends.

Knows nothing of how it is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is: enough for a rate and the time left."""

    stage: Literal["list", "read"]
    done: int
    """Documents."""
    total: int | None = None
    """None while the source is being listed."""
    bytes_done: int = 0
    bytes_total: int | None = None
    """None where the source does not tell sizes."""
    name: str = ""
    """The latest document."""


OnProgress = Callable[[Progress], None]


@dataclass(slots=True)
class Report:
    """What a sync did; of a dry run, what it would do."""

    source: str
    dry_run: bool = False
    full: bool = True
    """Whether everything was listed; else only what a change feed told."""
    unchanged: int = 0
    written: int = 0
    deleted: int = 0
    readers_updated: int = 0
    """Documents whose readers alone changed."""
    chunks: int = 0
    """Of the documents written."""
    bytes: int = 0
    """Of the documents written; of a dry run, as far as the source tells."""
    seconds: float = 0.0
    failed: list[tuple[str, str]] = field(default_factory=list)
    """Name and reason of every document that is not indexed as it is now."""
    warnings: list[tuple[str, str]] = field(default_factory=list)
    """Name and remark of documents that were read in part."""
    waits_for: list[str] = field(default_factory=list)
    """Sources that must be synced, too, before searches turn to an index of a new generation."""
    stopped: str | None = None
    """Why the run could not do all it should, and how to go on."""

    def to_dict(self) -> dict[str, Any]:
        """Return it for `--json` and the log of runs."""
        named = {
            "failed": [{"name": name, "reason": reason} for name, reason in self.failed],
            "warnings": [{"name": name, "reason": reason} for name, reason in self.warnings],
        }
        return {**asdict(self), **named, "seconds": round(self.seconds, 3)}
