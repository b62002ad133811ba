"""The client: one request after another until there is an answer, or a clear line why not.

    http = Http("https://example.atlassian.net/wiki", auth=("me@example.co.jp", token))
    http.get("rest/api/user/current")

Retries, waits, the number of requests at once and secrets are its own business; what it asks for is
the caller's.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any, TypeVar

import httpx2

from connectors.http import bodies, errors, routes, waits
from connectors.http.errors import FailedError, Failure, HttpError
from connectors.http.redaction import Redaction, basic
from connectors.http.slots import Slots

MAX_ANSWER = 200_000_000
"""Bytes of a JSON answer. One page's body may be 50 MB, and twice that when JSON escapes it."""
LONGEST_WAIT = 900.0
"""Seconds. Who is told to wait longer ends the run: the next one comes by itself."""
_CONNECTS = 10.0
"""Seconds; a service that thinks for a minute still takes the connection at once."""
_REDIRECTS = 5
_OWN_HEADERS = {"accept-encoding": bodies.ACCEPT_ENCODING, "user-agent": "kurage-bot"}
_STATUS_REDIRECT = frozenset({301, 302, 303, 307, 308})
_STATUS_WAIT = frozenset({403, 429, 503})
"""Answers that may tell how long to wait; Data Center says 403 for "too many"."""

_T = TypeVar("_T")
Params = Mapping[str, str | int | Sequence[str]]


class Http:
    """A client for one site; threads may share it, and share its waits.

    `headers` and `auth` (a name and password) go to the origin of `base` and nowhere else, also
    where it redirects. `secrets` are taken out of every message, and so are the credentials.
    `timeout` is in seconds, for each piece of an answer; a whole answer may take ten times as long,
    a connection ten seconds. At most `attempts` tries a request, `backoff` seconds after the first
    failure, doubled after each further one. To be told to wait is no failure of that kind: twice as
    many waits, none longer than `longest_wait`, end it.
    """

    def __init__(
        self,
        base: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        at_once: int = 4,
        timeout: float = 60,
        attempts: int = 5,
        secrets: Collection[str] = (),
        backoff: float = 0.5,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        try:
            self._base = routes.base_url(base)
        except ValueError as error:
            raise HttpError(str(error)) from None
        self._credentials = _credentials(headers or {}, auth)
        self._timeout, self._attempts = timeout, attempts
        reach = min(timeout, _CONNECTS)
        self._timeouts = httpx2.Timeout(timeout, connect=reach).as_dict()
        self._backoff, self._longest_wait = backoff, longest_wait
        self._routes = routes.Routes(at_once)
        private = [value for value in self._credentials.values() if value]
        private += [value.partition(" ")[2] for value in private] + [*(auth or ())[1:], *secrets]
        self._redact = Redaction([*private, *self._routes.secrets()])
        self._cookies = httpx2.Cookies()
        self._pause = waits.Pause()
        self._slots = Slots(at_once)
        self._lock = Lock()
        self._requests = self._running = 0
        self._date: datetime | None = None

    def __repr__(self) -> str:
        return f"Http({str(self._base)!r})"

    @property
    def base(self) -> str:
        """The address that paths stand under, without a slash at its end."""
        return str(self._base)

    @property
    def requests(self) -> int:
        """How many requests were made, tries and redirects among them."""
        return self._requests

    def date(self) -> datetime | None:
        """Return the time of the last answer by the server's clock; None before the first one."""
        return self._date

    def get(
        self,
        path_or_url: str,
        params: Params | None = None,
        *,
        attempts: int | None = None,
        max_bytes: int = MAX_ANSWER,
    ) -> Any:
        """Return the JSON of an answer, parsed.

        `attempts` may be lower where the caller knows better than to ask the same again. Raises
        HttpError, of which TooLargeError tells of an answer above `max_bytes`.
        """

        def read(response: httpx2.Response, deadline: float) -> Any:
            return _json(response, max_bytes, deadline)

        return self._ask(path_or_url, params, read, attempts or self._attempts, named=True)

    def download(self, path_or_url: str, *, max_bytes: int) -> bytes:
        """Return the bytes of a file. Raises HttpError; TooLargeError where there are more.

        The messages do not name the path: it may hold the name of a document.
        """

        def read(response: httpx2.Response, deadline: float) -> bytes:
            return bodies.read(response, max_bytes=max_bytes, deadline=deadline)

        return self._ask(path_or_url, None, read, self._attempts, named=False)

    def close(self) -> None:
        """Release connections; who waits is refused at once, who is being answered is not."""
        self._pause.close()
        with self._lock:
            if not self._running:
                self._routes.close()

    def _ask(
        self,
        path_or_url: str,
        params: Params | None,
        read: Callable[[httpx2.Response, float], _T],
        attempts: int,
        *,
        named: bool,
    ) -> _T:
        try:
            url = routes.resolve(self._base, path_or_url)
        except httpx2.InvalidURL:
            url, attempts = self._base.copy_with(path="/"), 1
        failed = waited = 0
        while True:
            got = self._try(url, params, read)
            if not isinstance(got, Failure):
                self._slots.answered()
                return got
            failed, waited = failed + (not got.everyone), waited + got.everyone
            wait = got.wait or waits.back_off(failed + waited, self._backoff)
            if got.everyone:
                self._slots.refused()
                self._pause.extend(wait)
            if not got.again or failed >= attempts or waited >= 2 * self._attempts:
                break
            if not got.everyone:
                self._pause.sleep(wait)
        # Raised outside of any `except`: what a library says of a failure is no context of it.
        where = url.netloc.decode("ascii", "replace") + (url.path if named else "")
        raise got.error(errors.shortened(self._redact(where)), failed + waited)

    def _try(
        self, url: httpx2.URL, params: Params | None, read: Callable[[httpx2.Response, float], _T]
    ) -> _T | Failure:
        """Return what was read of one answer, or why there is none."""
        with self._turn():
            if self._pause.closed:
                return Failure("the client was closed")
            return self._follow(url, params, read)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold one of the slots, when nobody was told to wait."""
        with self._slots.one():
            self._pause.wait()
            with self._lock:
                self._running += 1
            try:
                yield
            finally:
                with self._lock:
                    self._running -= 1
                    if self._pause.closed and not self._running:
                        self._routes.close()

    def _follow(
        self, url: httpx2.URL, params: Params | None, read: Callable[[httpx2.Response, float], _T]
    ) -> _T | Failure:
        deadline = time.monotonic() + 10 * self._timeout
        for _ in range(_REDIRECTS + 1):
            try:
                with self._answered(url, params) as response:
                    if response.is_success:
                        return read(response, deadline)
                    location = response.headers.get("location")
                    if response.status_code not in _STATUS_REDIRECT or not location:
                        return self._refused(response, deadline)
                    url, params = routes.redirected(url, location, self._base), None
            except FailedError as failed:
                return failed.failure
            except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
                proxied = self._routes.proxy(url) is not None
                return errors.of_exception(error, url.host, timeout=self._timeout, proxied=proxied)
        return Failure(f"redirected more than {_REDIRECTS} times")

    @contextmanager
    def _answered(self, url: httpx2.URL, params: Params | None) -> Iterator[httpx2.Response]:
        """Send one request, by the transport itself: the library's client logs addresses."""
        own = self._credentials if routes.may_carry(self._base, url) else {}
        extensions = {"timeout": self._timeouts}
        headers = {**_OWN_HEADERS, **own}
        request = httpx2.Request("GET", url, params=params, headers=headers, extensions=extensions)
        self._cookies.set_cookie_header(request)
        transport = self._routes.transport(url)
        with self._lock:
            self._requests += 1
        with closing(transport.handle_request(request)) as response:
            response.request = request
            self._cookies.extract_cookies(response)
            self._date = waits.http_date(response.headers.get("date")) or self._date
            yield response

    def _refused(self, response: httpx2.Response, deadline: float) -> Failure:
        status, headers = response.status_code, response.headers
        told = None
        if status in _STATUS_WAIT:
            now = waits.http_date(headers.get("date")) or datetime.now(UTC)
            told = waits.retry_after(headers.get("retry-after"), now)
        said = errors.shortened(self._redact(_said(response, deadline)))
        if told is None:
            return replace(errors.of_status(status, headers, said), everyone=status == 429)
        if told > self._longest_wait:
            words = (
                f"told to wait {told / 60:.0f} minutes, more than one run waits; run again later"
            )
            return Failure(f"{status}: {words}", status)
        # With a time to wait, a 403 is no matter of permissions.
        failure = errors.of_status(429 if status == 403 else status, headers, said)
        return replace(
            failure, status=status, again=True, wait=waits.a_little_over(told), everyone=True
        )


def _credentials(headers: Mapping[str, str], auth: tuple[str, str] | None) -> dict[str, str]:
    """Return the headers that belong to the origin alone. Raises HttpError if they can not be."""
    found = dict(headers)
    if auth:
        found["authorization"] = f"Basic {basic(*auth)}"
    if not all(value.isascii() and value.isprintable() for value in found.values()):
        raise HttpError(
            "the credentials hold a line break or a letter that no token has: copy them again"
        )
    return found


def _json(response: httpx2.Response, max_bytes: int, deadline: float) -> Any:
    body = bodies.read(response, max_bytes=max_bytes, deadline=deadline)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        pass
    if "html" in response.headers.get("content-type", ""):
        words = "a web page in place of data: is the address right, or is there a login page or"
        raise FailedError(Failure(f"{words} a proxy before the service?"))
    raise FailedError(Failure("the answer is cut short or no JSON", again=True))


def _said(response: httpx2.Response, deadline: float) -> str:
    """Return the server's own message, of any length; empty where it says nothing readable."""
    try:
        body = bodies.read(response, max_bytes=errors.MAX_ERROR_BYTES, deadline=deadline)
    except (FailedError, httpx2.HTTPError):
        return ""
    return errors.message(body)
