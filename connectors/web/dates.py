"""Whether a server's date of a page is to be believed. Knows nothing of requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_RENEWED = timedelta(minutes=15)
"""A page that says to have changed just now was made for this very request, by a cache or a
program; of one that really did, the date is missed until it changes again."""


def read(last_modified: str | None) -> datetime | None:
    """Return a date of HTTP (RFC 9110, 5.6.7); None where it is none."""
    try:
        read = parsedate_to_datetime(last_modified or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # The format knows GMT alone; "-0000" is read as a time without a zone.
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def believed(
    last_modified: str | None,
    *,
    before: str | None,
    same_text: bool,
    now: datetime | None = None,
) -> datetime | None:
    """Return when a page changed, as its server says, where that is likely.

    `before` is what the server said the last time, `same_text` whether the page is what it was: a
    date that moves while the text stays is renewed by every rendering (CDNs, caches), and so is one
    that is not older than the request.
    """
    when = read(last_modified)
    if when is None or when > (now or datetime.now(UTC)) - _RENEWED or when.year < 1990:
        return None
    return None if same_text and before and before != last_modified else when
