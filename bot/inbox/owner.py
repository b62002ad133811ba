"""Which process works on a turn, and whether it still lives."""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass
from typing import Self

from ingest.state.leases import process_gone


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, by machine, number and a token of its own."""

    host: str
    pid: int
    token: str

    @classmethod
    def current(cls) -> Self:
        """Return this process as a new owner."""
        made = cls(socket.gethostname(), os.getpid(), uuid.uuid4().hex)
        _OURS.add(made.token)
        return made

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the owner that a row names; an unreadable one lives until its lease ends."""
        host, pid, token = [*text.rsplit("/", 2), "", ""][:3]
        return cls(host, int(pid) if pid.isdecimal() else 0, token)

    def __str__(self) -> str:
        return f"{self.host}/{self.pid}/{self.token}"

    @property
    def gone(self) -> bool:
        """Tell whether it is known to be no more; of another machine only the lease can tell."""
        return self.pid > 0 and process_gone(self.host, self.pid, ours=self.token in _OURS)


_OURS: set[str] = set()
"""Tokens that this process made."""
