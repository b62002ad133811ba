"""Confluence, Cloud and Data Center, as a source.

`api` speaks to a site, `connector` lists and fetches, `access` tells who may read; `storage` is
what is handed over of a page. Knows nothing of how a page's text is taken out of its markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.confluence.connector import ConfluenceConnector
    from connectors.confluence.scope import Scope

__all__ = ["ConfluenceConnector", "Scope"]


def __getattr__(name: str) -> object:
    """Import the connector when it is asked for: who takes out text needs `storage` alone."""
    if name == "ConfluenceConnector":
        from connectors.confluence.connector import ConfluenceConnector  # noqa: PLC0415

        return ConfluenceConnector
    if name == "Scope":
        from connectors.confluence.scope import Scope  # noqa: PLC0415

        return Scope
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
