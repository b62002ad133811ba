"""What a page that a browser draws may load: by the guarded client, as little as its text needs.

The browser itself has no way out (`chromium.py`). Each of its requests is judged here: only GET,
only what scripts and data are (no images, fonts, media, frames, downloads), only so many and so
much.
robots.txt and turns are for pages, not for their parts. The login goes to the page's own origin
alone, and hosts inside of a network answer pages from inside alone: what a script of a public page
asks for must not be what only we may read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

import httpx2

from connectors.http.errors import HttpError
from connectors.http.routes import origin
from connectors.web.net.asking import Asker, Wanted

_KINDS = frozenset({"script", "stylesheet", "xhr", "fetch"})
"""Of requests, as the browser calls them; frames are none: their text is not the page's."""
_SHARED = frozenset({"script", "stylesheet"})
"""Kinds that are the same for all pages of a run."""
_MOST_REQUESTS = 200
_MOST_BYTES = 10_000_000
"""Of one part of a page."""
_MOST_BYTES_A_PAGE = 50_000_000
_MOST_BYTES_KEPT = 50_000_000
_REDIRECTS = 10
_STATUS_REDIRECT = frozenset({301, 302, 303, 307, 308})
_FORWARDED = frozenset({"accept", "authorization", "origin", "x-requested-with"})
"""Headers of a script's request that are sent along; and those that begin with `x-`."""
_WITHHELD = frozenset(
    {
        "alt-svc",
        "connection",
        "content-encoding",
        "content-length",
        "keep-alive",
        "link",
        "nel",
        "refresh",
        "report-to",
        "set-cookie",
        "strict-transport-security",
        "transfer-encoding",
    }
)
"""Headers of an answer that are not the browser's business: the body is unpacked already, cookies
stay with us, and nothing is to be loaded or reported that no script asks for."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a page loaded with itself."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page after its scripts ran."""

    url: str
    """Where it is by now: scripts may have sent it elsewhere, within its origin."""
    status: int
    html: str


class Kept:
    """Scripts and styles of a run, the last used ones; threads share them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._parts: OrderedDict[tuple[str, bool], Part] = OrderedDict()
        self._bytes = 0

    def get(self, url: str, *, signed: bool) -> Part | None:
        with self._lock:
            if (url, signed) in self._parts:
                self._parts.move_to_end((url, signed))
            return self._parts.get((url, signed))

    def put(self, url: str, part: Part, *, signed: bool) -> None:
        with self._lock:
            if (url, signed) in self._parts:
                return
            self._parts[url, signed] = part
            self._bytes += len(part.body)
            while self._bytes > _MOST_BYTES_KEPT:
                self._bytes -= len(self._parts.popitem(last=False)[1].body)


class Loading:
    """What one page, at `page`, loads."""

    def __init__(self, asker: Asker, kept: Kept, page: str) -> None:
        self._asker, self._kept = asker, kept
        self._page = httpx2.URL(page)
        self._is_inside = asker.guard.is_private_host(self._page.raw_host.decode("ascii"))
        self._lock = Lock()
        self._requests = self._bytes = 0

    def is_same_origin(self, url: str) -> bool:
        """Return whether an address is of the page's own origin."""
        try:
            return origin(httpx2.URL(url)) == origin(self._page)
        except (httpx2.InvalidURL, ValueError):
            return False

    def may_load(self, url: str, kind: str, method: str) -> bool:
        """Return whether a request is made at all; counts it."""
        if method != "GET" or kind not in _KINDS or not url.startswith(("http://", "https://")):
            return False
        with self._lock:
            self._requests += 1
            return self._requests <= _MOST_REQUESTS and self._bytes < _MOST_BYTES_A_PAGE

    def load(self, url: str, kind: str, headers: Mapping[str, str]) -> Part | None:
        """Return a part of the page; None: it can not, or must not, be had."""
        own = self.is_same_origin(url)
        if kind in _SHARED and (kept := self._kept.get(url, signed=own)):
            return kept
        try:
            part = self._followed(httpx2.URL(url), _forwarded(headers))
        except (HttpError, httpx2.InvalidURL, ValueError):
            return None
        if part:
            with self._lock:
                self._bytes += len(part.body)
            if kind in _SHARED and part.status == 200:
                self._kept.put(url, part, signed=own)
        return part

    def _followed(self, url: httpx2.URL, headers: dict[str, str]) -> Part | None:
        for _ in range(_REDIRECTS + 1):
            host = url.raw_host.decode("ascii")
            if self._asker.guard.is_private_host(host) and not self._is_inside:
                return None
            own = origin(url) == origin(self._page)
            wanted = Wanted(url, _MOST_BYTES, headers, signed=own, in_turn=False)
            got = self._asker.ask(wanted, attempts=1)
            if got.status not in _STATUS_REDIRECT or "location" not in got.headers:
                told = {k: v for k, v in got.headers.items() if k.lower() not in _WITHHELD}
                return Part(got.status, told, got.body)
            to = url.join(got.headers["location"]).copy_with(userinfo=b"", fragment=None)
            if to.scheme not in {"http", "https"} or (url.scheme, to.scheme) == ("https", "http"):
                return None
            headers = headers if origin(to) == origin(url) else {}
            url = to
        return None


def _forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what of a script's headers goes along."""
    return {
        name: value
        for name, value in headers.items()
        if (name.lower() in _FORWARDED or name.lower().startswith("x-"))
        and value.isascii()
        and value.isprintable()
    }
