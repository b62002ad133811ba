"""Mirrors a source into the index: extraction in processes of its own, then one sync.

Knows nothing of any connector.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypedDict, Unpack

from bot.app.registry import ENCODERS
from ingest.heap import tidy_heap
from ingest.prepare import build_pipeline, pipeline_fingerprint
from ingest.questions.align import bring_back
from ingest.state.questions import Questions
from ingest.sync import (
    KEEP_DELETED,
    LIST_EVERY,
    OnProgress,
    Progress,
    Report,
    put_back_restored,
    sync,
)
from ingest.workers import Workers

if TYPE_CHECKING:
    from bot.app.program import App
    from connectors.base import Connector


class Options(TypedDict, total=False):
    """How a source is mirrored."""

    full: bool
    only: str | None
    """The address or id of the one document that is synced; None: the source."""
    dry_run: bool
    list_every: timedelta
    keep_deleted: timedelta
    owner: str | None
    allow_delete: bool
    switch: bool
    """Serve a new generation of the index although it lacks sources of the former one."""
    on_progress: OnProgress


def _unseen(_: Progress) -> None:
    """Show nothing."""


def mirror(
    kurage: App,
    name: str,
    connector: Connector,
    *,
    kind: str,
    location: str,
    **options: Unpack[Options],
) -> Report:
    """Mirror what a connector shows into the index, under a name; see `ingest.sync.sync`.

    What is fetched waits for the index in the folder `spool` of the program's home. What somebody
    put back after it was deleted comes along into a new generation, and so do the questions that a
    model made of texts which were written again as they were.
    """
    tidy_heap()
    limits = kurage.settings.config.ingest
    dry_run = options.get("dry_run", False)
    if not dry_run:
        kurage.state.register_source(name, kind=kind, location=location)
    workers = Workers(
        partial(build_pipeline, ENCODERS[kurage.settings.encoder](kurage)),
        pipeline_fingerprint(kurage.encoder),
        count=limits.workers,
        memory_mb=limits.memory_mb,
        seconds=limits.seconds_per_document,
    )
    with kurage.index_writer() as index, workers as prepare:
        report = sync(
            connector,
            index,
            kurage.state,
            prepare,
            source=name,
            dry_run=dry_run,
            full=options.get("full", False),
            only=options.get("only"),
            max_delete_share=1.0 if options.get("allow_delete") else limits.max_delete_share,
            list_every=options.get("list_every", LIST_EVERY),
            keep_deleted=options.get("keep_deleted", KEEP_DELETED),
            owner=options.get("owner"),
            spool=kurage.home / "spool",
            on_progress=options.get("on_progress", _unseen),
        )
        if report.published:
            put_back_restored(index, kurage.state, lambda: kurage.encoder, source=name)
            bring_back(name, index, kurage.state, Questions(kurage.engine), lambda: kurage.encoder)
        if options.get("switch") and not dry_run:
            index.take_over()
            report.waits_for = []
        return report
