"""Who is there: people, groups, and which of them a grant includes."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from random import Random

from rigs.confluence.clock import Clock
from rigs.drive.records import Grant, Item, Person, Team

DOMAIN = "example.co.jp"
EVERYBODY = "*"
"""As a member of a group: everybody of the organisation."""
_ID = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class People:
    """The directory. Every operation takes the lock, so requests see all of it or nothing."""

    def __init__(self, *, seed: int = 0) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.random = Random(seed)
        self.domain = DOMAIN
        self.customer = "C03az79cb"
        self.people: dict[str, Person] = {}
        self.groups: dict[str, Team] = {}
        self.items: dict[str, Item] = {}
        self.structure = 0
        """Grows with whatever may change who sees what."""
        self._principals: dict[str, frozenset[tuple[str, str]]] = {}
        self._principals_at = -1

    def add_user(
        self,
        email: str,
        name: str | None = None,
        *,
        admin: bool = False,
        suspended: bool = False,
        service: bool = False,
    ) -> str:
        """Let somebody have an account and a My Drive; returns the address, lower case."""
        with self.lock:
            email = email.lower()
            if email in self.people:
                return email
            root = f"0A{self._drawn(14)}PVA"
            person = Person(
                email,
                name or email.partition("@")[0],
                self._number(20),
                self._number(21),
                root,
                admin,
                suspended,
                service=service,
            )
            self.people[email] = person
            now = self.clock.now()
            self.items[root] = Item(
                root,
                "マイドライブ",
                "application/vnd.google-apps.folder",
                [],
                None,
                email,
                now,
                now,
                email,
                root=True,
            )
            grant = Grant("user", email, "owner")
            self.items[root].grants[grant.key] = grant
            self.structure += 1
            return email

    def suspend(self, email: str, *, suspended: bool = True) -> None:
        """Suspend an account: it stays a grantee, can not log in, and can not be delegated to."""
        with self.lock:
            self.people[email.lower()].suspended = suspended

    def delete_user(self, email: str) -> None:
        """Delete an account; grants go on naming it, as `deleted`."""
        with self.lock:
            self.people[email.lower()].deleted = True
            self.structure += 1

    def add_group(self, email: str, name: str | None = None, members: Iterable[str] = ()) -> str:
        """Make a group; returns its address. Members are people, groups, or `*` for everybody."""
        with self.lock:
            email = email.lower()
            self.groups[email] = Team(
                email, name or email.partition("@")[0], self._number(20), self._drawn(15)
            )
            for member in members:
                self.add_member(email, member)
            self.structure += 1
            return email

    def delete_group(self, email: str) -> None:
        """Delete a group; grants go on naming it, as `deleted`."""
        with self.lock:
            self.groups[email.lower()].deleted = True
            self.structure += 1

    def add_member(self, group: str, member: str) -> None:
        """Let a person or a group be in a group. No change log tells."""
        with self.lock:
            members = self.groups[group.lower()].members
            if member.lower() not in members:
                members.append(member.lower())
            self.structure += 1

    def remove_member(self, group: str, member: str) -> None:
        """Let somebody be in a group no more."""
        with self.lock:
            self.groups[group.lower()].members.remove(member.lower())
            self.structure += 1

    def principals(self, email: str) -> frozenset[tuple[str, str]]:
        """Return the keys of all grants that include this account, groups in groups too."""
        if self._principals_at != self.structure:
            self._principals, self._principals_at = {}, self.structure
        found = self._principals.get(email)
        if found is None:
            found = self._principals[email] = frozenset(self._all_of(email))
        return found

    def _all_of(self, email: str) -> set[tuple[str, str]]:
        person = self.people.get(email)
        found = {("user", email), ("anyone", "")}
        names = {email}
        if person and person.domain:
            found.add(("domain", person.domain))
            if person.domain == self.domain:
                names.add(EVERYBODY)
        grown = True
        while grown:
            grown = False
            for group in self.groups.values():
                if group.email in names or group.deleted:
                    continue
                if names.intersection(group.members):
                    names.add(group.email)
                    found.add(("group", group.email))
                    grown = True
        return found

    def grantee(self, grant: Grant) -> Person | Team | None:
        """Return who a grant names, None for domains and anyone."""
        if grant.type == "user":
            return self.people.get(grant.to)
        return self.groups.get(grant.to) if grant.type == "group" else None

    def _drawn(self, length: int) -> str:
        return "".join(self.random.choices(_ID, k=length))

    def _number(self, length: int) -> str:
        return "1" + "".join(self.random.choices("0123456789", k=length - 1))
