"""What Alembic runs: revisions on the connection that `bot.migrations` hands over.

There is no offline mode: SQL for a database administrator is not asked for yet.
"""

from typing import Any, Literal

from alembic import context
from sqlalchemy import TypeDecorator

import bot.conversations.tables  # noqa: F401 - its tables join ingest's metadata
from ingest.state import Base


def render_item(kind: str, item: Any, _: object) -> str | Literal[False]:
    """Draft a type of ours as what it is in SQL: a revision must not change with the code."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite can not alter a table: Alembic builds a new one and copies the rows.
    render_as_batch=True,
    render_item=render_item,
)
context.run_migrations()
