"""Drafts the next revision: `python -m bot.migrations "what changes"`.

Compares the tables that the code declares with those that the revisions make in an empty SQLite
database. The draft is to be read and corrected by hand, and `HEAD` raised.
"""

from __future__ import annotations

import sys

from alembic import command
from sqlalchemy import create_engine

from bot.migrations import HEAD, configuration, exclusive

if __name__ == "__main__":
    _, message = sys.argv
    with exclusive(create_engine("sqlite://")) as connection:
        config = configuration(connection)
        command.upgrade(config, "head")
        command.revision(config, message, autogenerate=True, rev_id=f"{int(HEAD) + 1:04}")
