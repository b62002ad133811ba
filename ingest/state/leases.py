"""Work that only one process may do at a time, by a row that says who does it.

Knows nothing of what the work is.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, update
from sqlalchemy.orm import Session

from ingest.state.engine import StateError
from ingest.state.tables import LeaseRow
from ingest.state.transactions import insert_new, transaction

_OURS: set[str] = set()
"""Tokens that this process made."""


class LeaseHeldError(StateError):
    """Somebody else does the same work right now."""


def _new_token() -> str:
    token = uuid.uuid4().hex
    _OURS.add(token)
    return token


@dataclass(slots=True)
class Lease:
    """A name that one process holds until it releases it, dies or lets it run out."""

    engine: Engine
    name: str
    duration: timedelta
    token: str = field(default_factory=_new_token)
    renewed: datetime | None = None

    def acquire(self) -> None:
        """Take it, or raise `LeaseHeldError` with who holds it."""
        with transaction(self.engine) as session:
            values = self._values()
            if insert_new(session, LeaseRow, {"name": self.name, **values}):
                return
            held = session.get(LeaseRow, self.name)
            if held is not None and held.expires > _now() and not _abandoned(held):
                raise LeaseHeldError(
                    f"`{self.name}` is running already: process {held.pid} on {held.host}, since "
                    f"{held.acquired:%Y-%m-%d %H:%M} UTC. Wait for it to end, or end it."
                )
            token = held.token if held is not None else None
            if not self._update(session, token, values):
                raise LeaseHeldError(f"`{self.name}` has just been started by another process.")

    def renew(self) -> None:
        """Put off the end; cheap to call often.

        Raises `LeaseHeldError` if it ran out and somebody took it over.
        """
        now = _now()
        if self.renewed is not None and now - self.renewed < self.duration / 10:
            return
        with transaction(self.engine) as session:
            if not self._update(session, self.token, {"expires": now + self.duration}):
                raise LeaseHeldError(f"`{self.name}` was taken over by another process.")
        self.renewed = now

    def release(self) -> None:
        """Give it back; one that was taken over stays with its new holder."""
        with transaction(self.engine) as session:
            session.execute(
                delete(LeaseRow).where(LeaseRow.name == self.name, LeaseRow.token == self.token)
            )

    def _update(self, session: Session, token: str | None, values: dict[str, Any]) -> bool:
        found = session.execute(
            update(LeaseRow)
            .where(LeaseRow.name == self.name, LeaseRow.token == token)
            .values(values)
            .execution_options(synchronize_session=False)
        )
        return bool(found.rowcount)  # type: ignore[attr-defined]

    def _values(self) -> dict[str, Any]:
        self.renewed = now = _now()
        return {
            "token": self.token,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "acquired": now,
            "expires": now + self.duration,
        }


@contextmanager
def hold(engine: Engine, name: str, *, seconds: float = 600) -> Iterator[Lease]:
    """Hold `name` for this process; `Lease.renew` keeps it beyond `seconds`.

    A lease that ran out, or whose process on this machine is gone, is taken over. Raises
    `LeaseHeldError` with who holds it.
    """
    lease = Lease(engine, name, timedelta(seconds=seconds))
    lease.acquire()
    try:
        yield lease
    finally:
        with suppress(StateError):  # it runs out, or this process ends: either frees it
            lease.release()


def _abandoned(held: LeaseRow) -> bool:
    """Tell whether its holder ran on this machine and is gone."""
    return process_gone(held.host, held.pid, ours=held.token in _OURS)


def process_gone(host: str, pid: int, *, ours: bool) -> bool:
    """Tell whether a process ran on this machine and is no more.

    A process with our own number that is not us (`ours`) was our predecessor in a restarted
    container.
    """
    if host != socket.gethostname():
        return False
    if pid == os.getpid():
        return not ours
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # alive, and somebody else's
        return False
    return False


def _now() -> datetime:
    return datetime.now(UTC)
