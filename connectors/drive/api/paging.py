"""Turns pages until there are no more. Knows nothing of what is on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.drive.api.errors import GoogleError


class Pages:
    """Where a list of several pages stands."""

    def __init__(self, name: str = "nextPageToken", token: str | None = None) -> None:
        self._name, self._token = name, token
        self._seen = {token}
        self.more = True
        """Whether there is a page to ask for."""

    @property
    def parameters(self) -> dict[str, str]:
        """What a request for the next page has beside the others."""
        return {"pageToken": self._token} if self._token else {}

    def turn(self, answer: Mapping[str, Any]) -> None:
        """Go on to the page that an answer names. Raises GoogleError for one that was had."""
        token = answer.get(self._name)
        self.more = isinstance(token, str) and bool(token)
        if not self.more:
            return
        if token in self._seen:
            raise GoogleError("Google's list of pages leads back to a page that was read")
        self._seen.add(token)
        self._token = token
