"""Replies within the cases of a channel."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OPEN = "state IN ('unproved', 'waiting')"


def upgrade() -> None:
    """Expand: only a new table, so that the version before runs on beside this one."""
    op.create_table(
        "channel_replies",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("channel_case", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_channel_replies_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("case_id", "reply", name=op.f("pk_channel_replies")),
    )
    for name, column in (("reply", "reply"), ("case", "channel_case")):
        op.create_index(
            f"ix_channel_replies_{name}", "channel_replies", ["tenant_id", column]
        )
    op.create_index(
        "ix_channel_replies_open",
        "channel_replies",
        ["tenant_id", "place"],
        postgresql_where=sa.text(_OPEN),
        sqlite_where=sa.text(_OPEN),
    )
