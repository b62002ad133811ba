"""What `kurage init` tries on the spot: folders are counted, servers are asked.

A check that fails raises `CheckError` with one line for people; no line holds a password.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from bot.cli.init.answers import web_address

_PATIENCE = 5.0
"""Seconds that a folder is counted, and that a server may take to answer."""


class CheckError(Exception):
    """What was named can not be used; the message says why."""


@dataclass(slots=True)
class Seen:
    """What a folder holds, as far as names tell."""

    readable: int = 0
    suffixes: Counter[str] = field(default_factory=Counter)
    """Of the readable ones."""
    unreadable: int = 0
    example: str = ""
    """One that can not be read, and why."""
    whole: bool = True
    """Whether all of it was looked at in the time there was."""


def documents(path: Path) -> Seen:
    """Return how many documents a folder holds that a sync would read."""
    from connectors.folder.walk import Selection, Walk
    from ingest.extract.media import unreadable

    seen = Seen()
    end = time.monotonic() + _PATIENCE
    for entry in Walk(os.path.realpath(path), Selection()):
        reason = entry.problem or unreadable(entry.id, None)
        if reason:
            seen.unreadable += 1
            seen.example = seen.example or f"{entry.id}: {reason}"
        else:
            seen.readable += 1
            seen.suffixes[PurePosixPath(entry.id).suffix.lower() or "—"] += 1
        if time.monotonic() > end:
            seen.whole = False
            break
    return seen


@dataclass(frozen=True, slots=True)
class Database:
    """A database that answers."""

    place: str
    """Without user and password."""
    revision: str | None
    """Of its tables; None: it is empty."""
    current: bool


def database(url: str) -> Database:
    """Connect to a database and return what is there. Raises CheckError."""
    from bot import migrations
    from bot.conversations import ConversationsError
    from bot.conversations.errors import place

    try:
        engine = migrations.connect(_patient(url))
        try:
            held = migrations.revision(engine)
            return Database(place(engine.url), held, migrations.is_current(engine))
        finally:
            engine.dispose()
    except ConversationsError as error:
        raise CheckError(str(error)) from None


def _patient(url: str) -> str:
    """Return the URL with a limit on how long connecting takes: a wizard must not hang."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return url  # `connect` says what is wrong with it
    if parsed.get_backend_name() != "postgresql" or "connect_timeout" in parsed.query:
        return url
    limited = parsed.update_query_dict({"connect_timeout": str(int(_PATIENCE))})
    return limited.render_as_string(hide_password=False)


def with_password(url: str, password: str) -> str:
    """Return a database URL with this password. Raises CheckError where it is no URL."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).set(password=password).render_as_string(hide_password=False)
    except (ArgumentError, ValueError):
        raise CheckError("it is no URL; write postgresql://USER@HOST/DATABASE") from None


def has_password(url: str) -> bool:
    """Tell whether a database URL names a password already."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).password is not None
    except (ArgumentError, ValueError):
        return False


def qdrant(url: str, api_key: str | None) -> int:
    """Ask a Qdrant server for its collections and return how many there are. Raises CheckError.

    The request is the first of Qdrant's REST API: https://api.qdrant.tech/api-reference
    """
    try:
        base = web_address(url).rstrip("/")
    except ValueError:
        raise CheckError("it is no address; write https://HOST:6333") from None
    headers = {"api-key": api_key} if api_key else {}
    request = urllib.request.Request(f"{base}/collections", headers=headers)  # noqa: S310 - http(s)
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as response:  # noqa: S310
            answer = json.load(response)
            return len(answer["result"]["collections"])
    except urllib.error.HTTPError as error:
        with error:
            if error.code in {401, 403}:
                raise CheckError(f"{base} refuses the API key ({error.code})") from None
            raise CheckError(f"{base} answers {error.code} {error.reason}") from None
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        why = getattr(error, "reason", None) or error
        raise CheckError(f"{base} can not be reached ({why})") from None
    except (ValueError, KeyError, TypeError):
        raise CheckError(f"{base} answers, but is no Qdrant server") from None
