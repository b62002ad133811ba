"""What goes to and fro between the parts of the rig: requests, answers, what is kept of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, unquote

HTML = "text/html; charset=utf-8"

Policy = Literal[
    "strong", "weak", "etag", "modified", "none", "renewed-date", "renewed-etag", "deaf"
]
"""What a host says of a page's version: ETag and Last-Modified; a weak ETag; one of them; nothing;
a Last-Modified of this very moment each time (behind a CDN); an ETag that is another each time;
both, with conditions that nobody looks at: the answer is always 200."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request as the site sees it."""

    method: str
    host: str
    """Of the `Host` header, lower case, without its port."""
    target: str
    """Path and query as they were sent."""
    headers: Mapping[str, str]
    """By names in lower case; several of one name are joined by commas."""
    body: bytes = b""
    secure: bool = False
    port: int = 0

    @property
    def path(self) -> str:
        """Its path without percent signs."""
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> dict[str, str]:
        """Its parameters; the last one of a name."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def origin(self) -> str:
        """Scheme, host and port, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that came along."""
        pairs = (one.partition("=") for one in self.headers.get("cookie", "").split(";"))
        return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


Body = bytes | Callable[[], Iterable[bytes]]
"""Bytes, or what makes them in pieces when they are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How an answer travels."""

    delay: float = 0.0
    """Seconds before its first byte."""
    pieces: int = 1
    """In how many its body is sent (where it is bytes)."""
    pace: float = 0.0
    """Seconds between two of them."""
    cut: Literal["before", "body", "chunk"] | None = None
    """The connection ends without a word, or amid the body: short of its length, or of its last
    chunk."""
    reset: bool = False
    """Whether the end before a word is a TCP RST; False is a FIN."""
    chunked: bool = False
    """Without a length although it is known."""
    zipped: Literal["gzip"] | None = None
    """`Content-Encoding`: done while it is sent where the body is bytes, else said only."""
    hangs: bool = False
    """No answer until `WebsiteRig.release`, or until the client gives up."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer."""

    status: int = 200
    body: Body = b""
    content_type: str | None = HTML
    headers: tuple[tuple[str, str], ...] = ()
    delivery: Delivery = Delivery()


Handler = Callable[[Visit], Reply | None]
"""What answers for all addresses below a path; None: it is none of its business."""


@dataclass(slots=True)
class Resource:
    """What stands at one address."""

    body: Body | Callable[[Visit], bytes]
    content_type: str | None
    modified: float
    version: int
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    policy: Policy | None = None
    """None: as its host."""
    delivery: Delivery = Delivery()
    dynamic: bool = False
    """Whether `body` is made anew for each visit."""


@dataclass(slots=True)
class Asked:
    """A request that came in, and what became of it."""

    host: str
    method: str
    target: str
    """Path and query as they were sent."""
    address: str
    """Of this machine, to which the client had connected."""
    connection: int
    """The number of the connection: the same for those that came one after the other on it."""
    began: float
    """When its head had been read: `time.monotonic()`."""
    secure: bool = False
    conditional: bool = False
    """Whether it said If-None-Match or If-Modified-Since."""
    credentials: tuple[str, ...] = ()
    """Which of `authorization`, `cookie` and the site's token header came along: never values."""
    agent: str = ""
    status: int | None = None
    """None: no answer was begun."""
    sent: int = 0
    """Bytes of the body that were handed to the network, as they travel."""
    ended: float | None = None
    """Just before its last byte went out; None: it did not come to that."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a crawler's text of one page is measured by."""

    url: str
    title: str
    present: tuple[str, ...]
    """One for each sentence, cell, term, code line: word for word, without an inner space that the
    page does not show."""
    absent: tuple[str, ...]
    """Of navigation, banners, side columns, footers, hidden elements, comments, scripts."""
    anchors: Mapping[str, str] = field(default_factory=dict)
    """The fragment that leads to a heading, by the heading's words."""
    joined: tuple[str, ...] = ()
    """Those of `present` that the source parts by newlines or inline tags inside of words."""
