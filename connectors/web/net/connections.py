"""Makes the connections: to an address that the guard has allowed, and to no other.

Connections are kept for further requests to the same host; one that is kept goes where it was
checked to go. Knows nothing of redirects, retries and turns.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpcore2
import httpx2

from connectors.http.errors import FailedError, Failure
from connectors.http.routes import Proxies, opened
from connectors.web.net.guard import Guard

_KEPT_OPEN = 30.0
"""Seconds that a connection waits for the next request; servers close them after 5 to 75."""
_MOST = 100
"""Connections at once; the turns of the hosts keep them fewer."""
_LEAST_TRY = 2.0
"""Seconds for each of a host's addresses, however many there are."""
_ERRORS: tuple[tuple[type[Exception], type[httpx2.TransportError]], ...] = (
    (httpcore2.ConnectTimeout, httpx2.ConnectTimeout),
    (httpcore2.PoolTimeout, httpx2.PoolTimeout),
    (httpcore2.TimeoutException, httpx2.ReadTimeout),
    (httpcore2.ConnectError, httpx2.ConnectError),
    (httpcore2.NetworkError, httpx2.ReadError),
    (httpcore2.LocalProtocolError, httpx2.LocalProtocolError),
    (httpcore2.ProtocolError, httpx2.RemoteProtocolError),
    (httpcore2.UnsupportedProtocol, httpx2.UnsupportedProtocol),
)


class Connections:
    """The connections of one client, direct or through the proxies that the environment names."""

    def __init__(self, guard: Guard, *, connect_timeout: float) -> None:
        self._guard = guard
        self._clock = _Deadline()
        self._proxies = Proxies()
        self._lock = threading.Lock()
        self._running = 0
        self._closed = False
        self._pools: dict[str, httpcore2.ConnectionPool] = {}
        self._proxied: dict[tuple[str, str], httpx2.HTTPTransport] = {}
        self._backend = _Backend(guard, self._clock, connect_timeout)

    def secrets(self) -> list[str]:
        """Return the passwords of the proxies."""
        return self._proxies.secrets()

    def is_proxied(self, url: httpx2.URL) -> bool:
        """Return whether requests to an address go through a proxy."""
        return self._proxies.of(url.scheme, url.raw_host.decode("ascii")) is not None

    @contextmanager
    def answered(self, request: httpx2.Request, deadline: float) -> Iterator[httpx2.Response]:
        """Send a request and give its answer, whose body is yet to be read.

        Connecting, sending and reading all end at the deadline (`time.monotonic`). Raises
        FailedError, httpx2.TransportError, OSError.
        """
        with self._lock:
            if self._closed:
                raise FailedError(Failure("the client was closed"))
            self._running += 1
        try:
            with self._clock.until(deadline), closing(self._sent(request)) as response:
                yield response
        finally:
            with self._lock:
                self._running -= 1
            if self._closed:
                self.close()

    def _sent(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        host = url.raw_host.decode("ascii")
        proxy = self._proxies.of(url.scheme, host)
        if proxy:
            self._guard.check_for_proxy(host, port_of(url))
            return self._through(url.scheme, proxy).handle_request(request)
        asked = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=b"",
            extensions=request.extensions,
        )
        with _mapped():
            answer = self._pool(url.scheme).handle_request(asked)
        return httpx2.Response(
            status_code=answer.status, headers=answer.headers, stream=_Body(answer)
        )

    def _pool(self, scheme: str) -> httpcore2.ConnectionPool:
        with self._lock:
            if scheme not in self._pools:
                # Reading the system's certificates takes longer than most requests.
                tls = _trusting() if scheme == "https" else None
                self._pools[scheme] = httpcore2.ConnectionPool(
                    ssl_context=tls,
                    max_connections=_MOST,
                    max_keepalive_connections=_MOST,
                    keepalive_expiry=_KEPT_OPEN,
                    network_backend=self._backend,
                )
            return self._pools[scheme]

    def _through(self, scheme: str, proxy: str) -> httpx2.HTTPTransport:
        with self._lock:
            if (scheme, proxy) not in self._proxied:
                limits = httpx2.Limits(max_connections=_MOST, keepalive_expiry=_KEPT_OPEN)
                tls = _trusting() if scheme == "https" else None
                self._proxied[scheme, proxy] = opened(scheme, proxy, limits, tls)
            return self._proxied[scheme, proxy]

    def close(self) -> None:
        """Close what is not in use, at once; the rest when it is done with."""
        with self._lock:
            self._closed = True
            if self._running:
                return
            unused: list[httpcore2.ConnectionPool | httpx2.HTTPTransport] = []
            unused += [*self._pools.values(), *self._proxied.values()]
            self._pools.clear()
            self._proxied.clear()
        for one in unused:
            one.close()


def port_of(url: httpx2.URL) -> int:
    """Return the port of an address, the scheme's own where it names none."""
    return url.port or (443 if url.scheme == "https" else 80)


def _trusting() -> ssl.SSLContext:
    """Return whom TLS trusts: the system, or what the environment names."""
    try:
        return httpx2.create_ssl_context()
    except OSError:
        words = "TLS: the certificates that SSL_CERT_FILE or SSL_CERT_DIR names can not be read"
        raise FailedError(Failure(words)) from None


class _Body(httpx2.SyncByteStream):
    """The body of an answer, as the other library's errors know it."""

    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _mapped():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@contextmanager
def _mapped() -> Iterator[None]:
    """Raise the errors that `connectors.http.errors` has words for."""
    try:
        yield
    except Exception as error:
        for theirs, ours in _ERRORS:
            if isinstance(error, theirs):
                raise ours(str(error)) from error
        raise


class _Deadline:
    """When the request that a thread makes has to be done; each thread has its own."""

    def __init__(self) -> None:
        self._local = threading.local()

    @contextmanager
    def until(self, deadline: float) -> Iterator[None]:
        self._local.at = deadline
        try:
            yield
        finally:
            del self._local.at

    def left(self, timeout: float | None, error: type[Exception]) -> float | None:
        """Return the seconds that one step may take. Raises `error` where there are none left."""
        at: float | None = getattr(self._local, "at", None)
        if at is None:
            return timeout
        left = at - time.monotonic()
        if left <= 0:
            raise error("the deadline")
        return left if timeout is None else min(timeout, left)


class _Backend(httpcore2.NetworkBackend):
    """Resolves, checks and connects, all with the same addresses."""

    def __init__(self, guard: Guard, clock: _Deadline, timeout: float) -> None:
        self._guard, self._clock, self._timeout = guard, clock, timeout
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - the library's signature
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        try:
            addresses = self._guard.addresses(host, port)
        except OSError as error:
            raise httpcore2.ConnectError("the name") from error
        until = time.monotonic() + (timeout or self._timeout)
        failed: Exception = httpcore2.ConnectError("no address")
        for place, address in enumerate(addresses):
            share = (until - time.monotonic()) / (len(addresses) - place)
            allowed = self._clock.left(max(share, _LEAST_TRY), httpcore2.ConnectTimeout)
            try:
                # The address as it is: nothing is resolved once more.
                stream = self._sockets.connect_tcp(str(address), port, allowed)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
            else:
                return _Stream(stream, self._clock)
        raise failed


class _Stream(httpcore2.NetworkStream):
    """A connection of which no step takes longer than the thread's deadline allows."""

    def __init__(self, stream: httpcore2.NetworkStream, clock: _Deadline) -> None:
        self._stream, self._clock = stream, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._clock.left(timeout, httpcore2.ReadTimeout)
        return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._clock.left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = self._clock.left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
