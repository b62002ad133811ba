"""Where requests may go, and where the token may go with them. Asks nothing."""

from __future__ import annotations

from collections.abc import Sequence

import httpx2

from connectors.http import routes
from connectors.http.errors import FailedError, Failure

_TOKEN_HOSTS = frozenset(
    {
        "admin.googleapis.com",
        "docs.google.com",
        "drive.google.com",
        "sheets.googleapis.com",
        "slides.googleapis.com",
        "www.googleapis.com",
    }
)
"""Whose addresses take our token: the APIs, and what gives out the large exports. Not all of
google.com: scripts of strangers run below it, too."""
_LOGIN_PAGE = "accounts.google.com"


class Trust:
    """The hosts of one installation: Google's, and the root that `GOOGLE_API_URL` names."""

    def __init__(self, roots: Sequence[str]) -> None:
        urls = [routes.base_url(root) for root in roots]
        self._root, self._origins = urls[0], {routes.origin(url) for url in urls}

    def carries_token(self, url: httpx2.URL) -> bool:
        """Return whether the token may go there."""
        return routes.origin(url) in self._origins or (
            url.scheme == "https" and url.host in _TOKEN_HOSTS and url.port in {None, 443}
        )

    def redirected(self, url: httpx2.URL, location: str) -> httpx2.URL:
        """Return where an answer sends us, with the token or without.

        Bytes lie at addresses of hosts that need none. Raises FailedError where we do not go: from
        https to http, to this machine's inside, to a page where people log in.
        """
        to = routes.redirected(url, location, url)
        if to.host == _LOGIN_PAGE:
            # What comes from there is a page for people, not the document.
            raise FailedError(Failure("Google asks for a login here: the token is not accepted"))
        return to

    def linked(self, link: str) -> httpx2.URL:
        """Return where a link in an answer leads. Raises FailedError where we do not go."""
        return self.redirected(self._root, link)
