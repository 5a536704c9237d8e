"""Channels: submissions fetched from sources, and deliveries that are followed."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OWED = "answer = 'owed'"
_UNANSWERED = "answer <> 'sent'"
_LOOKED_AT = "next_look_at IS NOT NULL"


def upgrade() -> None:
    """Expand: only new tables, so that the version before runs on beside this one."""
    _submissions()
    _events()
    _notes()
    _transmissions()
    _sources()


def _submissions() -> None:
    op.create_table(
        "channel_submissions",
        *_owner(),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("submission", sa.Text(), nullable=False),
        sa.Column("channel_case", sa.Text(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("claim_body", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("inspection", sa.Text(), nullable=False),
        sa.Column("inspection_body", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("warned", sa.Integer(), nullable=False),
        _refers("channel_submissions", "case_id", "cases"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_channel_submissions")),
        sa.UniqueConstraint(
            "tenant_id",
            "submission",
            "source",
            name=op.f("uq_channel_submissions_tenant_id_submission_source"),
        ),
    )
    op.create_index(
        "ix_channel_submissions_case",
        "channel_submissions",
        ["tenant_id", "channel_case"],
    )
    op.create_index(
        "ix_channel_submissions_owed",
        "channel_submissions",
        ["tenant_id", "source", "due_at"],
        postgresql_where=sa.text(_OWED),
        sqlite_where=sa.text(_OWED),
    )
    op.create_index(
        "ix_channel_submissions_unanswered",
        "channel_submissions",
        ["submitted_at"],
        postgresql_where=sa.text(_UNANSWERED),
        sqlite_where=sa.text(_UNANSWERED),
    )


def _events() -> None:
    op.create_table(
        "channel_events",
        *_owner(),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("submission", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        _refers("channel_events", "case_id", "cases"),
        sa.PrimaryKeyConstraint("case_id", "event_id", name=op.f("pk_channel_events")),
    )


def _notes() -> None:
    op.create_table(
        "delivery_notes",
        *_owner(),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        _refers("delivery_notes", "delivery_id", "deliveries"),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_delivery_notes")),
    )


def _transmissions() -> None:
    op.create_table(
        "transmissions",
        *_owner(),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("submission", sa.Text(), nullable=False),
        sa.Column("channel_case", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("next_look_at", UtcDateTime(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        _refers("transmissions", "delivery_id", "deliveries"),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_transmissions")),
    )
    for name, column in (("submission", "submission"), ("case", "channel_case")):
        op.create_index(
            f"ix_transmissions_{name}", "transmissions", ["tenant_id", column]
        )
    op.create_index(
        "ix_transmissions_due",
        "transmissions",
        ["tenant_id", "next_look_at"],
        postgresql_where=sa.text(_LOOKED_AT),
        sqlite_where=sa.text(_LOOKED_AT),
    )


def _sources() -> None:
    op.create_table(
        "source_states",
        *_owner(),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("wanted_at", UtcDateTime(), nullable=True),
        sa.Column("polled_at", UtcDateTime(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("oldest", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "source", name=op.f("pk_source_states")),
    )


def _owner() -> tuple[sa.Column[str], ...]:
    return (
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
    )


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{to}.id"],
        name=op.f(f"fk_{table}_{column}"),
        initially="DEFERRED",
        deferrable=True,
    )
