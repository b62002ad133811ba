"""The inbox in SQL: open turns, who works on them, and the messages that people see of them.

Blocks; `bot.inbox.inbox` calls it in threads. Works the same on SQLite and PostgreSQL. Knows
nothing of platforms and of how an answer is made. Every transaction that writes begins with a
write, so that SQLite waits for another writer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Update,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from bot.conversations import ConversationsError, Shown, Thread, Turn
from bot.conversations.errors import explained
from bot.conversations.mapping import passage_rows, statement_values, trace_row
from bot.conversations.store import load_turns
from bot.conversations.tables import (
    ConversationRow,
    HeardRow,
    MessageRow,
    TurnRow,
    clean,
)
from bot.conversations.values import OPEN
from bot.exchange import Answer
from bot.inbox.keys import EDIT, turn_id_of
from bot.inbox.owner import Owner
from bot.inbox.statements import Statements
from ingest.state.transactions import upserting

_ATTEMPTS = 10
_NO_SYNC = {"synchronize_session": False}


class InboxStore:
    """Turns as the process `owner` works on them. Every method raises `ConversationsError`."""

    def __init__(self, engine: Engine, owner: Owner, *, lease: float = 30.0) -> None:
        """`lease` is how many seconds a turn stays with a process that is heard of no more."""
        self._engine = engine
        self._owner = str(owner)
        self.lease = lease
        self._lease = timedelta(seconds=lease)
        self._sessions = sessionmaker(engine, expire_on_commit=False)
        self._say = Statements(upserting(engine.dialect.name))

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """Yield a connection in a transaction, for the statements of every turn."""
        with explained(self._engine.url), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with explained(self._engine.url), self._sessions.begin() as session:
            yield session

    # What comes in

    def put(self, turn: Turn) -> Turn | None:
        """Store a new turn, which is this process's to answer; None: its message has one.

        Returned with another id where its own is taken.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._connection() as connection:
                    if self._insert(connection, turn):
                        return turn
            except ConversationsError as error:
                # The foreign key: a purge removed the empty conversation since.
                if not isinstance(error.__cause__, IntegrityError):
                    raise
            else:
                if self._known(turn):
                    return None
                turn = replace(turn, id=turn_id_of(turn.thread, turn.message or "", attempt))
        raise ConversationsError(f"no free turn id in {_ATTEMPTS} attempts; purge old turns")

    def _insert(self, connection: Connection, turn: Turn) -> bool:
        conversation = self._conversation(connection, turn.thread)
        if conversation is None:
            return False
        row = {"conversation_id": conversation, **self._row(turn)}
        if connection.execute(self._say.new_turn, row).first() is None:
            return False
        self._show(connection, turn, turn.shown)
        return True

    def _known(self, turn: Turn) -> bool:
        """Tell whether a message has its turn, else its id was another one's by chance."""
        same = (
            TurnRow.platform == turn.thread.platform,
            TurnRow.channel == turn.thread.channel,
            TurnRow.message == turn.message,
        )
        return self._first(*same) is not None

    def _conversation(self, connection: Connection, thread: Thread) -> int | None:
        """Return the id of the thread's row, which is made if need be; None: purged meanwhile."""
        key = {"platform": thread.platform, "channel": thread.channel, "thread": thread.root}
        connection.execute(self._say.new_conversation, {**key, "started": _now()})
        found: int | None = connection.scalar(self._say.conversation, key)
        return found

    def _row(self, turn: Turn) -> dict[str, Any]:
        return {
            "id": turn.id,
            "platform": turn.thread.platform,
            "channel": turn.thread.channel,
            "message": turn.message,
            "asker": turn.asker,
            "question": clean(turn.question),
            "state": turn.state,
            "style": turn.style,
            "language": turn.language,
            "created": turn.created,
            "updated": turn.updated,
            "task": turn.task,
            "about": turn.about,
            "replaces": turn.replaces,
            "sources": sorted(turn.sources) if turn.sources is not None else None,
            "reach": dict(turn.reach),
            "asked": turn.asked,
            **self._lease_values(),
        }

    def _lease_values(self, prefix: str = "") -> dict[str, Any]:
        expires = _now() + self._lease
        return {f"{prefix}lease_owner": self._owner, f"{prefix}lease_expires": expires}

    # Who works on what

    def start(self, turn: str, *, searched: str | None = None) -> bool:
        """Note that this process begins to answer; False where the turn is closed or another's."""
        with self._connection() as connection:
            changed = {"turn": turn, "to_searched": searched, **self._lease_values("to_")}
            return self._closed(connection, self._say.start, changed)

    def claim(
        self, platforms: Collection[str], held: Collection[str] = (), limit: int = 500
    ) -> list[Turn]:
        """Take over open turns that nobody works on any more, and return them, oldest first.

        Also this process's own beside those it is known to work on (`held`): a call that took too
        long may have stored one after all.
        """
        with self._transaction() as session:
            free = self._free(session, platforms, held)
        if free is None:
            return []
        some = (
            select(TurnRow.id)
            .where(TurnRow.state.in_(OPEN), TurnRow.platform.in_(platforms), free)
            .order_by(TurnRow.created, TurnRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True)  # SQLite has one writer, and no such clause
        )
        taken = update(TurnRow).where(TurnRow.id.in_(some.scalar_subquery()), free)
        with self._transaction() as session:
            rows = session.execute(
                taken.values(**self._lease_values()).returning(TurnRow.id),
                execution_options=_NO_SYNC,
            )
            found = load_turns(session, rows.scalars().all())
        return found[::-1]

    def _free(
        self, session: Session, platforms: Collection[str], held: Collection[str]
    ) -> ColumnElement[bool] | None:
        """Return what makes an open turn nobody's; None where all are known to be attended to."""
        open_ = select(TurnRow.id, TurnRow.lease_owner).where(
            TurnRow.state.in_(OPEN), TurnRow.platform.in_(platforms)
        )
        rows = session.execute(open_).all()
        missed = [id_ for id_, owner in rows if owner == self._owner and id_ not in held]
        others = {owner for _, owner in rows if owner != self._owner}
        if not missed and not others:
            return None
        return or_(
            TurnRow.lease_owner.is_(None),
            TurnRow.lease_expires < _now(),
            TurnRow.lease_owner.in_([one for one in others if one and Owner.parse(one).gone]),
            TurnRow.id.in_(missed),
        )

    def renew(self) -> None:
        """Keep this process's turns for another while."""
        with self._transaction() as session:
            session.execute(
                update(TurnRow)
                .where(TurnRow.lease_owner == self._owner, TurnRow.state.in_(OPEN))
                .values(**self._lease_values()),
                execution_options=_NO_SYNC,
            )

    def release(self) -> None:
        """Give this process's open turns back, so that another one takes them at once."""
        with self._transaction() as session:
            session.execute(
                update(TurnRow)
                .where(TurnRow.lease_owner == self._owner, TurnRow.state.in_(OPEN))
                .values(lease_owner=None, lease_expires=None),
                execution_options=_NO_SYNC,
            )

    # What becomes visible

    def record(self, turn: Turn, shown: Shown) -> None:
        """Note one more visible message of an open turn."""
        with self._connection() as connection:
            position = connection.scalar(self._say.next_position, {"turn": turn.id}) or 0
            connection.execute(self._say.message, _message(turn, shown, position))

    def finish(
        self,
        turn: Turn,
        answer: Answer,
        shown: Sequence[Shown],
        *,
        generator: str | None = None,
        reach: Mapping[str, Any],
    ) -> bool:
        """Close a turn with its answer and visible messages.

        False where it was closed meanwhile, or is another process's: nothing is stored then.
        """
        changed = {
            "turn": turn.id,
            "to_state": answer.state,
            "to_finished": _now(),
            "to_statements": [statement_values(statement) for statement in answer.statements],
            "to_confidence": answer.confidence,
            "to_error": answer.reason,
            "to_timings_ms": dict(answer.timings_ms),
            "to_generator": generator,
            "to_reach": dict(reach),
        }
        with self._connection() as connection:
            if not self._closed(connection, self._say.finish, changed):
                return False
            if passages := passage_rows(turn.id, answer):
                connection.execute(self._say.passages, passages)
            if trace := trace_row(turn.id, answer):
                connection.execute(self._say.trace, trace)
            self._show(connection, turn, shown)
            return True

    def withdraw(self, turns: Sequence[Turn], reason: str) -> None:
        """Close those of the turns that are open, and no other process's: nobody waits for them."""
        with self._transaction() as session:
            session.execute(
                update(TurnRow)
                .where(
                    TurnRow.id.in_([turn.id for turn in turns]),
                    TurnRow.state.in_(OPEN),
                    or_(TurnRow.lease_owner == self._owner, TurnRow.lease_owner.is_(None)),
                )
                .values(state="failed", error=reason, finished=_now(), updated=_now()),
                execution_options=_NO_SYNC,
            )

    def forget(self, turns: Sequence[Turn]) -> None:
        """Note that the messages of these turns are gone."""
        with self._transaction() as session:
            session.execute(
                delete(MessageRow).where(MessageRow.turn_id.in_([turn.id for turn in turns])),
                execution_options=_NO_SYNC,
            )

    def _closed(self, connection: Connection, change: Update, values: dict[str, Any]) -> bool:
        """Make a change to an open turn of ours; return whether there was one."""
        values |= {"owner": self._owner, "to_updated": _now()}
        return connection.execute(change, values).first() is not None

    def _show(self, connection: Connection, turn: Turn, shown: Sequence[Shown]) -> None:
        connection.execute(self._say.no_messages, {"turn": turn.id})
        rows = [_message(turn, one, position) for position, one in enumerate(shown)]
        if rows:
            connection.execute(self._say.message, rows)

    # Looking

    def get(self, turn: str) -> Turn | None:
        """Return a turn; None where it was purged."""
        return self._first(TurnRow.id == turn)

    def asked_as(self, platform: str, channel: str, message: str) -> list[Turn]:
        """Return the turns of a person's message and of its edits, the latest first."""
        edits = TurnRow.message.startswith(message + EDIT, autoescape=True)
        return self._turns(
            TurnRow.platform == platform,
            TurnRow.channel == channel,
            or_(TurnRow.message == message, edits),
        )

    def about(self, turns: Iterable[Turn]) -> list[Turn]:
        """Return the turns that buttons of these made."""
        return self._turns(TurnRow.about.in_([turn.id for turn in turns]))

    def shown_as(self, platform: str, channel: str, message: str) -> Turn | None:
        """Return the turn that a visible message belongs to."""
        key = (platform, channel, message)
        of_message = select(MessageRow.turn_id).where(
            *(column == value for column, value in zip(_MESSAGE_KEY, key, strict=True))
        )
        return self._first(TurnRow.id.in_(of_message))

    def before(self, turn: Turn, count: int) -> list[Turn]:
        """Return the last answered turns of the conversation before this one, oldest first."""
        return self._turns(
            TurnRow.id != turn.id,
            TurnRow.task == "answer",
            TurnRow.created <= turn.created,
            TurnRow.state.in_(("answered", "abstained")),
            *self._in(turn.thread),
            limit=count,
        )[::-1]

    def askers(self, thread: Thread) -> frozenset[str]:
        """Return who asked something in a conversation."""
        with self._transaction() as session:
            found = session.scalars(
                select(TurnRow.asker).where(TurnRow.task == "answer", *self._in(thread)).distinct()
            )
            return frozenset(found)

    @staticmethod
    def _in(thread: Thread) -> tuple[ColumnElement[bool], ...]:
        conversation = (
            select(ConversationRow.id)
            .where(
                ConversationRow.platform == thread.platform,
                ConversationRow.channel == thread.channel,
                ConversationRow.thread == thread.root,
            )
            .scalar_subquery()
        )
        return (TurnRow.conversation_id == conversation,)

    def count_open(self, platforms: Collection[str]) -> int:
        """Return how many turns are open, whoever works on them."""
        with self._transaction() as session:
            counted = select(func.count()).where(
                TurnRow.state.in_(OPEN), TurnRow.platform.in_(platforms)
            )
            return session.scalar(counted) or 0

    def _first(self, *conditions: ColumnElement[bool]) -> Turn | None:
        return next(iter(self._turns(*conditions, limit=1)), None)

    def _turns(self, *conditions: ColumnElement[bool], limit: int = 50) -> list[Turn]:
        wanted = (
            select(TurnRow.id)
            .where(*conditions)
            .order_by(TurnRow.created.desc(), TurnRow.id.desc())
            .limit(limit)
        )
        with self._transaction() as session:
            return load_turns(session, session.scalars(wanted).all())

    # Bookmarks

    def hear(self, platform: str, messages: Mapping[str, str]) -> None:
        """Note the last message that was dealt with, by channel."""
        with self._transaction() as session:
            for channel, message in sorted(messages.items()):
                row = {"platform": platform, "channel": channel, "message": message}
                session.execute(self._say.heard, row)

    def heard(self, platform: str) -> dict[str, str]:
        """Return the last message that was dealt with, by channel."""
        with self._transaction() as session:
            rows = session.execute(
                select(HeardRow.channel, HeardRow.message).filter_by(platform=platform)
            )
            return {row.channel: row.message for row in rows}


_MESSAGE_KEY = (MessageRow.platform, MessageRow.channel, MessageRow.id)


def _message(turn: Turn, shown: Shown, position: int) -> dict[str, Any]:
    return {
        "platform": turn.thread.platform,
        "channel": shown.channel,
        "id": shown.id,
        "turn_id": turn.id,
        "position": position,
        "kind": shown.kind,
    }


def _now() -> datetime:
    return datetime.now(UTC)
