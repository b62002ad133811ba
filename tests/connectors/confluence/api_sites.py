"""Opens the rig's site as the connector would, without long waits; for the tests of the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rigs.confluence import ConfluenceRig

from connectors.confluence.api import open_site
from connectors.confluence.values import Site

EDITIONS = ("cloud", "data-center")
SEARCH = "*/rest/api/content/search"
PAGES = "type in (page, blogpost) order by created asc"


@contextmanager
def opened(rig: ConfluenceRig, **options: Any) -> Iterator[Site]:
    """Yield the site of a rig; requests and answers must have kept to the descriptions."""
    options = {"url": rig.url, "email": rig.email, "token": rig.token, **options}
    site = open_site(edition=rig.settings.edition, backoff=0.001, timeout=10, **options)
    try:
        yield site
    finally:
        site.close()
    assert rig.violations == []


def found(site: Site, cql: str = PAGES, **how: bool) -> list[str]:
    """Return the ids that a search yields."""
    return [content.id for content in site.search(cql, **how)]
