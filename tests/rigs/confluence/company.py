"""People, groups and spaces of a site, and the operations on them. Knows nothing of contents."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable
from random import Random

from rigs.confluence.clock import Clock
from rigs.confluence.records import Edition, Group, Person, Space

LICENSED = "confluence-users"
"""The group that everybody with a licence is in."""


class Company:
    """Who is there. Every operation takes the lock, so that requests see all of it or nothing."""

    def __init__(self, edition: Edition, *, seed: int = 0) -> None:
        self.edition = edition
        self.lock = threading.RLock()
        self.clock = Clock()
        self.random = Random(seed)
        self.people: dict[str, Person] = {}
        self.groups: dict[str, Group] = {}
        self.spaces: dict[str, Space] = {}
        self.structure = 0
        """Grows with whatever one content's shape or readers may take from elsewhere."""
        self._last_id = 98304
        self.account = self.add_user("くらげ", "kurage@example.co.jp", username="kurage")
        """The key of the person by whose token the site is read."""
        self.add_group(LICENSED, [self.account])

    # People

    def add_user(
        self, name: str, email: str, *, username: str | None = None, hidden: bool = False
    ) -> str:
        """Let somebody have an account; returns the account id or user key."""
        with self.lock:
            drawn = uuid.UUID(int=self.random.getrandbits(128), version=4)
            key = f"712020:{drawn}" if self.edition == "cloud" else drawn.hex
            username = username or email.partition("@")[0]
            self.people[key] = Person(key, name, username, email, hidden)
            if LICENSED in self.groups:
                self.join(LICENSED, key)
            return key

    def rename_user(self, key: str, name: str) -> None:
        """Let somebody be called otherwise."""
        with self.lock:
            self.people[key].name = name
            self.structure += 1

    def add_group(self, name: str, members: Iterable[str] = ()) -> str:
        """Make a group; returns its name."""
        with self.lock:
            drawn = uuid.UUID(int=self.random.getrandbits(128), version=4)
            self.groups[name] = Group(str(drawn), name, list(members))
            self.structure += 1
            return name

    def remove_group(self, name: str) -> None:
        """End a group; restrictions go on naming it, as the service's do."""
        with self.lock:
            del self.groups[name]
            self.structure += 1

    def join(self, group: str, user: str) -> None:
        """Let somebody be in a group."""
        with self.lock:
            if user not in self.groups[group].members:
                self.groups[group].members.append(user)
                self.structure += 1

    def leave(self, group: str, user: str) -> None:
        """Let somebody be in a group no more."""
        with self.lock:
            self.groups[group].members.remove(user)
            self.structure += 1

    # Spaces

    def add_space(
        self,
        key: str,
        name: str | None = None,
        *,
        users: Iterable[str] = (),
        groups: Iterable[str] = (LICENSED,),
        licensed: bool = False,
        anonymous: bool = False,
        personal: bool = False,
        archived: bool = False,
    ) -> str:
        """Make a space that these may view; returns its key. Personal keys begin with `~`."""
        with self.lock:
            space = Space(int(self._id()), key, name or key, self.clock.now(), personal, archived)
            self.spaces[key] = space
            self.open_space(key, users=users, groups=groups, licensed=licensed, anonymous=anonymous)
            return key

    def open_space(
        self,
        key: str,
        *,
        users: Iterable[str] = (),
        groups: Iterable[str] = (),
        licensed: bool = False,
        anonymous: bool = False,
        account: bool = True,
    ) -> None:
        """Let these and nobody else view a space; `account`: also the one that reads the site."""
        with self.lock:
            space = self.spaces[key]
            space.users = {*users, self.account} if account else set(users)
            space.groups = set(groups)
            space.licensed, space.anonymous = licensed, anonymous
            self.structure += 1

    def archive_space(self, key: str, *, archived: bool = True) -> None:
        """Archive a space, or bring it back."""
        with self.lock:
            self.spaces[key].archived = archived
            self.structure += 1

    def rename_space(self, key: str, name: str) -> None:
        """Let a space be called otherwise; its key stays."""
        with self.lock:
            self.spaces[key].name = name
            self.structure += 1

    def _id(self) -> str:
        # Ids of a site are numbers with gaps: contents of all kinds, and much else, share them.
        self._last_id += self.random.randint(1, 9)
        return str(self._last_id)
