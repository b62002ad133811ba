"""Which turns found a document: the questions that a change of it will be felt in.

Knows nothing of what a document is beyond its source and id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from bot.conversations.errors import explained
from bot.conversations.tables import PassageRow, TurnRow


@dataclass(frozen=True, slots=True)
class Finder:
    """A turn for which a document was found."""

    turn: str
    question: str
    asked: datetime
    position: int
    """The best place that the document had, from 1."""
    cited: bool
    """Whether the answer links to it."""


def finders(
    engine: Engine, source: str, document_id: str, *, limit: int = 20
) -> tuple[int, list[Finder]]:
    """Return how many turns found a document, and the latest of them.

    Raises `ConversationsError`, also where the log was never made.
    """
    of_document = (PassageRow.source == source, PassageRow.document_id == document_id)
    latest = (
        select(
            TurnRow.id,
            TurnRow.question,
            TurnRow.created,
            func.min(PassageRow.position),
            func.count(PassageRow.cited),
        )
        .join(PassageRow, PassageRow.turn_id == TurnRow.id)
        .where(*of_document)
        .group_by(TurnRow.id, TurnRow.question, TurnRow.created)
        .order_by(TurnRow.created.desc())
        .limit(limit)
    )
    count = select(func.count(func.distinct(PassageRow.turn_id))).where(*of_document)
    with explained(engine.url), Session(engine) as session:
        total = session.scalar(count) or 0
        found = [Finder(*row[:4], bool(row[4])) for row in session.execute(latest)]
    return total, found
