"""What can go wrong between here and a Qdrant server, as one line that says what to change.

Knows the exceptions of qdrant-client, httpx and gRPC; knows nothing of retries.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal

import grpc
import httpx
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from ingest.index import SearchIndexError

if TYPE_CHECKING:
    from ingest.server.connection import Address

# What a server says of itself is shown up to so many characters.
_SHOWN = 200


class MissingError(SearchIndexError):
    """There is no such collection."""


class ExistsError(SearchIndexError):
    """There is such a collection already."""


class StrangerError(SearchIndexError):
    """What answers does not know the request: no Qdrant server, or one that is too old for it."""


class TooLargeError(SearchIndexError):
    """The request is larger than the server takes."""


class IncompleteError(Exception):
    """The server took a change in, and did not carry it out while we waited."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request failed."""

    error: SearchIndexError
    cause: BaseException
    passing: bool = False
    """Whether the same request may succeed soon."""
    retry_after: float = 0.0
    """Seconds that the server asks us to wait."""


_Kind = Literal[
    "busy",
    "exists",
    "failing",
    "forbidden",
    "full",
    "missing",
    "refused",
    "slow",
    "stranger",
    "too large",
    "unnamed",
    "unreachable",
    "untrusted",
]

_PASSING: frozenset[_Kind] = frozenset({"busy", "failing", "slow", "unnamed", "unreachable"})

_CLASSES: dict[_Kind, type[SearchIndexError]] = {
    "missing": MissingError,
    "exists": ExistsError,
    "stranger": StrangerError,
    "too large": TooLargeError,
}

# {server} and {said} are filled in.
_TEXTS: dict[_Kind, str] = {
    "busy": "Qdrant at {server} is too busy; try again {said}",
    "exists": "{server}: {said}",
    "failing": "Qdrant at {server} fails ({said}); see its log",
    "forbidden": "Qdrant at {server} does not accept the API key; set QDRANT_API_KEY to one that "
    "may read, and write where documents are ingested",
    "full": "the disk of Qdrant at {server} is full ({said}); free some and run `kurage ingest` "
    "again",
    "missing": "{server} has none ({said})",
    "refused": "Qdrant at {server} refused it ({said}); it may be too old (1.16 or newer is "
    "needed) or forbid it by its strict mode: see `kurage doctor`",
    "slow": "Qdrant at {server} took too long; see its load with `kurage doctor`, or raise "
    "`timeout` of [index] in kurage.toml",
    "stranger": "what answers at {server} is no Qdrant server ({said}); mend QDRANT_URL",
    "too large": "one chunk is larger than Qdrant at {server} accepts; raise its "
    "`service.max_request_size_mb`",
    "unnamed": "no address is known for the host of {server}; mend QDRANT_URL",
    "unreachable": "no Qdrant server answers at {server} ({said}); start it, or mend QDRANT_URL",
    "untrusted": "the encrypted connection to {server} can not be trusted ({said}); mend "
    "QDRANT_URL, or `ca_file` of [index] in kurage.toml",
}

_STATUSES: dict[int, _Kind] = {
    401: "forbidden",
    403: "forbidden",
    404: "missing",
    408: "failing",
    409: "exists",
    413: "too large",
    429: "busy",
    500: "failing",
    502: "failing",
    503: "busy",
    504: "failing",
    507: "full",
}

_CODES: dict[grpc.StatusCode, _Kind] = {
    grpc.StatusCode.UNAUTHENTICATED: "forbidden",
    grpc.StatusCode.PERMISSION_DENIED: "forbidden",
    grpc.StatusCode.NOT_FOUND: "missing",
    grpc.StatusCode.ALREADY_EXISTS: "exists",
    grpc.StatusCode.UNIMPLEMENTED: "stranger",
    grpc.StatusCode.INVALID_ARGUMENT: "refused",
    grpc.StatusCode.FAILED_PRECONDITION: "refused",
    grpc.StatusCode.UNAVAILABLE: "unreachable",
    grpc.StatusCode.CANCELLED: "unreachable",
    grpc.StatusCode.DEADLINE_EXCEEDED: "slow",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "busy",
}

# Words by which Qdrant tells apart what it answers with one status.
_WORDS: dict[str, _Kind] = {
    "already exists": "exists",
    "larger than allowed": "too large",
    "message length too large": "too large",
    "larger than max": "too large",
    "No space left": "full",
}


def failure_of(error: Exception, doing: str, address: Address) -> Failure:
    """Return what an exception of the client means."""
    wait = 0.0
    if isinstance(error, UnexpectedResponse):
        kind, said = _of_status(error.status_code or 0, error.content)
        wait = _seconds(error.headers.get("Retry-After"))
    elif isinstance(error, ResourceExhaustedResponse):
        kind, said, wait = "busy", "", float(error.retry_after_s)
    elif isinstance(error, QdrantException):  # a `Retry-After` that is a date
        kind, said = "busy", ""
    elif isinstance(error, IncompleteError):
        kind, said = "slow", ""
    elif isinstance(error, grpc.RpcError):
        kind, said = _of_rpc(error)
    else:
        kind, said = _of_transport(error)
    if kind == "busy":
        said = f"in {wait:.0f} s" if wait >= 1 else "later"
    text = _TEXTS[kind].format(server=address, said=said)
    failed = _CLASSES.get(kind, SearchIndexError)(f"{doing} failed: {text}")
    return Failure(failed, error, passing=kind in _PASSING, retry_after=wait)


def _of_status(status: int, content: bytes) -> tuple[_Kind, str]:
    said = _said(content)
    if not said and status in {200, 404}:
        return "stranger", f"it answered {status}"
    for words, kind in _WORDS.items():
        if words in said:
            return kind, said
    if status in _STATUSES:
        return _STATUSES[status], f"{status} {said}".strip()
    return ("refused", f"{status} {said}") if said else ("stranger", f"it answered {status}")


def _of_rpc(error: grpc.RpcError) -> tuple[_Kind, str]:
    code, said = error.code(), " ".join(str(error.details() or "").split())[:_SHOWN]
    for words, kind in _WORDS.items():
        if words in said:
            return kind, said
    if code is grpc.StatusCode.UNAVAILABLE and ("certificate" in said.lower() or "SSL" in said):
        return "untrusted", said
    return _CODES.get(code, "failing"), said or code.name


def _of_transport(error: Exception) -> tuple[_Kind, str]:
    source = error.source if isinstance(error, ResponseHandlingException) else error
    for cause in _causes(source):
        if isinstance(cause, ssl.SSLError):
            return "untrusted", getattr(cause, "verify_message", "") or str(cause.reason or cause)
        if isinstance(cause, socket.gaierror):  # a container that restarts has no name for a moment
            return "unnamed", ""
    if isinstance(source, httpx.TimeoutException):
        return "slow", ""
    if isinstance(source, httpx.TransportError):
        return "unreachable", (str(source) or type(source).__name__)[:_SHOWN]
    return "stranger", "its answer is not one of Qdrant's"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _said(content: bytes) -> str:
    """Return the reason in Qdrant's JSON; nothing where it is somebody else's answer."""
    try:
        status = json.loads(content)["status"]
        said = status["error"] if isinstance(status, dict) else status
    except (ValueError, KeyError, TypeError):
        return ""
    return " ".join(str(said).split())[:_SHOWN]


def _seconds(retry_after: str | None) -> float:
    """Return what a `Retry-After` asks for: seconds, or a date (RFC 9110, 10.2.3)."""
    if not retry_after:
        return 0.0
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
