"""One connection to a Qdrant server: patience with what passes, one line for what does not.

The only module that knows how qdrant-client, httpx and gRPC fail. Knows nothing of what is asked.
"""

from __future__ import annotations

import ipaddress
import math
import random
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock
from typing import Any, TypeVar
from urllib.parse import urlsplit

import grpc
import httpx
from qdrant_client import QdrantClient
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException

from ingest.index import SearchIndexError
from ingest.server.failures import Failure, IncompleteError, failure_of

T = TypeVar("T")

# The port that Qdrant listens on, and that its clients take where an address names none.
_PORT = 6333
# Seconds before a request is sent again: twice as long each time, up to the last.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
# Seconds of patience with a server that never answered yet: it is more likely down, or elsewhere.
_AT_FIRST = 3.0
# Connections that stay open for the next question.
_KEPT_OPEN = 32


@dataclass(frozen=True, slots=True)
class Address:
    """Where a Qdrant server is, and how it is spoken to."""

    url: str
    """`http://` or `https://`, without credentials; port 6333 if it names none."""
    api_key: str | None = field(default=None, repr=False)
    grpc_port: int | None = None
    """Speak gRPC at this port; None: REST."""
    ca_file: Path | None = None
    """PEM file of the authority that signed the server's certificate."""
    timeout: float = 10.0
    """Seconds that one request of a question may take."""

    def __str__(self) -> str:
        """Return host and port, as messages name the server."""
        url = urlsplit(self.url)
        host = url.hostname or ""
        bracketed = f"[{host}]" if ":" in host else host
        return f"{bracketed}:{self.grpc_port or url.port or _PORT}"

    @property
    def encrypted(self) -> bool:
        """Tell whether nobody on the way can read along."""
        return urlsplit(self.url).scheme == "https"

    @property
    def loopback(self) -> bool:
        """Tell whether it is on this machine; then no proxy is asked."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


class Connection:
    """A client that is made when it is first used; threads may share it."""

    def __init__(self, address: Address, *, patience: float, timeout: float | None = None) -> None:
        """Connect to `address` when first asked.

        `patience` are the seconds within which a request that failed in passing (a restart, too
        many requests) is sent again; 0: never; not many before the first answer. `timeout` is used
        instead of the address's own.
        """
        self.address = address
        self._patience = patience
        self._timeout = timeout or address.timeout
        self._client: QdrantClient | None = None
        self._answered = False
        """Whether the server was ever there."""
        self._lock = Lock()
        self._closed = Event()

    def ask(self, doing: str, request: Callable[[QdrantClient], T]) -> T:
        """Return what `request` gets of the server, trying again what failed in passing.

        Only for what may be done twice without harm. Raises `SearchIndexError` that begins with
        `doing`; of its subclasses where a caller may want to act.
        """
        patience = self._patience if self._answered else min(self._patience, _AT_FIRST)
        last = time.monotonic() + patience
        for pause in _pauses():
            failure = self._try(doing, request)
            if not isinstance(failure, Failure):
                self._answered = True
                return failure
            wait = max(pause, failure.retry_after)
            if not failure.passing or time.monotonic() + wait > last or self._closed.wait(wait):
                raise failure.error from failure.cause
        raise AssertionError  # the pauses never end

    def end_patience(self) -> None:
        """Begin no other request, and send none again."""
        self._closed.set()

    def close(self) -> None:
        """Close what is open, and end the patience of requests under way."""
        self.end_patience()
        with self._lock:
            client, self._client = self._client, None
        if client:
            client.close()

    def _try(self, doing: str, request: Callable[[QdrantClient], T]) -> T | Failure:
        try:
            return request(self._open())
        except (
            ApiException,
            QdrantException,
            grpc.RpcError,
            IncompleteError,
            httpx.HTTPError,
            AssertionError,  # qdrant-client's own, where an answer holds no result
            ValueError,  # an answer that is no JSON, or not what Qdrant answers
        ) as error:
            return failure_of(error, doing, self.address)

    def _open(self) -> QdrantClient:
        with self._lock:
            if self._closed.is_set():
                raise SearchIndexError("the index is closed")
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> QdrantClient:
        address = self.address
        options: dict[str, Any] = {}
        if address.loopback:
            options["grpc.enable_http_proxy"] = 0
        if address.ca_file:
            options["root_certificates"] = _read(address.ca_file)
        return QdrantClient(
            url=address.url,
            port=_PORT,
            # As a header, since the parameter warns at each start of a server in a private network;
            # `kurage doctor` warns, once and with the way out.
            headers={"api-key": address.api_key} if address.api_key else None,
            prefer_grpc=address.grpc_port is not None,
            grpc_port=address.grpc_port or 6334,
            grpc_options=options,
            timeout=math.ceil(self._timeout),
            check_compatibility=False,  # it would ask in a thread and warn on the terminal
            limits=httpx.Limits(max_keepalive_connections=_KEPT_OPEN),
            verify=_verify(address),
            trust_env=not address.loopback,
        )


def _pauses() -> Iterator[float]:
    """Yield how long to wait, for ever, spread so that many clients do not come back at once."""
    pause = _FIRST_PAUSE
    while True:
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        pause = min(pause * 2, _LONGEST_PAUSE)


def _verify(address: Address) -> ssl.SSLContext | bool:
    if not address.encrypted:
        # Trusts nobody, and spares every start 20 ms of reading certificates.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if address.ca_file:
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(cadata=_read(address.ca_file).decode("ascii"))
        except (ssl.SSLError, ValueError) as error:
            raise SearchIndexError(
                f"{address.ca_file} holds no certificate in PEM; mend `ca_file` of kurage.toml"
            ) from error
        return context
    return True


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SearchIndexError(
            f"{path} can not be read ({error.strerror}); mend `ca_file` of kurage.toml"
        ) from error
