"""Web pages as a source: crawled politely, read again only where they changed.

`net` asks, guarded; `crawl` finds the pages, `memory` keeps what is known of them, `fate` says what
becomes of each. Knows nothing of how a page's text is taken out of its markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.web.connector import WebConnector
    from connectors.web.scope import Scope

__all__ = ["Scope", "WebConnector"]


def __getattr__(name: str) -> object:
    """Import the connector when it is asked for: `kurage --help` needs none."""
    if name == "WebConnector":
        from connectors.web.connector import WebConnector  # noqa: PLC0415

        return WebConnector
    if name == "Scope":
        from connectors.web.scope import Scope  # noqa: PLC0415

        return Scope
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
