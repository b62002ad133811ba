"""Counts of runs, back-off of failures, and tombstones that hold what can be restored.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COUNTS = ("written", "unchanged", "deleted", "readers_updated", "failed", "requests")


def upgrade() -> None:
    """Add the columns; runs and tombstones of before have nothing in them."""
    with op.batch_alter_table("runs") as runs:
        for name in _COUNTS:
            runs.add_column(sa.Column(name, sa.Integer(), nullable=True))
    with op.batch_alter_table("failures") as failures:
        failures.add_column(sa.Column("next_attempt", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("tombstones") as tombstones:
        tombstones.add_column(sa.Column("title", sa.Text(), nullable=True))
        tombstones.add_column(sa.Column("url", sa.Text(), nullable=True))
        tombstones.add_column(sa.Column("content", sa.LargeBinary(), nullable=True))
        tombstones.add_column(sa.Column("restored", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take them back; what was deleted can not be restored any more."""
    with op.batch_alter_table("tombstones") as tombstones:
        for name in ("restored", "content", "url", "title"):
            tombstones.drop_column(name)
    with op.batch_alter_table("failures") as failures:
        failures.drop_column("next_attempt")
    with op.batch_alter_table("runs") as runs:
        for name in reversed(_COUNTS):
            runs.drop_column(name)
