"""Who may read a page: its space, each restricted ancestor, and itself, each a layer.

What can not be found out raises, so that nobody may. Knows nothing of versions and bodies.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Protocol

from connectors.base import ANYONE, ConnectorError, Group, Readers
from connectors.confluence import cql, layers
from connectors.confluence.people import People
from connectors.confluence.scope import BATCH, batches
from connectors.confluence.trouble import ends_everything, one_line
from connectors.confluence.values import Content, Restriction, Site, Space, SpaceReaders, User

LICENSED = "@licensed"
"""Name of the group of everybody who may use Confluence; no group of a site begins so."""
_LICENSED_GROUPS = "confluence-users"
"""How the groups begin whose members may use Confluence: confluence-users-SITE in Cloud."""

_FREE = Restriction()
_ANYONE = frozenset({ANYONE})


class Placed(Protocol):
    """A page or blog post, as far as it tells where it stands."""

    @property
    def id(self) -> str: ...

    @property
    def space(self) -> str: ...

    @property
    def ancestors(self) -> tuple[str, ...]: ...


class Access:
    """Who may read the pages of a site, as far as it was told; threads may share it.

    Whoever lists shows each page to `learn`; what was not shown is asked for, once.
    """

    def __init__(
        self,
        site: Site,
        people: People,
        spaces: Mapping[str, Space],
        *,
        fallback: Collection[str],
        licensed_groups: Collection[str],
        everyone_licensed: bool = False,
    ) -> None:
        """`spaces` are those that are seen, by key in capitals.

        `fallback` are the readers of a space whose permissions the account may not read.
        `everyone_licensed`: what is open to all who may use Confluence is open to anyone.
        """
        self._site = site
        self._people = people
        self._spaces = spaces
        self._fallback = frozenset(fallback)
        self._licensed_groups = tuple(licensed_groups)
        self._everyone_licensed = everyone_licensed
        self._lock = threading.RLock()
        self._space_layers: dict[str, frozenset[str] | str] = {}
        """By key; a string says why it can not be known."""
        self._own: dict[str, Restriction | str] = {}
        """By id, also of what has none; a string says why it can not be known."""
        self._interned: dict[Restriction, Restriction] = {_FREE: _FREE}
        self._layers: dict[Restriction, frozenset[str]] = {}
        self._composed: dict[tuple[str, tuple[Restriction, ...]], Readers] = {}
        self._group_names: set[str] = set()

    def learn(self, contents: Iterable[Content]) -> None:
        """Take note of what these pages show of themselves."""
        for content in contents:
            restriction = content.restriction
            # More than an answer could hold, or not asked for: asked for when it is needed.
            if restriction is not None:
                self._note(content.id, restriction)

    def prepare(self, contents: Collection[Placed]) -> None:
        """Ask for all that the readers of these pages hang on, in as few requests as can be."""
        wanted = {one for content in contents for one in (*content.ancestors, content.id)}
        with self._lock:
            missing = [one for one in wanted if one not in self._own]
            for some in batches(missing, BATCH):
                if len(some) > 1:
                    self._learn_all(some)
                for one in some:
                    if one not in self._own:
                        self._ask(one)
            named = {
                person
                for one in wanted
                if isinstance(own := self._own[one], Restriction)
                for person in own.users
            }
            self._try_learn(named)

    def readers(self, page: Placed) -> Readers:
        """Return who may read a page or blog post.

        Raises `ConnectorError` where a layer can not be found out.
        """
        with self._lock:
            chain: list[Restriction] = []
            for one in (*page.ancestors, page.id):
                if one not in self._own:
                    self._ask(one)
                own = self._own[one]
                if isinstance(own, str):
                    raise ConnectorError(own)
                if own:
                    chain.append(own)
            key = (page.space, tuple(chain))
            if key not in self._composed:
                self._composed[key] = layers.compose(
                    [self._space_layer(page.space), *map(self._layer, chain)]
                )
            return self._composed[key]

    def name_all_groups(self) -> None:
        """Take every group of the site for one that readers may name."""
        self._group_names.update([LICENSED, *self._site.group_names()])

    def groups(self) -> Iterable[Group]:
        """Yield the groups that any readers named, with the people in them."""
        host = self._site.host
        names = {LICENSED: self.licensed_groups() if LICENSED in self._group_names else []}
        names |= {name: [name] for name in self._group_names if name != LICENSED}
        for name, parts in sorted(names.items()):
            if parts:
                users = [user for part in parts for user in self._site.members(part)]
                yield Group(f"group:confluence:{host}:{name}", self._principals(users))

    def _principals(self, users: Collection[User]) -> frozenset[str]:
        """Return the principals of members; a list of them may tell less than who is asked for."""
        silent = {user.id for user in users if user.email is None}
        told = {self._people.principal(user) for user in users if user.id not in silent}
        return self._people.principals(silent) | told

    def licensed_groups(self) -> list[str]:
        """Return the groups whose members may use Confluence."""
        return sorted(self._licensed)

    @cached_property
    def _licensed(self) -> frozenset[str]:
        if self._licensed_groups:
            return frozenset(self._licensed_groups)
        return frozenset(
            name for name in self._site.group_names() if name.startswith(_LICENSED_GROUPS)
        )

    def _note(self, content_id: str, restriction: Restriction) -> None:
        with self._lock:
            self._own[content_id] = self._interned.setdefault(restriction, restriction)

    def _ask(self, content_id: str) -> None:
        """Ask for the restriction of one content: of what no listing shows, a folder or a draft."""
        try:
            self._note(content_id, self._site.restriction(content_id))
        except ConnectorError as error:
            if ends_everything(error):
                raise
            self._own[content_id] = (
                f"nobody may read it until its restrictions can be read: {one_line(error)}"
            )

    def _layer(self, restriction: Restriction) -> frozenset[str]:
        if restriction not in self._layers:
            people = restriction.users - {self._people.me}
            if not people and not restriction.groups:
                people = restriction.users  # nobody but the account itself
            self._layers[restriction] = self._of(people, restriction.groups)
        return self._layers[restriction]

    def _space_layer(self, key: str) -> frozenset[str]:
        with self._lock:
            if key not in self._space_layers:
                self._space_layers[key] = self._asked_layer(key)
            layer = self._space_layers[key]
        if isinstance(layer, str):
            raise ConnectorError(layer)
        return layer

    def _asked_layer(self, key: str) -> frozenset[str] | str:
        space = self._spaces.get(key.upper())
        if space is None:
            return f"nobody may read it: its space {key} is not seen any more"
        try:
            layer = self._of_space(self._site.space_readers(space))
        except ConnectorError as error:
            if ends_everything(error):
                raise
            if self._fallback:
                prefix = f"group:confluence:{self._site.host}:"
                named = (one for one in self._fallback if one.startswith(prefix))
                self._group_names.update(one.removeprefix(prefix) for one in named)
                return self._fallback
            return (
                f"nobody may read it until the permissions of the space {key} can be read: "
                f"{one_line(error)}"
            )
        return layer or f"nobody may view the space {key}"

    def _of_space(self, readers: SpaceReaders) -> frozenset[str]:
        if readers.anonymous:
            return _ANYONE
        return self._of(readers.users, readers.groups | ({LICENSED} if readers.licensed else set()))

    def _of(self, people: Collection[str], groups: Collection[str]) -> frozenset[str]:
        if self._everyone_licensed and (
            LICENSED in groups or not self._licensed.isdisjoint(groups)
        ):
            return _ANYONE
        self._group_names.update(groups)
        prefix = f"group:confluence:{self._site.host}:"
        return self._people.principals(people) | {prefix + name for name in groups}

    def _learn_all(self, ids: list[str]) -> None:
        """Ask for these pages at once; those that are missing then are asked for one by one."""
        try:
            query = cql.both(cql.among("id", ids), cql.PAGES)
            self.learn(self._site.search(query, restrictions=True))
        except ConnectorError as error:
            if ends_everything(error):
                raise

    def _try_learn(self, people: Collection[str]) -> None:
        try:
            self._people.learn(people)
        except ConnectorError as error:
            if ends_everything(error):
                raise
