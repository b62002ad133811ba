"""Pages within pages: which ones a page includes, and whether its readers may see them.

An included page's text may only be shown to everybody who may read the page around it if all of
them may read it where it stands: `layers.covers` decides. Knows nothing of how text is taken out.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.base import ConnectorError, Readers
from connectors.confluence import cql, layers, macros, refs
from connectors.confluence.access import Access
from connectors.confluence.known import Known
from connectors.confluence.memory import Memory, Named
from connectors.confluence.page import Page
from connectors.confluence.scope import Selection, batches
from connectors.confluence.storage import include_key
from connectors.confluence.trouble import ends_everything, site_is_away
from connectors.confluence.values import Content, Site

DEEP = 3
"""So many pages within each other are followed."""
_BODIES = 8_000_000
"""Characters of bodies that are kept, at most 16 MB: one page may stand in a thousand others."""
_TITLES = 500
"""Characters of titles a query: its address stays below 8,000 bytes, all in Japanese."""

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Target:
    """A page that others include."""

    id: str
    version: str
    space: str
    readers: Readers | None
    """None: they can not be found out, or the page is left out of the mirror."""


@dataclass(slots=True)
class Expanded:
    """What a page includes, theirs among them."""

    included: dict[str, str | None] = field(default_factory=dict)
    """For `Storage.included`."""
    names: list[Named] = field(default_factory=list)
    """In the spaces that they mean."""


class Includes:
    """The included pages of a site, as it is during one run; threads may share it."""

    def __init__(
        self, site: Site, access: Access, selection: Selection, known: Known, memory: Memory
    ) -> None:
        self._site = site
        self._known = known
        self._access = access
        self._selection = selection
        self._memory = memory
        self._lock = threading.RLock()
        self._found: dict[_Key, _Target | None] = {}
        self._bodies: OrderedDict[str, Content | None] = OrderedDict()
        """Pages that were asked for lately; None: the site can not give them."""
        self._for_themselves: set[str] = set()
        """Those of them that were no part of another one then."""
        self._remembered: set[str] = set()
        """Pages whose bodies the memory holds as they are now."""
        self._held = 0
        self._hosts: dict[str, list[Named]] | None = None
        self._listed: dict[int, tuple[str, str]] = {}
        """Id and version of each listed page, by a hash of its key: there may be a million."""
        self._complete: set[str] = set()

    # What a listing needs: no bodies

    def recall(self) -> None:
        """Take from the memory which pages include which; a listing does so before it begins."""
        self._hosts = self._memory.includes()

    def names(self, host: str) -> list[Named]:
        """Return the pages that a page was seen to include."""
        if self._hosts is not None:
            return self._hosts.get(host, [])
        return self._memory.included_by(host)

    def offer(self, page: Page) -> None:
        """Take note of a page that a listing shows: if one includes it, nobody need ask for it."""
        self._listed[hash((page.space.upper(), page.title.lower()))] = (page.id, page.version)

    def offered_all(self, space: str) -> None:
        """Take note that every page of a space was offered: what was not is not there."""
        self._complete.add(space.upper())

    def resolve(self, names: Iterable[Named]) -> None:
        """Ask for those of these pages that nobody asked for, and no listing showed."""
        with self._lock:
            missing: dict[str, dict[_Key, Named]] = {}
            for name in names:
                if (key := _key(name)) in self._found:
                    continue
                if hash(key) in self._listed or key[0] in self._complete:
                    self._found[key] = self._offered(name)
                else:
                    missing.setdefault(key[0], {})[key] = name
            for space, named in missing.items():
                seen = self._selection.seen.get(space)
                for some in _short(named.values() if seen else ()):
                    self._search(seen.key if seen else "", some)
                for key in named:
                    self._found.setdefault(key, None)

    def mark(self, names: Collection[Named], readers: Readers | None) -> str:
        """Return what a page's version has at its end for the pages that it includes.

        It changes with theirs, and with whether they may be shown. Without a memory it is empty:
        the next listing could not know it.
        """
        if not names or not self._memory.lasts:
            return ""
        self.resolve(names)
        states = sorted(
            f"{name.space}\0{name.title}\0{self._state(name, readers)}" for name in names
        )
        digest = hashlib.blake2b("\1".join(states).encode("utf-8", "replace"), digest_size=8)
        return f"+{digest.hexdigest()}"

    def hosts(self, changed: Iterable[Page]) -> set[str]:
        """Return the ids of the pages that include one of these."""
        return self._memory.hosts([(page.id, Named(page.space, page.title)) for page in changed])

    def forget(self) -> None:
        """Let go of what was remembered of pages that a listing of everything did not show."""
        self._memory.forget_pages(self._known.__contains__)

    # What a body needs

    def expand(self, hosts: Sequence[tuple[Content, Readers]]) -> dict[str, Expanded]:
        """Return what these pages include, by their ids; remembers it for the listings to come.

        Raises `ConnectorError` where that can not be found out.
        """
        found = {host.id: Expanded() for host, _ in hosts}
        open_: list[tuple[Content, Readers, str]] = [
            (host, readers, host.storage or "") for host, readers in hosts
        ]
        for _ in range(DEEP):
            asked = [
                (host, readers, include_key(space, title), Named(self._space(space, host), title))
                for host, readers, markup in open_
                for space, title in macros.included(markup)
                if include_key(space, title) not in found[host.id].included
            ]
            open_ = list(self._level(asked, found))
            if not open_:
                break
        for host, _ in hosts:
            self._remember(host, found[host.id].names)
        return found

    def keep(self, pages: Iterable[Content]) -> None:
        """Take note of pages with their bodies: others may include them."""
        with self._lock:
            for page in pages:
                if page.id not in self._bodies:
                    self._for_themselves.add(page.id)
                    self._put(page)
            self._drop()

    def kept(self, page: str, version: str) -> Content | None:
        """Return a page at this version if it was asked for as a part of another one.

        Who wants it for itself need not ask again.
        """
        version = version.partition("+")[0]
        with self._lock:
            content = None if page in self._for_themselves else self._bodies.get(page)
        content = content or self._memory.included_page(page, version)
        return content if content and refs.version(content) == version else None

    def _level(
        self,
        asked: Collection[tuple[Content, Readers, str, Named]],
        found: dict[str, Expanded],
    ) -> Iterator[tuple[Content, Readers, str]]:
        """Fill in the pages of one depth, and yield those that may include more."""
        self.resolve(name for *_, name in asked)
        shown = {
            target.id: target.version
            for _, readers, _, name in asked
            if (target := self._found.get(_key(name))) and self._shows(target, readers)
        }
        with self._lock:
            bodies = self._read(shown)
        for host, readers, key, name in asked:
            expanded, target = found[host.id], self._found.get(_key(name))
            if target is not None and target.id == host.id:
                expanded.included[key] = None  # a page within itself has no end
                continue
            if name not in expanded.names:
                expanded.names.append(name)
            body = bodies.get(target.id) if target and self._shows(target, readers) else None
            if body is not None and target and target.space != host.space:
                body = macros.at_home(body, target.space)
            expanded.included[key] = body
            if body is not None:
                yield host, readers, body

    def _space(self, written: str, host: Content) -> str:
        return self._space_key(written) if written else host.space

    def _space_key(self, written: str) -> str:
        seen = self._selection.seen.get(written.upper())
        return seen.key if seen else written

    def _state(self, name: Named, readers: Readers | None) -> str:
        target = self._found.get(_key(name))
        shown = target is not None and readers is not None and self._shows(target, readers)
        return f"{target.id}:{target.version}" if target and shown else "hidden"

    @staticmethod
    def _shows(target: _Target, readers: Readers) -> bool:
        return target.readers is not None and layers.covers(target.readers, readers)

    def _offered(self, name: Named) -> _Target | None:
        """Return a page as the listing showed it; None: it did not."""
        key = _key(name)
        listed = self._listed.get(hash(key))
        if listed is None:
            return None
        entry = self._known.get(listed[0])
        readers = entry.readers if entry and not isinstance(entry.readers, str) else None
        return _Target(*listed, self._space_key(key[0]), readers)

    def _search(self, space: str, names: list[Named]) -> None:
        titles = " or ".join(f"title = {cql.text(name.title)}" for name in names)
        query = cql.both(f"space = {cql.text(space)}", cql.PAGES, f"({titles})")
        pages = list(self._site.search(query, restrictions=True))
        self._access.learn(pages)
        self._access.prepare(pages)
        wanted = {_key(name) for name in names}
        # Blog posts may share a title with a page, which is then what is meant.
        for page in sorted(pages, key=lambda page: (page.kind == "page", page.id)):
            if (key := (page.space.upper(), page.title.lower())) in wanted:
                version, readers = refs.version(page), self._readers(page)
                self._found[key] = _Target(page.id, version, page.space, readers)

    def _readers(self, page: Content) -> Readers | None:
        selection = self._selection
        if selection.hidden(page):
            return None
        try:
            return self._access.readers(page)
        except ConnectorError as error:
            if ends_everything(error):
                raise
            return None

    def _read(self, versions: Mapping[str, str]) -> dict[str, str | None]:
        """Return the bodies of these pages, by id; None: the site can not give it."""
        for page, version in versions.items():
            if page not in self._bodies and (
                remembered := self._memory.included_page(page, version)
            ):
                self._put(remembered)
                self._remembered.add(page)
        for some in batches((page for page in versions if page not in self._bodies), 25):
            self._ask(some)
        bodies = {page: self._bodies[page] for page in versions if page in self._bodies}
        for page, content in bodies.items():
            self._bodies.move_to_end(page)
            if content and page not in self._remembered:
                self._remembered.add(page)
                self._memory.remember_page(content, refs.version(content))
        self._drop()
        return {page: content.storage if content else None for page, content in bodies.items()}

    def _put(self, page: Content) -> None:
        self._bodies[page.id] = page
        self._held += len(page.storage or "")

    def _drop(self) -> None:
        """Forget the pages that nobody wanted for longest, until few enough are kept."""
        while self._held > _BODIES:
            page, dropped = self._bodies.popitem(last=False)
            self._for_themselves.discard(page)
            self._held -= len((dropped and dropped.storage) or "")

    def _ask(self, ids: list[str]) -> None:
        """Ask for the bodies of these pages, in halves where one of them can not be given."""
        query = cql.both(cql.among("id", ids), cql.PAGES)
        try:
            for page in self._site.search(query, body=True, restrictions=True):
                self._put(page)
        except ConnectorError as error:
            if site_is_away(self._site, error):
                raise
            if len(ids) == 1:
                self._bodies[ids[0]] = None
                return
            middle = len(ids) // 2
            for half in (ids[:middle], ids[middle:]):
                if missing := [page for page in half if page not in self._bodies]:
                    self._ask(missing)

    def _remember(self, host: Content, names: Sequence[Named]) -> None:
        targets = ((name, self._found.get(_key(name))) for name in names)
        self._memory.remember_includes(
            host.id, [(name, target.id if target else "") for name, target in targets]
        )
        if self._hosts is not None:
            self._hosts[host.id] = list(names)


def _key(name: Named) -> _Key:
    return name.space.upper(), name.title.lower()


def _short(names: Iterable[Named]) -> Iterator[list[Named]]:
    """Yield the names in lists that fit into a query."""
    some: list[Named] = []
    for name in names:
        if some and sum(len(one.title) for one in (*some, name)) > _TITLES:
            yield some
            some = []
        some.append(name)
    if some:
        yield some
