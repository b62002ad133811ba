"""Asks a Confluence rig as a client would: credentials, JSON, and pages of results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
from rigs.confluence import ConfluenceProcess, ConfluenceRig


class Asking:
    """A client of one rig; paths are relative to the site's base."""

    def __init__(self, rig: ConfluenceRig | ConfluenceProcess, *, edition: str = "cloud") -> None:
        self._rig = rig
        headers = {} if edition == "cloud" else {"Authorization": f"Bearer {rig.token}"}
        auth = (rig.email, rig.token) if edition == "cloud" else None
        # Without certificates, which take 50 ms to load: it is loopback, without TLS.
        self.client = httpx2.Client(
            auth=auth, headers=headers, trust_env=False, timeout=30, verify=False
        )

    def ask(self, path: str, **query: Any) -> httpx2.Response:
        """Return the answer, whatever it is."""
        return self.client.get(self._rig.url + path, params=query)

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of a good answer."""
        answer = self.ask(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def search(self, cql: str, **query: Any) -> Any:
        """Return the first page of a search."""
        return self.get("/rest/api/content/search", cql=cql, **query)

    def ids(self, cql: str, **query: Any) -> list[str]:
        """Return the ids of the first page of a search."""
        return [one["id"] for one in self.search(cql, **query)["results"]]

    def walk(self, cql: str, **query: Any) -> Iterator[Any]:
        """Yield every result of a search, following its links as they are."""
        page = self.search(cql, **query)
        while True:
            yield from page["results"]
            if not (following := page["_links"].get("next")):
                return
            answer = self.client.get(self._rig.url + following)
            assert answer.status_code == 200, answer.text
            page = answer.json()

    def close(self) -> None:
        """Release connections."""
        self.client.close()
