"""A turn of the log: what was asked, what was found for it then, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.conversations import ConversationsError, turn_id
from bot.generate.extractive import weights
from bot.reply import JST, PATH_SEPARATOR

if TYPE_CHECKING:
    from bot.app import App


def explain_turn(kurage: App, text: str) -> dict[str, Any] | None:
    """Return what is kept of the turn with this number; None where there is none."""
    turn = turn_id(text)
    if turn is None:
        return None
    try:
        found = kurage.conversations.get(turn)
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
    }
