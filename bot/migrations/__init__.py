"""Brings the SQL database to the tables that this version needs.

`is_current` costs one query and no import of Alembic, so that a command can ask it at each start.
Knows the tables only through the revisions in `versions/`; a new one is drafted by
`python -m bot.migrations "what changes"`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError

from bot.conversations.errors import ConversationsError, explain, explained, place
from ingest.state import StateError, open_engine

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0004"
"""The last revision in `versions/`; a test holds the two equal."""

_DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql+psycopg")

# Drawn at random; the same for every process that migrates a PostgreSQL database.
_ADVISORY_LOCK = 5_407_182_966_130_274


def open_database(url: str) -> Engine:
    """Return an engine for `url` whose tables are current, see `ensure_current`.

    Raises ConversationsError.
    """
    engine = connect(url)
    try:
        ensure_current(engine)
    except ConversationsError:
        engine.dispose()
        raise
    return engine


def ensure_current(engine: Engine) -> None:
    """Create the tables at a first start, and bring those of an older version up to date.

    In PostgreSQL, which other processes may be using, older tables are left to `kurage db upgrade`.
    Raises ConversationsError.
    """
    if is_current(engine):
        return
    held = revision(engine)
    if held is not None and engine.dialect.name != "sqlite":
        raise ConversationsError(
            f"the database {place(engine.url)} has the tables of an older version "
            f"({held}, not {HEAD}); run `kurage db upgrade`"
        )
    upgrade(engine)


def connect(url: str) -> Engine:
    """Return an engine for `url`, whatever tables it has. Raises ConversationsError.

    `postgresql://` and `postgres://` mean psycopg 3, the driver that is installed.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme in ("postgresql", "postgres"):
        url = f"postgresql+psycopg://{rest}"
    try:
        parsed = make_url(url)
        usable = parsed.drivername in _DRIVERS
    except (ArgumentError, ValueError):
        usable = False
    if not usable:
        # Neither the URL nor what SQLAlchemy says of it is shown: both may hold the password.
        raise ConversationsError(
            "KURAGE_DATABASE_URL names no database that can be used; "
            "write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE"
        )
    try:
        return open_engine(url)
    except StateError as error:
        raise ConversationsError(explain(error.__cause__ or error, parsed)) from error


def revision(engine: Engine) -> str | None:
    """Return the revision that the database has, or None where it is empty."""
    with explained(engine.url), engine.connect() as connection:
        return _revision(connection)


def is_current(engine: Engine) -> bool:
    """Return whether the database has exactly the tables of this version.

    Raises ConversationsError where a newer version has made them.
    """
    held = revision(engine)
    if held is not None and held > HEAD:
        raise ConversationsError(
            f"the database {place(engine.url)} is of a newer version "
            f"({held}; this one knows {HEAD}); install that version of kurage, "
            "or name another database in KURAGE_DATABASE_URL"
        )
    return held == HEAD


def upgrade(engine: Engine, to: str = HEAD) -> None:
    """Bring the database up to a revision, in one transaction; of several processes one does it.

    What is stored stays. Raises ConversationsError.
    """
    from alembic import command  # noqa: PLC0415 - 0.3 s that only a migration needs

    is_current(engine)  # a newer one is refused in our words
    with explained(engine.url), exclusive(engine) as connection:
        # Where another process was first, there is nothing left to do.
        command.upgrade(configuration(connection), to)


def downgrade(engine: Engine, to: str = "base") -> None:
    """Take the database back to a revision, in one transaction. Raises ConversationsError."""
    from alembic import command  # noqa: PLC0415

    with explained(engine.url), exclusive(engine) as connection:
        command.downgrade(configuration(connection), to)


@contextmanager
def exclusive(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction during which no other process migrates.

    Either all of it is committed or nothing. The lock is the database's own: it ends with the
    process, however that ends, and leaves no file behind.
    """
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            yield connection
    else:
        with engine.connect() as connection, _without_foreign_keys(connection):
            # The driver would begin a transaction at the first row only, not at a CREATE TABLE.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            _refuse_broken_references(connection)
            connection.commit()


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Let SQLite rebuild a table without deleting the rows of others that refer to it.

    https://www.sqlite.org/lang_altertable.html#otheralter; without effect inside a transaction.
    """
    connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.commit()


def _refuse_broken_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        tables = ", ".join(sorted({row[0] for row in broken}))
        raise ConversationsError(f"the migration would break references of {tables}; report this")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    held: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return held


def configuration(connection: Connection) -> Config:
    """Return Alembic's configuration, made without a file: there is none beside a wheel."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    folder = str(Path(__file__).parent)
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "revision_%%(rev)s")
    return config
