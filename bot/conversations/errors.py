"""What goes wrong with the SQL database, in words that say what to change.

Knows nothing of what is stored. No message holds a password, nor text that somebody asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

# What SQLite says (its texts are constants of its source) and what helps. The first match counts.
_SQLITE_ADVICE = (
    ("readonly", "it is read-only; make the file and its folder writable for this user"),
    ("unable to open", "it can not be opened; its folder must exist and be writable"),
    ("is locked", "another process has been writing for long; try again when it is done"),
    ("is full", "the disk is full; free some space and try again"),
    ("not a database", "it is no SQLite database; restore a backup, or move the file away"),
    ("malformed", "it is damaged; restore a backup, or move the file away"),
    ("disk I/O error", "the disk can not be read or written; check it, then the free space"),
)
# By SQLSTATE (PostgreSQL's documentation, appendix A) once a server has answered.
_POSTGRESQL_ADVICE = {
    "25006": "it is read-only (a standby?); name the primary in KURAGE_DATABASE_URL",
    "42501": "this user may not do that; grant it, or name another user in KURAGE_DATABASE_URL",
    "53100": "its disk is full; free some space and try again",
    "53300": "it has no free connection; raise max_connections or stop other programs",
    "55P03": "others are working on its tables; end `kurage serve` and syncs, and try again",
    "57P01": "the server is shutting down; try again when it is up",
    "57P03": "the server is starting up; try again when it is up",
}
# What a server says that lets nobody in; libpq hands on no SQLSTATE for it, and a server that
# speaks Japanese is quoted instead. The first match counts.
_REFUSED_ADVICE = (
    ("Connection refused", "nothing answers there; start PostgreSQL, or correct host and port in"),
    ("resolve host", "there is no host of this name; correct it in"),
    ("timeout expired", "it does not answer; check the network, and host and port in"),
    ("password authentication failed", "it refuses user or password; correct them in"),
    ("no password supplied", "it wants a password; add it in PGPASSWORD, or in"),
    ("no pg_hba.conf entry", "it lets nobody in from here; allow it in pg_hba.conf, or change"),
    ('FATAL:  role "', "it does not know this user; create it, or name another in"),
    ('FATAL:  database "', "there is no database of this name; create it, or name another in"),
)
_MISSING_TABLES = ("no such table", "no such column", "has no column")
_MISSING_TABLE_STATES = frozenset({"42P01", "42703"})
_SECRET_PARAMETERS = ("password", "sslpassword", "passfile")


class ConversationsError(Exception):
    """The database can not do what was asked; the message says what to change."""


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turn what SQLAlchemy raises inside into `ConversationsError`."""
    try:
        yield
    except SQLAlchemyError as error:
        raise ConversationsError(explain(error, url)) from error


def explain(error: BaseException, url: URL) -> str:
    """Return one line: which database, what is wrong, what to change."""
    return f"the database {place(url)}: {_advice(error, url)}"


def place(url: URL) -> str:
    """Return where the database is, without user, password and parameters."""
    if url.get_backend_name() == "sqlite":
        return url.database or ":memory:"
    host = url.host or url.normalized_query.get("host", ("localhost",))[0]
    # A password with an unescaped @ spills over into the host.
    host = host.rpartition("@")[2]
    return f"{host}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def _advice(error: BaseException, url: URL) -> str:
    cause = getattr(error, "orig", None) or error
    said = _without_secrets(str(cause), url)
    state = getattr(cause, "sqlstate", None)
    if state in _MISSING_TABLE_STATES or any(words in said for words in _MISSING_TABLES):
        return (
            f"it lacks what this version needs ({said}); run `kurage db upgrade`, "
            "or restore a backup where that finds nothing to do"
        )
    if url.get_backend_name() == "sqlite":
        return next((help_ for words, help_ in _SQLITE_ADVICE if words in said), said)
    if state in _POSTGRESQL_ADVICE:
        return _POSTGRESQL_ADVICE[state]
    if state is None and isinstance(error, DBAPIError):
        return _refused(said, url)
    return said


def _refused(said: str, url: URL) -> str:
    """Return the advice where there is no connection, or none any more."""
    for words, help_ in _REFUSED_ADVICE:
        if words in said:
            return f"{help_} KURAGE_DATABASE_URL{_at(url)} ({said})"
    return f"there is no connection; check the server and KURAGE_DATABASE_URL{_at(url)} ({said})"


def _at(url: URL) -> str:
    spilled = "@" in (url.host or "")
    return ", where an @ in the password is written %40" if spilled else ""


def _without_secrets(text: str, url: URL) -> str:
    """Return the first line that says something, with every secret of the URL struck out."""
    line = next((line for line in text.splitlines() if line.strip()), "no reason given").strip()
    secrets = [str(url.password or ""), (url.host or "").rpartition("@")[0]]
    secrets += [value for key in _SECRET_PARAMETERS for value in url.normalized_query.get(key, ())]
    for secret in filter(None, secrets):
        line = line.replace(secret, "***")
    return line
