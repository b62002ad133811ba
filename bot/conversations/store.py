"""Conversations in SQL: a turn is stored before anything is answered, and closed exactly once.

Works the same on SQLite and PostgreSQL. Knows nothing of platforms, wording or retrieval. Every
transaction starts with a write or only reads: SQLite can then wait for another writer, where a
reader that turns writer is refused at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Engine,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload, sessionmaker

from bot.conversations.errors import ConversationsError, explained
from bot.conversations.mapping import (
    passage_rows,
    statement_values,
    trace_of_row,
    trace_row,
    turn_of,
)
from bot.conversations.tables import (
    ConversationRow,
    FeedbackRow,
    PassageRow,
    TraceRow,
    TurnRow,
    clean,
)
from bot.conversations.values import OPEN, Selection, Thread, Turn, Vote, folded
from bot.exchange import Answer, Question
from bot.trace import Trace
from ingest.state.transactions import insert_new, upserting

ID_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0 and O, 1 and I, which are mistaken for each other when read out or written down."""

ID_LENGTH = 6  # 32 ** 6 = 1.07e9: two in a million turns meet once in a thousand insertions
_ATTEMPTS = 10
_BATCH = 500
ALL = Selection()


class RepeatedMessageError(ConversationsError):
    """The message has its turn already; `turn` is its id."""

    def __init__(self, turn: str) -> None:
        super().__init__(f"this message was received before, as turn {turn}")
        self.turn = turn


def new_turn_id() -> str:
    """Return a random id; whether it is free is the store's to find out."""
    return "".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH))


def turn_id(text: str) -> str | None:
    """Return the id that somebody typed, or None where it can be none."""
    typed = folded(text).strip().upper()
    valid = len(typed) == ID_LENGTH and set(typed) <= set(ID_ALPHABET)
    return typed if valid else None


class Conversations:
    """The log of turns. Threads may share it; every method raises `ConversationsError`."""

    def __init__(self, engine: Engine, *, new_id: Callable[[], str] = new_turn_id) -> None:
        self._engine = engine
        self._sessions = sessionmaker(engine, expire_on_commit=False)
        self._new_id = new_id
        self._insert = upserting(engine.dialect.name)

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with explained(self._engine.url), self._sessions.begin() as session:
            yield session

    # A turn's life

    def open_turn(
        self, thread: Thread, question: Question, *, asker: str, message: str | None = None
    ) -> Turn:
        """Store a question before anything is done about it, and return its turn.

        `message` is the platform's id of what was asked; a second turn for it is refused with
        `RepeatedMessageError`.
        """
        for _ in range(_ATTEMPTS):
            if opened := self._open(thread, question, asker, message):
                return opened
            if known := self._turn_of(thread, message):
                raise RepeatedMessageError(known)
        raise ConversationsError(f"no free turn id in {_ATTEMPTS} attempts; purge old turns")

    def start_turn(self, turn: str, *, searched: str | None = None) -> None:
        """Note that somebody works on it, and what is searched for if not the question itself."""
        with self._transaction() as session:
            self._change_open(session, turn, state="answering", searched=searched)

    def finish_turn(
        self,
        turn: str,
        answer: Answer,
        *,
        generator: str | None = None,
        index_revision: str | None = None,
    ) -> None:
        """Keep the answer with the passages found for it. A finished turn is never changed."""
        with self._transaction() as session:
            self._change_open(
                session,
                turn,
                state=answer.state,
                finished=_now(),
                statements=[statement_values(statement) for statement in answer.statements],
                confidence=answer.confidence,
                error=answer.reason,
                timings_ms=dict(answer.timings_ms),
                generator=generator,
                index_revision=index_revision,
            )
            if passages := passage_rows(turn, answer):
                session.execute(insert(PassageRow), passages)
            if trace := trace_row(turn, answer):
                session.execute(insert(TraceRow), trace)

    def fail_turn(self, turn: str, reason: str) -> None:
        """Note why there is no answer. A finished turn is never changed."""
        with self._transaction() as session:
            self._change_open(session, turn, state="failed", error=reason, finished=_now())

    def add_feedback(self, turn: str, *, user: str, vote: Vote, comment: str | None = None) -> None:
        """Keep what somebody thinks of the answer; a later word of theirs replaces it."""
        values = {"value": 1 if vote == "up" else -1, "comment": comment, "created": _now()}
        vote_row = self._insert(FeedbackRow).values(turn_id=turn, given_by=user, **values)
        key = (FeedbackRow.turn_id, FeedbackRow.given_by)
        try:
            with self._transaction() as session:
                session.execute(vote_row.on_conflict_do_update(index_elements=key, set_=values))
        except ConversationsError as error:
            if isinstance(error.__cause__, IntegrityError):
                raise _unknown(turn) from error
            raise

    # Reading

    def get(self, turn: str) -> Turn:
        """Return a turn with its passages and feedback."""
        with self._transaction() as session:
            found = load_turns(session, [turn])
        if not found:
            raise _unknown(turn)
        return found[0]

    def trace(self, turn: str) -> Trace | None:
        """Return what was asked of models for a turn; None where no model had a part in it."""
        with self._transaction() as session:
            row = session.get(TraceRow, turn)
            return trace_of_row(row) if row else None

    def turns(self, selection: Selection = ALL) -> Iterator[Turn]:
        """Yield the turns that are wanted, newest first, holding a few hundred at a time.

        No transaction stays open while the caller works on what it got.
        """
        return islice(self._stream(selection), selection.limit)

    def count(self, selection: Selection) -> int:
        """Return how many turns are wanted, whatever the limit."""
        if selection.text is not None:
            return sum(len(ids) for ids in self._ids(selection, _BATCH))
        with self._transaction() as session:
            counted = select(func.count()).select_from(TurnRow).where(*_conditions(selection))
            return session.scalar(counted) or 0

    def history(self, thread: Thread, count: int) -> list[Turn]:
        """Return the last `count` finished turns of a conversation, oldest first.

        The turn that is being answered is not among them.
        """
        newest = (
            select(TurnRow.id)
            .join(TurnRow.conversation)
            .where(
                ConversationRow.platform == thread.platform,
                ConversationRow.channel == thread.channel,
                ConversationRow.thread == thread.root,
                TurnRow.state.not_in(OPEN),
            )
            .order_by(TurnRow.created.desc(), TurnRow.id.desc())
            .limit(count)
        )
        with self._transaction() as session:
            return load_turns(session, session.scalars(newest).all())[::-1]

    # Forgetting

    def purge(self, older_than: datetime) -> int:
        """Delete what was asked before an aware time, with all that hangs on it; return the number.

        Conversations that are left without a turn go too.
        """
        return self._delete(TurnRow.created < older_than)

    def erase(self, platform: str, asker: str) -> int:
        """Delete every turn that somebody asked and every opinion they gave; return the turns."""
        theirs = select(TurnRow.id).where(TurnRow.platform == platform)
        with self._transaction() as session:
            session.execute(
                delete(FeedbackRow).where(
                    FeedbackRow.given_by == asker, FeedbackRow.turn_id.in_(theirs)
                ),
                execution_options={"synchronize_session": False},
            )
        return self._delete(TurnRow.platform == platform, TurnRow.asker == asker)

    # Inside

    def _open(
        self, thread: Thread, question: Question, asker: str, message: str | None
    ) -> Turn | None:
        """Return a new turn, or None where its id, its message or a purge came in between."""
        values = self._opening(question, asker, message)
        try:
            with self._transaction() as session:
                conversation = conversation_id(session, thread)
                where = {"platform": thread.platform, "channel": thread.channel}
                row = {"conversation_id": conversation, **where, **values}
                stored = conversation is not None and insert_new(session, TurnRow, row)
        except ConversationsError as error:
            # The foreign key: a purge removed the empty conversation since.
            if isinstance(error.__cause__, IntegrityError):
                return None
            raise
        return Turn(thread=thread, searched=None, **values) if stored else None

    def _opening(self, question: Question, asker: str, message: str | None) -> dict[str, Any]:
        now = _now()
        return {
            "id": self._new_id(),
            "message": message,
            "asker": clean(asker),
            "question": clean(question.text),
            "state": "received",
            "style": question.style,
            "language": question.language,
            "created": now,
            "updated": now,
        }

    def _turn_of(self, thread: Thread, message: str | None) -> str | None:
        if message is None:
            return None
        with self._transaction() as session:
            return session.scalars(
                select(TurnRow.id).filter_by(
                    platform=thread.platform, channel=thread.channel, message=message
                )
            ).one_or_none()

    def _change_open(self, session: Session, turn: str, **values: Any) -> None:
        change = update(TurnRow).where(TurnRow.id == turn, TurnRow.state.in_(OPEN))
        if _rows(session, change.values(updated=_now(), **values)):
            return
        state = session.scalars(select(TurnRow.state).filter_by(id=turn)).one_or_none()
        raise ConversationsError(f"turn {turn} is {state} already") if state else _unknown(turn)

    def _stream(self, selection: Selection) -> Iterator[Turn]:
        size = min(_BATCH, selection.limit or _BATCH) if selection.text is None else _BATCH
        for ids in self._ids(selection, size):
            with self._transaction() as session:
                found = load_turns(session, ids)
            yield from found

    def _ids(self, selection: Selection, size: int) -> Iterator[list[str]]:
        """Yield the ids of matching turns, newest first, of `size` rows read at a time."""
        columns = (TurnRow.created, TurnRow.id, TurnRow.question, TurnRow.searched)
        page = (
            select(*columns, TurnRow.statements)
            .where(*_conditions(selection))
            .order_by(TurnRow.created.desc(), TurnRow.id.desc())
            .limit(size)
        )
        following = page
        while True:
            with self._transaction() as session:
                rows = session.execute(following).all()
            yield [row.id for row in rows if _holds(row, selection.text)]
            if len(rows) < size:
                return
            last = rows[-1]
            following = page.where(
                tuple_(TurnRow.created, TurnRow.id) < tuple_(last.created, last.id)
            )

    def _delete(self, *conditions: ColumnElement[bool]) -> int:
        """Delete in batches, so that nobody who asks meanwhile waits for long."""
        some = select(TurnRow.id).where(*conditions).limit(_BATCH)
        deleted = 0
        while True:
            with self._transaction() as session:
                self._overwrite_deleted(session)
                count = _rows(session, delete(TurnRow).where(TurnRow.id.in_(some)))
            deleted += count
            if not count:
                break
        self._delete_empty_conversations()
        self._checkpoint()
        return deleted

    def _delete_empty_conversations(self) -> None:
        used = select(TurnRow.id).where(TurnRow.conversation_id == ConversationRow.id)
        for _ in range(_ATTEMPTS):
            try:
                with self._transaction() as session:
                    _rows(session, delete(ConversationRow).where(~used.exists()))
            except ConversationsError as error:
                # Somebody asked in one of them in between, which the foreign key noticed.
                if not isinstance(error.__cause__, IntegrityError):
                    raise
            else:
                return

    def _overwrite_deleted(self, session: Session) -> None:
        """Let SQLite fill with zeros what it frees: deleted questions must not stay in the file."""
        if self._engine.dialect.name == "sqlite":
            session.connection().exec_driver_sql("PRAGMA secure_delete = ON")

    def _checkpoint(self) -> None:
        """Empty SQLite's write-ahead log, which still holds what was deleted."""
        if self._engine.dialect.name == "sqlite":
            with explained(self._engine.url), self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def conversation_id(session: Session, thread: Thread) -> int | None:
    """Return the id of the thread's row, which is made if need be; None: purged meanwhile."""
    key = {"platform": thread.platform, "channel": thread.channel, "thread": thread.root}
    insert_new(session, ConversationRow, {"started": _now(), **key})
    return session.scalars(select(ConversationRow.id).filter_by(**key)).one_or_none()


def _now() -> datetime:
    return datetime.now(UTC)


def _unknown(turn: str) -> ConversationsError:
    return ConversationsError(f"there is no turn {turn}; it may have been purged")


def _rows(session: Session, statement: Any) -> int:
    """Execute a statement that writes, and return how many rows it touched."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount


def _conditions(selection: Selection) -> list[ColumnElement[bool]]:
    """Return what SQL can decide; text is compared here, alike for every database."""
    conditions: list[ColumnElement[bool]] = []
    if selection.since:
        conditions.append(TurnRow.created >= selection.since)
    if selection.until:
        conditions.append(TurnRow.created < selection.until)
    if selection.platform:
        conditions.append(TurnRow.platform == selection.platform)
    if selection.asker:
        conditions.append(TurnRow.asker == selection.asker)
    if selection.states is not None:
        conditions.append(TurnRow.state.in_(selection.states))
    if selection.source:
        conditions.append(TurnRow.passages.any(PassageRow.source == selection.source))
    return conditions


def _holds(row: Any, text: str | None) -> bool:
    if text is None:
        return True
    wanted = folded(clean(text))
    said = (statement["text"] for statement in row.statements)
    return any(wanted in folded(held) for held in (row.question, row.searched or "", *said))


def load_turns(session: Session, ids: Sequence[str]) -> list[Turn]:
    """Return these turns with all that hangs on them, newest first."""
    if not ids:
        return []
    rows = session.scalars(
        select(TurnRow)
        .where(TurnRow.id.in_(ids))
        .order_by(TurnRow.created.desc(), TurnRow.id.desc())
        .options(
            joinedload(TurnRow.conversation, innerjoin=True),
            selectinload(TurnRow.passages),
            selectinload(TurnRow.feedback),
            selectinload(TurnRow.shown),
        )
    )
    return [turn_of(row) for row in rows]
