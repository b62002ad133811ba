"""Questions and answers that a model made of chunks, and what people decided about them, in SQL.

Knows nothing of models and indexes: it is told what was asked and what came of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, Literal, cast

from sqlalchemy import Engine, Select, select, update
from sqlalchemy.orm import Session

from ingest.state.tables import QuestionedChunkRow, QuestionRow
from ingest.state.transactions import batches, insert_new, transaction

QuestionState = Literal["kept", "approved", "rejected", "dropped"]
QUESTION_STATES: tuple[QuestionState, ...] = ("kept", "approved", "rejected", "dropped")
INDEXED_STATES: tuple[QuestionState, ...] = ("kept", "approved")
"""States of those that a search finds by."""

# As the ids of turns: without characters that are taken for each other on the telephone. The
# letter in front tells the two apart.
_LETTER = "Q"
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A chunk, as it was when a model was asked about it."""

    source: str
    document_id: str
    ordinal: int
    chunk: str
    """SHA-256 of its text, in hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A question and answer as a model made them, and what the round trip said."""

    question: str
    answer: str
    flaw: str | None = None
    """Why it is dropped; None: it is kept."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and answer of a chunk. Times are aware, in UTC."""

    id: str
    place: Place
    question: str
    answer: str
    state: QuestionState
    reason: str | None
    """Why it was dropped (a word of `ingest.questions.check`) or rejected (a person's)."""
    model: str
    created: datetime
    decided: datetime | None = None
    decided_by: str | None = None


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which pairs are wanted."""

    sources: Collection[str] | None = None
    """None: all."""
    states: Collection[QuestionState] = QUESTION_STATES
    limit: int | None = None


def chunk_hash(text: str) -> str:
    """Return what tells one chunk's text from another's."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def question_id(typed: str) -> str | None:
    """Return the id that somebody typed, or None where it can be none."""
    id_ = typed.strip().upper()
    valid = len(id_) == 1 + _DIGITS and id_[0] == _LETTER and set(id_[1:]) <= set(_ALPHABET)
    return id_ if valid else None


class Questions:
    """The repository; threads may share it. Every method is one transaction, or `StateError`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def asked(self, source: str) -> dict[tuple[str, int], str]:
        """Return the hash of every chunk of a source that a model was asked about, by place."""
        table = QuestionedChunkRow
        query = select(table.document_id, table.ordinal, table.chunk).where(table.source == source)
        with transaction(self._engine) as session:
            return {(row[0], row[1]): row[2] for row in session.execute(query)}

    def record(self, place: Place, model: str, judged: Sequence[Judged]) -> list[Pair]:
        """Remember that a model was asked about a chunk, and what came of it; return the new ones.

        All of it or nothing. What is there already stays as it is, with what people decided.
        """
        now = datetime.now(UTC)
        with transaction(self._engine) as session:
            _remember(session, place, model, now)
            added = [_add(session, place, model, one, now) for one in judged]
        return [pair for pair in added if pair]

    def pairs(self, wanted: Pairs = Pairs()) -> list[Pair]:
        """Return pairs by source, document and place."""
        with transaction(self._engine) as session:
            return [_pair(row) for row in session.scalars(_query(wanted))]

    def get(self, ids: Collection[str]) -> dict[str, Pair]:
        """Return those of these pairs that there are, by id."""
        with transaction(self._engine) as session:
            rows = session.scalars(select(QuestionRow).where(QuestionRow.id.in_(list(ids))))
            return {row.id: _pair(row) for row in rows}

    def decide(
        self,
        ids: Collection[str],
        state: Literal["approved", "rejected"],
        *,
        by: str,
        reason: str | None = None,
    ) -> None:
        """Remember what a person thinks of these pairs; the last word counts."""
        values = {"state": state, "decided_by": by, "decided": datetime.now(UTC), "reason": reason}
        with transaction(self._engine) as session:
            for some in batches(ids):
                session.execute(update(QuestionRow).where(QuestionRow.id.in_(some)).values(values))

    def documents(self, source: str) -> set[str]:
        """Return the ids of the documents of which anything is remembered."""
        with transaction(self._engine) as session:
            found: set[str] = set()
            for table in (QuestionRow, QuestionedChunkRow):
                query = select(table.document_id).where(table.source == source).distinct()
                found |= set(session.scalars(query))
            return found

    def settle(self, source: str, document_id: str, places: Mapping[str, int]) -> int:
        """Follow a document as it is now; return how many pairs went.

        `places` are the hashes of its chunks with their ordinals. A pair moves with the text of its
        chunk, and goes where that is gone.
        """
        with transaction(self._engine) as session:
            removed = 0
            for row in session.scalars(_of(QuestionRow, source, document_id)).all():
                if row.chunk in places:
                    row.ordinal = places[row.chunk]
                else:
                    session.delete(row)
                    removed += 1
            asked = session.scalars(_of(QuestionedChunkRow, source, document_id)).all()
            if any(places.get(row.chunk) != row.ordinal for row in asked):
                _move(session, asked, places)
        return removed


def _query(wanted: Pairs) -> Select[QuestionRow]:
    table = QuestionRow
    query = select(table).order_by(table.source, table.document_id, table.ordinal, table.id)
    if wanted.sources is not None:
        query = query.where(table.source.in_(list(wanted.sources)))
    if set(wanted.states) != set(QUESTION_STATES):
        query = query.where(table.state.in_(list(wanted.states)))
    return query if wanted.limit is None else query.limit(wanted.limit)


def _of(table: Any, source: str, document_id: str) -> Any:
    return select(table).where(table.source == source, table.document_id == document_id)


def _move(session: Session, asked: Sequence[QuestionedChunkRow], places: Mapping[str, int]) -> None:
    """Write anew which chunks were asked about: the ordinal is part of the key."""
    kept = {
        places[row.chunk]: (row.chunk, row.model, row.asked) for row in asked if row.chunk in places
    }
    source, document_id = asked[0].source, asked[0].document_id
    for row in asked:
        session.delete(row)
    session.flush()
    for ordinal, (chunk, model, at) in kept.items():
        session.add(
            QuestionedChunkRow(
                source=source,
                document_id=document_id,
                ordinal=ordinal,
                chunk=chunk,
                model=model,
                asked=at,
            )
        )


def _remember(session: Session, place: Place, model: str, now: datetime) -> None:
    key = {
        "source": place.source,
        "document_id": place.document_id,
        "ordinal": place.ordinal,
    }
    values = {"chunk": place.chunk, "model": model, "asked": now}
    if not insert_new(session, QuestionedChunkRow, {**key, **values}):
        session.execute(update(QuestionedChunkRow).filter_by(**key).values(values))


def _add(session: Session, place: Place, model: str, judged: Judged, now: datetime) -> Pair | None:
    """Insert a pair under the first of its ids that is free; None where it is there already."""
    values = {
        "source": place.source,
        "document_id": place.document_id,
        "ordinal": place.ordinal,
        "chunk": place.chunk,
        "question": judged.question,
        "answer": judged.answer,
        "state": "dropped" if judged.flaw else "kept",
        "reason": judged.flaw,
        "model": model,
        "created": now,
    }
    for attempt in count():
        id_ = _id(place, judged.question, attempt)
        if insert_new(session, QuestionRow, {"id": id_, **values}):
            return _pair(session.get_one(QuestionRow, id_))
        held = session.get_one(QuestionRow, id_)
        same = (held.source, held.document_id, held.chunk, held.question)
        if same == (place.source, place.document_id, place.chunk, judged.question):
            return None
    raise AssertionError  # ids never end


def _id(place: Place, question: str, attempt: int) -> str:
    """Return a digest of what the pair is about: the same pair made again has the same id.

    Two pairs share five characters once in 33 million; the second one gets the next id.
    """
    about = "\0".join((place.source, place.document_id, place.chunk, question, str(attempt)))
    digest = hashlib.sha256(about.encode("utf-8", "surrogatepass")).digest()
    return _LETTER + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:_DIGITS])


def _pair(row: QuestionRow) -> Pair:
    return Pair(
        id=row.id,
        place=Place(row.source, row.document_id, row.ordinal, row.chunk),
        question=row.question,
        answer=row.answer,
        state=cast("QuestionState", row.state),
        reason=row.reason,
        model=row.model,
        created=row.created,
        decided=row.decided,
        decided_by=row.decided_by,
    )
