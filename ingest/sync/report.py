"""What a sync tells while it runs and when it ends.

Knows nothing of how it is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
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
    requests: int = 0
    """Made to the source so far, while it is being listed."""


OnProgress = Callable[[Progress], None]
"""May be called from another thread while a source is being listed."""


CHANGES_TOLD = 1_000
"""Changes that a real run names; a dry run names all: that is what it is for."""

FAILURES_KEPT = 1_000
"""Failures and warnings that the log of runs keeps of one run; the table of failures has all."""


@dataclass(frozen=True, slots=True)
class Change:
    """One document that differs between the source and the index."""

    action: Literal["write", "readers", "delete"]
    id: str
    name: str
    """What people know it by; of a deleted one, the title that it had."""
    new: bool = False
    """Whether it is written for the first time."""


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
    requests: int = 0
    """Made to the source."""
    only: str | None = None
    """The one document that was asked for, by its address or id; None: the source."""
    changes: list[Change] = field(default_factory=list)
    """What was done, by document, up to `CHANGES_TOLD`; of a dry run all that would be done."""
    failed: list[tuple[str, str]] = field(default_factory=list)
    """Name and reason of every document that is not indexed as it is now."""
    warnings: list[tuple[str, str]] = field(default_factory=list)
    """Name and remark of documents that were read in part, and of what the source left out."""
    waits_for: list[str] = field(default_factory=list)
    """Sources that must be synced, too, before searches turn to an index of a new generation."""
    published: bool = False
    """Whether searches find what was written; a part of a new generation waits for the rest."""
    stopped: str | None = None
    """Why the run could not do all it should, and how to go on."""

    @property
    def counts(self) -> dict[str, int]:
        """Return what is counted of a run in columns of its own."""
        return {
            "written": self.written,
            "unchanged": self.unchanged,
            "deleted": self.deleted,
            "readers_updated": self.readers_updated,
            "failed": len(self.failed),
            "requests": self.requests,
        }

    def tell(self, change: Change) -> None:
        """Name a change, unless so many are named already that another one helps nobody."""
        if self.dry_run or len(self.changes) < CHANGES_TOLD:
            self.changes.append(change)

    def to_dict(self, *, most: int | None = None) -> dict[str, Any]:
        """Return it for `--json`; with `most` entries of each list for the log of runs."""
        shown = replace(
            self,
            failed=self.failed[:most],
            warnings=self.warnings[:most],
            changes=self.changes[:most],
        )
        named = {
            "failed": [{"name": name, "reason": reason} for name, reason in shown.failed],
            "warnings": [{"name": name, "reason": reason} for name, reason in shown.warnings],
        }
        return {**asdict(shown), **named, "seconds": round(self.seconds, 3)}


def sentence(error: Exception) -> str:
    """Return what an error says as a sentence that another one can follow, in one line."""
    said = " ".join(str(error).split())
    return said if said.endswith((".", "!", "?", "。")) else f"{said}."
