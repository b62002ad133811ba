"""Which part of a site is mirrored: what an operator wrote, and what of it is found at the site.

Knows nothing of readers and versions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from connectors.base import ConnectorError
from connectors.confluence import addresses, cql
from connectors.confluence.addresses import Address
from connectors.confluence.values import Content, Site, Space

BATCH = 100
"""Ids a query: its address stays below 2,000 characters."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scope:
    """What an operator selects; empty: everything that the account sees, but personal spaces."""

    spaces: tuple[str, ...] = ()
    """Keys."""
    exclude_spaces: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    """Ids or addresses: only these and what is below them."""
    exclude_pages: tuple[str, ...] = ()
    """Ids or addresses: neither these nor what is below them."""
    labels: tuple[str, ...] = ()
    """Only pages that have one of them."""
    exclude_labels: tuple[str, ...] = ()
    cql: str | None = None
    """A further condition on pages."""
    blogposts: bool = True
    comments: bool = True
    attachments: bool = True


class Selection:
    """A scope at a site, as far as it is found there; asks when it is first needed."""

    def __init__(self, site: Site, scope: Scope) -> None:
        self.scope = scope
        self._site = site
        self._raw = cql.of_operator(scope.cql) if scope.cql else ""

    @cached_property
    def seen(self) -> dict[str, Space]:
        """Every space that the account sees, by its key in capitals."""
        return {space.key.upper(): space for space in self._site.spaces()}

    @cached_property
    def spaces(self) -> dict[str, Space]:
        """The spaces that are in scope and seen, by their keys."""
        return {space.key: space for space in self.seen.values() if not self.space_left_out(space)}

    def space_left_out(self, space: Space) -> str | None:
        """Return why a space is not mirrored; None: it is."""
        scope, key = self.scope, space.key
        if _has(scope.exclude_spaces, key):
            return f"its space {key} is in `exclude_spaces`"
        if scope.spaces:
            return None if _has(scope.spaces, key) else f"its space {key} is not in `spaces`"
        if scope.pages:
            at_home = key in {root.space for root in self._found_roots.values()}
            return None if at_home else f"no page of `pages` is in its space {key}"
        if space.archived:
            return f"its space {key} is archived; `spaces` can name it"
        if space.personal:
            return f"its space {key} is personal; `spaces` can name it"
        return None

    @cached_property
    def problems(self) -> list[str]:
        """What was asked for and is not seen; it must never look as if it were deleted."""
        missing = [key for key in self.scope.spaces if key.upper() not in self.seen]
        found = []
        if missing:
            found.append(
                f"The space {', '.join(missing)} is not seen. Is the key right, and may the "
                "account view it?"
            )
        for written, page in self._roots.items():
            root = self._found_roots.get(page or "")
            if root is None:
                found.append(f"The page {written[:200]} of `pages` is not seen. Was it deleted?")
            elif root.space not in self.spaces:
                found.append(f"The page {written[:200]} of `pages` is in {root.space}, left out.")
        return found

    @cached_property
    def parts(self) -> dict[str, str]:
        """The conditions on pages beyond their space, by the option that says so."""
        scope, roots = self.scope, list(self._found_roots)
        parts = {}
        if scope.pages:
            # Nothing without a root: `problems` says why.
            below = f"({cql.among('id', roots)} or {cql.among('ancestor', roots)})" if roots else ""
            parts["pages"] = below or "id = 0"
        if scope.labels:
            parts["labels"] = cql.among("label", scope.labels)
        if scope.exclude_labels:
            labels = ", ".join(map(cql.text, scope.exclude_labels))
            parts["exclude_labels"] = f"label not in ({labels})"
        if self._raw:
            parts["cql"] = self._raw
        return parts

    @property
    def narrowing(self) -> str:
        """The condition on pages beyond their space; empty: none."""
        return cql.both(*self.parts.values())

    @property
    def types(self) -> str:
        """The condition on the kinds of pages that are listed."""
        return cql.PAGES if self.scope.blogposts else "type = page"

    def excluded(self, content: Content) -> bool:
        """Tell whether a page is named by `exclude_pages`, or below one that is.

        Without asking: a page that is gone excludes nothing, and a query that names one fails.
        """
        return bool(self._excluded.intersection((content.id, *content.ancestors)))

    def hidden(self, page: Content) -> bool:
        """Tell whether a page must not even be shown within another one: it was excluded."""
        return _has(self.scope.exclude_spaces, page.space) or self.excluded(page)

    def select(self, pages: Collection[Content]) -> dict[str, Content]:
        """Return those of these pages that are in scope, by their ids."""
        mine = {
            page.id: page
            for page in pages
            if (page.kind == "page" or (page.kind == "blogpost" and self.scope.blogposts))
            and page.space in self.spaces
            and not self.excluded(page)
        }
        if not self.narrowing or not mine:
            return mine
        shown: set[str] = set()
        for some in batches(mine, BATCH):
            narrow = cql.both(cql.among("id", some), self.types, self.narrowing)
            shown.update(page.id for page in self._site.search(narrow))
        return {page_id: page for page_id, page in mine.items() if page_id in shown}

    @cached_property
    def _roots(self) -> dict[str, str | None]:
        return self._resolved(self.scope.pages)

    @cached_property
    def _found_roots(self) -> dict[str, Content]:
        roots = [page for page in self._roots.values() if page]
        return {
            page.id: page
            for some in batches(roots, BATCH)
            for page in self._site.search(cql.both(cql.among("id", some), cql.PAGES))
        }

    @cached_property
    def _excluded(self) -> frozenset[str]:
        found = self._resolved(self.scope.exclude_pages)
        for written, page in found.items():
            if page is None:
                # Whatever is below it would be mirrored, and it was meant not to be.
                raise ConnectorError(
                    f"The page {written[:200]} of `exclude_pages` is not found. Name it by its id."
                )
        return frozenset(page for page in found.values() if page)

    def _resolved(self, written: Iterable[str]) -> dict[str, str | None]:
        """Return the ids of pages as an operator names them; None: there is no such page."""
        found: dict[str, str | None] = {}
        for name in written:
            address = addresses.read(name)
            if address is None:
                raise ConnectorError(f"{name[:200]} is neither the id nor the address of a page.")
            found[name] = address.page or find_by_title(self._site, address)
        return found


def find_by_title(site: Site, address: Address) -> str | None:
    """Return the id of the page that an address names by space and title."""
    if not address.space or not address.title:
        return None
    query = cql.both(
        f"space = {cql.text(address.space)}", cql.PAGES, f"title = {cql.text(address.title)}"
    )
    found = [page for page in site.search(query) if page.title.lower() == address.title.lower()]
    return found[0].id if found else None


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the values in lists of at most so many."""
    some: list[T] = []
    for value in values:
        some.append(value)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


def _has(keys: tuple[str, ...], key: str) -> bool:
    return key.upper() in {written.upper() for written in keys}
