"""What is said of a page of the web between those who ask for it and those who crawl."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Validators:
    """What a page said of its version when it was read: sent along to be spared its body."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a server, whatever its status."""

    url: str
    """Where it came from, after redirects."""
    status: int
    body: bytes = b""
    """Of 4xx and 5xx at most the first 65,536 bytes; of others but 2xx, none."""
    content_type: str | None = None
    """As declared, with its charset."""
    validators: Validators = Validators()
    robots: str | None = None
    """`X-Robots-Tag`, several joined by commas."""
    canonical: str | None = None
    """Of a `Link: …; rel="canonical"` header, as written."""
    hops: tuple[str, ...] = ()
    """The addresses before `url`, in order; empty: no redirect."""
    permanent: bool = True
    """Whether every one of these hops was a 301 or 308."""


Wall = Literal["challenge", "login", "javascript"]
"""What stands in place of a page's content: a test for robots, a form to log in, nothing at all
before scripts run."""


@dataclass(frozen=True, slots=True)
class Page:
    """What an HTML page says to whoever crawls it."""

    title: str | None = None
    links: tuple[str, ...] = ()
    """Absolute, normalised, each once, in order; without those that say nofollow."""
    canonical: str | None = None
    """Absolute, normalised."""
    noindex: bool = False
    nofollow: bool = False
    """Of the whole page: `links` is empty then."""
    refresh: str | None = None
    """Where the page sends its reader by itself, absolute and normalised."""
    fingerprint: str = ""
    """Of what is seen and where links lead: the same while only what is unseen changes."""
    shape: str = ""
    """The same without digits: of all months of an empty calendar."""
    wall: Wall | None = None
    why: str = field(default="", compare=False)
    """By what the wall was told, for people."""
