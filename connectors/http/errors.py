"""What can go wrong with a request, in one line that says what to change.

The words are ours: what a library says of a failure may hold headers or whole addresses. Of what
the server says, only the message of a JSON answer is quoted, shortened and redacted.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from connectors.base import ConnectorError

MAX_ERROR_BYTES = 65_536
"""As much of a refusal is read as may hold its message."""
_QUOTED = 200
"""Characters of the server's own words."""
_UNKNOWN_AUTHORITY = "let SSL_CERT_FILE name the certificates of your organisation"
_CERTIFICATES = {
    9: "is the clock of this machine right?",
    10: "whoever runs the service has to renew it, unless the clock of this machine is wrong",
    62: "it is for another host: is the address right?",
    64: "it is for another host: is the address right?",
}
"""What to do about one that does not hold, by OpenSSL's X509_V_ERR_…: not yet valid, expired, a
name or an address that is not its own. Of all others, nobody vouches for it."""


class HttpError(ConnectorError):
    """A request that was refused, or that got no answer, after all tries."""

    def __init__(self, message: str, *, status: int | None = None, passing: bool = False) -> None:
        super().__init__(message)
        self.status = status
        """Of the answer; None: there was none, or none that could be read."""
        self.passing = passing
        """Whether the same request may succeed later, or a smaller one now: too many requests, a
        fault of the service, a connection that broke off."""


class TooLargeError(HttpError):
    """An answer that holds more bytes than the caller takes."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One try that failed: what to say of it, and whether another one makes sense."""

    words: str
    status: int | None = None
    again: bool = False
    wait: float | None = None
    """Seconds until the next try, as the server told; None: as the client thinks right."""
    everyone: bool = False
    """The service wants rest: all requests of the client wait, not only this one."""
    too_large: bool = False

    def error(self, where: str, tries: int) -> HttpError:
        """Return it as an exception; `where` and its words are redacted already."""
        after = f" (after {tries} tries)" if tries > 1 else ""
        kind = TooLargeError if self.too_large else HttpError
        return kind(f"{where}: {self.words}{after}", status=self.status, passing=self.again)


class FailedError(Exception):
    """Carries a failure out of the depths of a try; never leaves this package."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.words)
        self.failure = failure


def of_exception(error: Exception, host: str, *, timeout: float, proxied: bool) -> Failure:
    """Return what a failure below HTTP means. The library's own words are never repeated."""
    through = " through the proxy that the environment names" if proxied else ""
    match error:
        case httpx2.ConnectTimeout():
            return Failure(f"it can not be reached{through}; is the address right?", again=True)
        case httpx2.TimeoutException():
            return Failure(f"no answer within {timeout:g} s{through}", again=True)
        case httpx2.ProxyError():
            denied = str(error).startswith("407")
            hint = "; it asks for a name and password: put them into HTTPS_PROXY" if denied else ""
            return Failure(f"the proxy that the environment names refuses{hint}", again=not denied)
        case httpx2.UnsupportedProtocol() | httpx2.InvalidURL():
            return Failure("this is no address of the form https://host/path")
        case httpx2.LocalProtocolError():
            return Failure("the request can not be sent: is there a line break in the credentials?")
    known = (_of_cause(cause, host, through) for cause in _causes(error))
    broken = Failure(f"the connection broke off{through}", again=True)
    return next((failure for failure in known if failure), broken)


def _of_cause(cause: BaseException, host: str, through: str) -> Failure | None:
    """Return what the system's own exception means; None where it says no more than "broken"."""
    match cause:
        case ssl.SSLCertVerificationError():
            advice = _CERTIFICATES.get(cause.verify_code, _UNKNOWN_AUTHORITY)
            said = f"TLS: the certificate of {host} is not trusted ({cause.verify_message})"
            return Failure(f"{said}; {advice}")
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return None  # the connection broke off, which is no matter of trust
        case ssl.SSLError():
            return Failure(f"TLS: {host} speaks no TLS that we do; is it https:// at this port?")
        case socket.gaierror():
            words = f"the name {host} can not be resolved; is the address right?"
            return Failure(words, again=True)
        case ConnectionRefusedError():
            words = f"nothing answers{through}; is the service up, and the port right?"
            return Failure(words, again=True)
    return None


def of_status(status: int, headers: Mapping[str, str], said: str) -> Failure:
    """Return what a refusal means; `said` is the server's own message, already redacted."""
    quoted = f" (the server says: {said})" if said else ""
    again = status in {408, 425, 429} or (status >= 500 and status not in {501, 505})
    return Failure(f"{status}: {_advice(status, headers, said)}{quoted}", status, again=again)


def message(body: bytes) -> str:
    """Return the message of a refusal, one line of any length; empty where there is none.

    Of Confluence: `message` (v1), `errors[].title` and `detail` (v2), `errorMessage`.
    """
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    found = list(_messages(read)) if isinstance(read, dict) else []
    return " ".join(" ".join(found).split())


def shortened(said: str) -> str:
    """Return a server's words as they may stand in a line of ours."""
    plain = "".join(char if char.isprintable() else " " for char in said)
    return plain if len(plain) <= _QUOTED else plain[: _QUOTED - 1] + "…"


def _messages(read: dict[str, Any]) -> Iterator[str]:
    for name in ("message", "errorMessage", "title", "detail"):
        if isinstance(read.get(name), str):
            yield read[name]
    errors = read.get("errors")
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict):
            yield from _messages(error)


def _advice(status: int, headers: Mapping[str, str], said: str) -> str:
    if status in {401, 403} and "CAPTCHA" in " ".join(headers.values()).upper():
        return "the account must solve a CAPTCHA: log in with it once in a browser"
    if status == 401 and "scope" in said.lower():
        return "the token lacks a scope: make one that has it"
    known = {
        400: "the request is not understood",
        401: "the credentials are not accepted: the token is expired, revoked or mistyped, or"
        " belongs to another account; make a new one",
        403: "not allowed: the account lacks a permission, or its token a scope",
        404: "nothing here that the account may see: check the address and its permissions",
        407: "the proxy that the environment names asks for a name and password",
        410: "no longer offered at this address",
        429: "too many requests; run again later, or ask for less at once",
    }
    if status >= 500:
        return known.get(status, "the service has a problem of its own; run again later")
    return known.get(status, "an answer that was not expected here")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
