"""Web sites on loopback under the hands of tests, and connectors on them."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

from rigs.website import WebsiteRig, html

from connectors.base import Gone, Ref
from connectors.web import Scope, WebConnector
from connectors.web.net import Web

HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "localhost")


class WebSite:
    """A rig, and connectors on it that share a memory, as one run after another does."""

    def __init__(self, rig: WebsiteRig, memory: Path) -> None:
        self.rig = rig
        self.memory = memory
        self.opened: list[WebConnector] = []

    def web(self, **options: Any) -> Web:
        defaults: dict[str, Any] = {
            "delay": 0.0,
            "at_once": 4,
            "backoff": 0.01,
            "private_hosts": HOSTS,
            "login_hosts": (self.rig.url,),
            "longest_wait": 2,
            "timeout": 5,
        }
        return Web(**{**defaults, **options})

    def connector(
        self,
        *urls: str,
        scope: dict[str, Any] | None = None,
        web: dict[str, Any] | None = None,
        **options: Any,
    ) -> WebConnector:
        """Return a connector whose seeds are these paths of the first host; none: its root."""
        seeds = [url if "://" in url else self.rig.url + url for url in urls or ("/",)]
        made = WebConnector(
            self.web(**(web or {})),
            Scope(seeds, **(scope or {})),
            **{"memory": self.memory, **options},
        )
        self.opened.append(made)
        return made

    def close(self) -> None:
        for connector in self.opened:
            connector.close()

    def page(self, path: str, text: str = "", *, links: tuple[str, ...] = (), **how: Any) -> None:
        """Put or change a page of this text, which links to these."""
        title = how.pop("title", path)
        said = text or f"{path}の本文です。この頁だけに書いてあることを、もう一度書きます。"
        made = html.page(title, said, links=list(links), **how.pop("markup", {}))
        self.rig.site.add_page(path, made, **how)

    def take_bodies(self) -> None:
        """Let what crawls brought be taken: whatever is fetched now is asked for."""
        with suppress(sqlite3.Error), sqlite3.connect(self.memory) as database:
            database.execute("DELETE FROM bodies")


def paths(connector: WebConnector) -> set[str]:
    """Return what a full listing shows: the paths of its documents."""
    return {ref.id.split("/", 3)[3] for ref in refs(connector).values()}


def refs(connector: WebConnector) -> dict[str, Ref]:
    """Return a full listing by address, as a sync reads it."""
    found: dict[str, Ref] = {}
    for change in connector.changes(None):
        if isinstance(change, Ref):
            found[change.id] = change
        elif isinstance(change, Gone):
            found.pop(change.id, None)
    return found
