"""Whom an account id means: their principal, and what people call them.

Knows nothing of pages.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from contextlib import suppress

from connectors.base import ConnectorError
from connectors.confluence.memory import Memory
from connectors.confluence.trouble import ends_everything
from connectors.confluence.values import Site, User


class People:
    """The people of a site; each is asked for once. Threads may share it."""

    def __init__(self, site: Site, memory: Memory | None) -> None:
        """Nothing is asked yet; without a memory, nothing that an earlier run was told counts."""
        self._site = site
        self._memory = memory
        self._lock = threading.Lock()
        self._known: dict[str, User | None] = {}
        self._recalled = memory is None
        self._me: str | None = None

    @property
    def me(self) -> str:
        """Id of the account by which the site is read."""
        if self._me is None:
            self._me = self._site.myself().id
        return self._me

    def learn(self, ids: Iterable[str]) -> None:
        """Ask for all of these whom nobody asked for before, at once."""
        with self._lock:
            if not self._recalled:
                self._recalled = True
                self._known.update(self._memory.people() if self._memory else {})
            missing = sorted({person for person in ids if person not in self._known})
            if not missing:
                return
            found = self._site.users(missing)
            self._known.update({person: found.get(person) for person in missing})
            if self._memory:
                self._memory.remember_people(found)

    def principals(self, ids: Collection[str]) -> frozenset[str]:
        """Return the principals of these people: by e-mail address where it is known.

        Raises where they can not be asked for: then nobody knows who they are.
        """
        self.learn(ids)
        return frozenset(self._principal(person, self._known[person]) for person in ids)

    def principal(self, user: User) -> str:
        """Return the principal of a person whom the site showed."""
        return self._principal(user.id, user)

    def names(self, ids: Collection[str]) -> dict[str, str]:
        """Return what people are called, by their ids; who can not be asked for is left out.

        Raises only where nothing can be asked for any more.
        """
        try:
            self.learn(ids)
        except ConnectorError as error:
            if ends_everything(error):
                raise
        named = {}
        for person in ids:
            with suppress(KeyError):
                user = self._known[person]
                if user is not None and user.name:
                    named[person] = user.name
        return named

    def _principal(self, person: str, user: User | None) -> str:
        # Addresses are compared without case.
        if user is not None and user.email:
            return f"user:{user.email.strip().lower()}"
        return f"user:confluence:{self._site.host}:{person}"
