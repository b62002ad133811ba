"""A turn of the log: what was asked, what was found for it then, and how it ended.

Of an answer that a model wrote also what the model was asked, what it said, and how that was
checked; the text of passages comes from the index as it is now, and only where it is the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from bot.conversations import ConversationsError, turn_id
from bot.exchange import Place
from bot.generate.extractive import weights
from bot.reply import JST, PATH_SEPARATOR
from bot.trace import Mark, Trace, calls_json, checks_json, restored
from ingest.index import SearchIndexError

if TYPE_CHECKING:
    from bot.app import App


def explain_turn(kurage: App, text: str) -> dict[str, Any] | None:
    """Return what is kept of the turn with this number; None where there is none."""
    turn = turn_id(text)
    if turn is None:
        return None
    try:
        found = kurage.conversations.get(turn)
        trace = kurage.conversations.trace(turn)
    except ConversationsError:
        return None
    return {
        "turn": found.id,
        "question": found.question,
        "searched": found.searched,
        "asker": found.asker,
        "asked": found.created.astimezone(JST).isoformat(timespec="seconds"),
        "state": found.state,
        "error": found.error,
        "confidence": found.confidence,
        "threshold": weights.THRESHOLD if found.generator == "extractive" else None,
        "generator": found.generator,
        "timings_ms": dict(found.timings_ms),
        "candidates": [
            {
                "rank": passage.position,
                "score": round(passage.score, 3),
                "source": passage.source,
                "document": passage.document_id,
                "place": PATH_SEPARATOR.join(filter(None, (passage.title, passage.heading))),
                "cited_as": passage.cited,
            }
            for passage in found.passages
        ],
        **(_of_models(trace, _Chunks(kurage)) if trace else {}),
    }


@dataclass
class _Chunks:
    """The texts of chunks as the index has them now."""

    kurage: App
    held: dict[tuple[str, str], dict[int, str]] = field(default_factory=dict)

    def text(self, place: Place) -> str | None:
        """Return the text at a place; None where there is none."""
        key = (place.source, place.document_id)
        if key not in self.held:
            try:
                hits = self.kurage.index.chunks(*key)
            except SearchIndexError:
                hits = []
            self.held[key] = {hit.chunk.ordinal: hit.chunk.text for hit in hits}
        return self.held[key].get(place.ordinal)


def _of_models(trace: Trace, chunks: _Chunks) -> dict[str, Any]:
    """Return calls and checks; in the place of each mark stands what is known of its part."""
    calls = calls_json(trace)
    for call, kept in zip(calls, trace.calls, strict=True):
        if kept.prompt is not None:
            call["prompt"] = [
                part if isinstance(part, str) else _part(part, chunks) for part in kept.prompt
            ]
    return {"calls": calls, "checks": checks_json(trace.checks)}


def _part(mark: Mark, chunks: _Chunks) -> dict[str, Any]:
    """Return a part of a passage; `state` is `same`, `changed` or `gone`."""
    now = chunks.text(mark.place) if mark.place else None
    text = None if now is None else restored(mark, now)
    state: Literal["same", "changed", "gone"] = "gone" if now is None else "changed"
    return {
        "passage": mark.number,
        "source": mark.place.source if mark.place else None,
        "document": mark.place.document_id if mark.place else None,
        "ordinal": mark.place.ordinal if mark.place else None,
        "begin": mark.begin,
        "end": mark.end,
        "sha256": mark.sha256,
        "state": state if text is None else "same",
        "text": text,
    }
