"""Carries one request to Google and brings the answer back; tries nothing twice.

The libraries of Google build the requests and read the answers. They are carried by the client of
the other connectors rather than by httplib2: that one reads a body to its end whatever its size,
takes a compressed body that was cut for a whole one, speaks to no proxy without a further library,
and knows no `SSL_CERT_FILE`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

import httpx2

from connectors.drive.api.trust import Trust
from connectors.http import bodies, errors, routes, waits
from connectors.http.errors import FailedError, Failure

_CONNECTS = 10.0
_REDIRECTS = 5
_STATUS_REDIRECT = frozenset({301, 302, 303, 307, 308})
_OWN_HEADERS = {"accept-encoding": bodies.ACCEPT_ENCODING, "user-agent": "kurage-bot (gzip)"}
"""Google compresses only for agents whose name holds `gzip`:
https://developers.google.com/workspace/drive/api/guides/performance."""
_NOT_THEIRS = frozenset({"accept-encoding", "user-agent", "content-length"})
"""Headers of the libraries that are ours to say."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, but for who asks."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    max_bytes: int = 0
    """Of a good answer's body."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, whole."""

    status: int
    headers: Mapping[str, str]
    """By lower-case names."""
    body: bytes


class Transport:
    """The connections of one account; threads share them.

    `timeout` is in seconds for each piece of an answer; a whole answer may take ten times as long.
    """

    def __init__(self, trust: Trust, *, at_once: int, timeout: float) -> None:
        self._trust, self._timeout = trust, timeout
        self._timeouts = httpx2.Timeout(timeout, connect=min(timeout, _CONNECTS)).as_dict()
        self._routes = routes.Routes(at_once)
        self._lock = Lock()
        self._requests = 0
        self._date: datetime | None = None

    @property
    def requests(self) -> int:
        """How many requests were made, redirects among them."""
        return self._requests

    def date(self) -> datetime | None:
        """Return the time of the last answer by the server's clock; None before the first one."""
        return self._date

    def secrets(self) -> list[str]:
        """Return the passwords of the proxies."""
        return self._routes.secrets()

    def linked(self, link: str) -> str:
        """Return where a link in an answer leads. Raises FailedError where we do not go."""
        return str(self._trust.linked(link))

    def ask(self, request: Request, token: Mapping[str, str] | None = None) -> Answer:
        """Return the answer, whatever its status.

        `token` holds headers that go only where they may. Raises FailedError where there is no
        answer, or one that is too large.
        """
        deadline = time.monotonic() + 10 * self._timeout
        try:
            url = httpx2.URL(request.url)
        except httpx2.InvalidURL:
            raise FailedError(Failure("this is no address of the form https://host/path")) from None
        for _ in range(_REDIRECTS + 1):
            answer = self._once(request, url, token or {}, deadline)
            location = answer.headers.get("location")
            # What was posted is not posted elsewhere: it may hold a signature.
            if answer.status not in _STATUS_REDIRECT or not location or request.method != "GET":
                return answer
            url = self._trust.redirected(url, location)
        raise FailedError(Failure(f"redirected more than {_REDIRECTS} times"))

    def close(self) -> None:
        """Release the connections."""
        self._routes.close()

    def _once(
        self, asked: Request, url: httpx2.URL, token: Mapping[str, str], deadline: float
    ) -> Answer:
        theirs = asked.headers.items()
        headers = {name: value for name, value in theirs if name.lower() not in _NOT_THEIRS}
        headers |= _OWN_HEADERS
        if self._trust.carries_token(url):
            headers |= token
        try:
            request = httpx2.Request(
                asked.method,
                url,
                headers=headers,
                content=asked.body,
                extensions={"timeout": self._timeouts},
            )
            transport = self._routes.transport(url)
            with self._lock:
                self._requests += 1
            with closing(transport.handle_request(request)) as response:
                response.request = request
                self._date = waits.http_date(response.headers.get("date")) or self._date
                most = asked.max_bytes if response.is_success else errors.MAX_ERROR_BYTES
                content = self._body(response, most, deadline)
                found = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, found, content)
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
            proxied = self._routes.proxy(url) is not None
            failure = errors.of_exception(error, url.host, timeout=self._timeout, proxied=proxied)
        # Outside of the `except`: what the library says is no context of ours.
        raise FailedError(failure)

    def _body(self, response: httpx2.Response, most: int, deadline: float) -> bytes:
        try:
            return bodies.read(response, max_bytes=most, deadline=deadline)
        except FailedError:
            if response.is_success:
                raise
            return b""  # a refusal stays one, however long its words are
