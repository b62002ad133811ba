"""Who we are to a site behind a login, told to that site alone.

Credentials and cookies belong to the origins of `login_hosts` (scheme, host and port; RFC 6454);
whoever else is asked, by a link, a redirect or a script, gets neither. Cookies last for one run.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import httpx2

from connectors.http.errors import HttpError
from connectors.http.redaction import basic
from connectors.http.routes import may_carry

_NOT_OURS = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "te", "upgrade"}
)
"""Headers that a login can not set: they say how the connection works, not who asks."""


@dataclass(frozen=True, slots=True)
class Login:
    """What a site behind a login wants to be told; each part may be missing."""

    cookie: str | None = field(default=None, repr=False)
    """`name=value; other=value`, as a browser's tools show it."""
    header: str | None = field(default=None, repr=False)
    """`Name: value`."""
    basic: tuple[str, str] | None = field(default=None, repr=False)
    """Name and password (RFC 7617)."""


class Identity:
    """The login and the cookies of one client; threads may share it.

    Raises HttpError for a login that can not be sent.
    """

    def __init__(self, login: Login | None, hosts: Collection[str]) -> None:
        login = login or Login()
        self._origins = tuple(map(httpx2.URL, hosts))
        self._headers = _headers(login)
        self._given = _cookies(login.cookie or "")
        self._kept = httpx2.Cookies()
        self._any_kept = False

    def secrets(self) -> list[str]:
        """Return what must never show."""
        values = list(self._headers.values())
        values += [value.partition(" ")[2] for value in values] + list(self._given.values())
        return [value for value in values if value]

    def is_known_to(self, url: httpx2.URL) -> bool:
        """Return whether an address is of the origins that are told who we are."""
        return any(may_carry(origin, url) for origin in self._origins)

    def sign(self, request: httpx2.Request) -> None:
        """Add to a request what its origin may know."""
        if not self.is_known_to(request.url):
            return
        request.headers.update(self._headers)
        if self._any_kept:
            self._kept.set_cookie_header(request)
        # The site's own cookies win: it may have renewed the session.
        kept = request.headers.get("cookie", "")
        names = set(_cookies(kept))
        given = [f"{name}={value}" for name, value in self._given.items() if name not in names]
        cookies = "; ".join([*given, *([kept] if kept else [])])
        if cookies:
            request.headers["cookie"] = cookies

    def keep(self, request: httpx2.Request, response: httpx2.Response) -> bool:
        """Keep the cookies of an answer; return whether there were any that count."""
        if "set-cookie" not in response.headers or not self.is_known_to(request.url):
            return False
        response.request = request
        self._kept.extract_cookies(response)
        self._any_kept = True
        return True


def _headers(login: Login) -> dict[str, str]:
    """Return the headers of a login. Raises HttpError where they can not be sent."""
    found: dict[str, str] = {}
    if login.header is not None:
        name, colon, value = login.header.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not value or not name.replace("-", "").replace("_", "").isalnum():
            raise HttpError("the header of the login is not of the form `Name: value`")
        if name.lower() in _NOT_OURS or not name.isascii():
            raise HttpError("the header of the login is none that says who asks")
        found[name.lower()] = value
    if login.basic is not None:
        found["authorization"] = f"Basic {basic(*login.basic)}"
    sendable = [*found.values(), login.cookie or ""]
    if not all(value.isascii() and value.isprintable() for value in sendable):
        raise HttpError(
            "the login holds a line break or a letter that no header has: copy it once more"
        )
    return found


def _cookies(text: str) -> dict[str, str]:
    """Return the cookies of a Cookie header, as they are written."""
    pairs = (pair.partition("=") for pair in text.removeprefix("Cookie:").split(";"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals and name.strip()}
