"""What is said to the database for every turn. Knows nothing of when it is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Update, bindparam, delete, func, insert, or_, select, update

from bot.conversations.tables import (
    ConversationRow,
    HeardRow,
    MessageRow,
    PassageRow,
    TraceRow,
    TurnRow,
)
from bot.conversations.values import OPEN


class Statements:
    """What is said to the database for every turn, built once: building costs more than running.

    What a turn is changed to has the prefix `to_`.
    """

    def __init__(self, insert_: Callable[[Any], Any]) -> None:
        """`insert_` is the dialect's, which knows ON CONFLICT."""
        turns, messages = TurnRow.__table__, MessageRow.__table__
        conversations = ConversationRow.__table__
        self.new_conversation = insert_(conversations).on_conflict_do_nothing()
        self.conversation = select(ConversationRow.id).where(
            *(
                conversations.c[name] == bindparam(name)
                for name in ("platform", "channel", "thread")
            )
        )
        self.new_turn = insert_(turns).on_conflict_do_nothing().returning(TurnRow.id)
        self.start = self._change(
            "searched",
            "lease_owner",
            "lease_expires",
            state="answering",
            attempts=TurnRow.attempts + 1,
        )
        self.finish = self._change(
            "state", "finished", "statements", "confidence", "error", "timings_ms", "generator",
            "reach", lease_owner=None, lease_expires=None,
        )  # fmt: skip
        self.passages = insert(PassageRow)
        self.trace = insert(TraceRow)
        self.no_messages = delete(MessageRow).where(MessageRow.turn_id == bindparam("turn"))
        last = select(func.coalesce(func.max(MessageRow.position) + 1, 0))
        self.next_position = last.where(MessageRow.turn_id == bindparam("turn"))
        message = insert_(messages)
        # A message changes hands when its question was edited.
        self.message = message.on_conflict_do_update(
            index_elements=["platform", "channel", "id"],
            set_={name: message.excluded[name] for name in ("turn_id", "position", "kind")},
        )
        heard = insert_(HeardRow.__table__)
        self.heard = heard.on_conflict_do_update(
            index_elements=["platform", "channel"], set_={"message": heard.excluded.message}
        )

    @staticmethod
    def _change(*names: str, **fixed: Any) -> Update:
        """Return a change of an open turn that is `owner`'s, or nobody's."""
        ours = or_(TurnRow.lease_owner == bindparam("owner"), TurnRow.lease_owner.is_(None))
        changed: dict[str, Any] = {name: bindparam(f"to_{name}") for name in ("updated", *names)}
        return (
            update(TurnRow)
            .where(TurnRow.id == bindparam("turn"), TurnRow.state.in_(OPEN), ours)
            .values(**changed, **fixed)
            .returning(TurnRow.id)
        )
