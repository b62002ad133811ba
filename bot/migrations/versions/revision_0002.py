"""The inbox: what a turn needs to be answered by another process, and where its answer stands.

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is asked of turns, their visible messages, and what makes a passage citable."""
    op.create_table(
        "heard",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "channel", name="pk_heard"),
    )
    op.create_table(
        "messages",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("turn_id", sa.String(length=6), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["turn_id"], ["turns.id"], name="fk_messages_turn_id_turns", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("platform", "channel", "id", name="pk_messages"),
    )
    op.create_index("ix_messages_turn_id", "messages", ["turn_id"])
    with op.batch_alter_table("passages") as passages:
        passages.add_column(sa.Column("anchor", sa.Text(), server_default="", nullable=False))
        passages.add_column(sa.Column("updated", sa.DateTime(timezone=True), nullable=True))
        passages.add_column(sa.Column("owner", sa.Text(), nullable=True))
    with op.batch_alter_table("turns") as turns:
        turns.add_column(
            sa.Column("task", sa.String(length=32), server_default="answer", nullable=False)
        )
        turns.add_column(sa.Column("about", sa.String(length=6), nullable=True))
        turns.add_column(sa.Column("replaces", sa.String(length=6), nullable=True))
        turns.add_column(sa.Column("sources", sa.JSON(), nullable=True))
        turns.add_column(sa.Column("reach", sa.JSON(), server_default="{}", nullable=False))
        turns.add_column(sa.Column("asked", sa.DateTime(timezone=True), nullable=True))
        turns.add_column(sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
        turns.create_index("ix_turns_about", ["about"])
        turns.create_index("ix_turns_state", ["state"])


def downgrade() -> None:
    """Take it back; open turns are lost to those who asked."""
    with op.batch_alter_table("turns") as turns:
        turns.drop_index("ix_turns_state")
        turns.drop_index("ix_turns_about")
        for column in ("attempts", "asked", "reach", "sources", "replaces", "about", "task"):
            turns.drop_column(column)
    with op.batch_alter_table("passages") as passages:
        for column in ("owner", "updated", "anchor"):
            passages.drop_column(column)
    op.drop_index("ix_messages_turn_id", "messages")
    op.drop_table("messages")
    op.drop_table("heard")
