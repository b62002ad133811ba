"""Asks for one address, without following where it leads: in turn, guarded, and again if need be.

Knows nothing of redirects and robots.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock

import httpx2

from connectors.http import bodies, errors, waits
from connectors.http.errors import FailedError, Failure
from connectors.http.redaction import Redaction
from connectors.web.net.connections import Connections, port_of
from connectors.web.net.guard import Guard
from connectors.web.net.login import Identity
from connectors.web.net.turns import Turns

_CONNECTS = 10.0
"""Seconds; a site that thinks for a minute still takes the connection at once."""
_DRAINED = 65_536
"""Bytes of a body that nobody reads, read so that its connection can be used again; and as much of
a refusal is read as tells what it is."""
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524})
"""Answers that another try may better; from 520 on they are a content network's own."""
_ACCEPT = "text/html,application/xhtml+xml,*/*;q=0.8"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try: seconds, but `attempts`."""

    timeout: float = 30
    """For each piece of an answer; a whole one may take ten times as long."""
    attempts: int = 3
    backoff: float = 0.5
    """After the first failure, doubled after each further one."""
    longest_wait: float = 300
    """Who tells to wait longer is not asked again in this run."""


@dataclass(frozen=True, slots=True)
class Got:
    """One answer as it came."""

    status: int
    headers: httpx2.Headers
    body: bytes = b""
    """Of a refusal its begin; of others but 2xx, nothing."""
    cookies: bool = False
    """Whether it set some that were kept."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for, and how."""

    url: httpx2.URL
    max_bytes: int
    """Of the body; more are an error."""
    headers: Mapping[str, str] = field(default_factory=dict)
    only_begin: bool = False
    """Of a body that is too large, its begin is taken."""
    signed: bool = True
    """Whether its origin may be told who we are."""
    in_turn: bool = True
    """Whether it waits for its turn; else it goes at once, or not at all."""


class Asker:
    """Asks hosts, each in its turn; threads share it."""

    def __init__(
        self,
        guard: Guard,
        identity: Identity,
        *,
        patience: Patience,
        delay: float,
        at_once: int,
        user_agent: str,
        secrets: Collection[str] = (),
    ) -> None:
        self.identity, self.guard = identity, guard
        self._patience = patience
        self._delay, self._at_once = delay, at_once
        reach = min(patience.timeout, _CONNECTS)
        self._extensions = {"timeout": httpx2.Timeout(patience.timeout, connect=reach).as_dict()}
        self._headers = {
            "accept": _ACCEPT,
            "accept-language": "ja,en;q=0.8",
            "accept-encoding": bodies.ACCEPT_ENCODING,
            "user-agent": user_agent,
        }
        self._connections = Connections(guard, connect_timeout=reach)
        private = [*identity.secrets(), *secrets, *self._connections.secrets()]
        self.redact = Redaction(private)
        self._lock = Lock()
        self._turns: dict[tuple[bytes, int], Turns] = {}
        self._requests = 0
        self._closed = False

    @property
    def requests(self) -> int:
        """How many requests were made, tries and redirects among them."""
        return self._requests

    def turns(self, url: httpx2.URL) -> Turns:
        """Return the turns at the host of an address."""
        where = url.raw_host, port_of(url)
        with self._lock:
            if where not in self._turns:
                self._turns[where] = Turns(self._delay, self._at_once)
                if self._closed:
                    self._turns[where].close()
            return self._turns[where]

    def ask(self, wanted: Wanted, *, attempts: int | None = None) -> Got:
        """Return the answer of one address, whatever its status, when tries do not better it.

        Raises HttpError where nothing answers, or nothing that can be read.
        """
        turns = self.turns(wanted.url)
        most = attempts or self._patience.attempts
        failed = waited = 0
        while True:
            got = self._try(wanted, turns)
            failure = got if isinstance(got, Failure) else self._unwell(got)
            if failure is None and isinstance(got, Got):
                turns.answered()
                return got
            assert failure is not None  # noqa: S101 - for the type checker: one of both
            failed, waited = failed + (not failure.everyone), waited + failure.everyone
            wait = failure.wait
            if wait is None:
                wait = waits.back_off(failed + waited, self._patience.backoff)
            if wait > self._patience.longest_wait:
                turns.give_up_for(wait)
                failed = most
            elif failure.everyone:
                turns.refused(wait)
            if not failure.again or failed >= most or waited >= 2 * most:
                break
            if not failure.everyone:
                turns.sleep(wait)
        if isinstance(got, Got):
            return got
        # Raised outside of any `except`: what a library says of a failure is no context of it.
        where = self.redact(named(wanted.url))
        raise failure.error(where, failed + waited)

    def _try(self, wanted: Wanted, turns: Turns) -> Got | Failure:
        try:
            with turns.one() if wanted.in_turn else turns.at_once():
                return self._sent(wanted)
        except FailedError as failed:
            return failed.failure
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
            host = wanted.url.raw_host.decode("ascii", "replace")
            proxied = self._connections.is_proxied(wanted.url)
            return errors.of_exception(error, host, timeout=self._patience.timeout, proxied=proxied)

    def _sent(self, wanted: Wanted) -> Got:
        deadline = time.monotonic() + 10 * self._patience.timeout
        headers = {**self._headers, **wanted.headers}
        request = httpx2.Request("GET", wanted.url, headers=headers, extensions=self._extensions)
        if wanted.signed:
            self.identity.sign(request)
        with self._lock:
            self._requests += 1
        with self._connections.answered(request, deadline) as response:
            cookies = wanted.signed and self.identity.keep(request, response)
            status, body = response.status_code, b""
            if status == 206:
                raise FailedError(Failure("only a part of the page came, which nobody asked for"))
            if response.is_success:
                body = bodies.read(
                    response,
                    max_bytes=wanted.max_bytes,
                    deadline=deadline,
                    only_begin=wanted.only_begin,
                )
            elif status >= 400:
                body = _refusal(response, deadline)
            else:
                _drain(response)
            return Got(status, response.headers, body, cookies)

    def _unwell(self, got: Got) -> Failure | None:
        """Return why an answer is asked for again; None: it is not."""
        if got.status not in _AGAIN:
            return None
        told = None
        if got.status in {429, 503}:
            now = waits.http_date(got.headers.get("date")) or datetime.now(UTC)
            told = waits.retry_after(got.headers.get("retry-after"), now)
        everyone = got.status == 429 or told is not None
        return Failure(str(got.status), got.status, again=True, wait=told, everyone=everyone)

    def close(self) -> None:
        """Release connections; who waits is refused at once, who is being answered is not."""
        with self._lock:
            self._closed = True
            known = list(self._turns.values())
        for turns in known:
            turns.close()
        self._connections.close()


def named(url: httpx2.URL) -> str:
    """Return what a message calls an address by: its host, since paths are names of documents."""
    return errors.shortened(url.netloc.decode("ascii", "replace"))


def _refusal(response: httpx2.Response, deadline: float) -> bytes:
    """Return the begin of a refusal's body, nothing where it can not be read."""
    try:
        return bodies.read(response, max_bytes=_DRAINED, deadline=deadline, only_begin=True)
    except (FailedError, httpx2.HTTPError):
        return b""


def _drain(response: httpx2.Response) -> None:
    """Read a short body that nobody needs, or none: else its connection would be lost."""
    taken = 0
    try:
        for piece in response.iter_raw():
            taken += len(piece)
            if taken > _DRAINED:
                return
    except httpx2.HTTPError:
        return
