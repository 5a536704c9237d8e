"""First tables."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand."""
    op.create_table(
        "cases",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("receipt", sa.BigInteger(), nullable=False),
        sa.Column("tracking_id", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("replaces", sa.Text(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_body", sa.Text(), nullable=False),
        sa.Column("came_from", sa.Text(), nullable=False),
        sa.Column("came_from_body", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("takeovers", sa.Integer(), nullable=False),
        sa.Column("permit", sa.Text(), nullable=False),
        sa.Column("ordering_key", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("own_failures", sa.Integer(), nullable=False),
        sa.Column("trying_since", UtcDateTime(), nullable=True),
        sa.Column("probed_at", UtcDateTime(), nullable=True),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
        sa.UniqueConstraint(
            "tenant_id", "tracking_id", name=op.f("uq_cases_tenant_id_tracking_id")
        ),
    )
    op.create_index(
        "ix_cases_lease",
        "cases",
        ["queue", "lane", "receipt", "tenant_id", "office_id"],
        unique=False,
        postgresql_where=sa.text("owner IS NULL AND due_at IS NOT NULL"),
        sqlite_where=sa.text("owner IS NULL AND due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_cases_line",
        "cases",
        ["tenant_id", "line", "receipt"],
        unique=False,
        postgresql_where=sa.text("line <> ''"),
        sqlite_where=sa.text("line <> ''"),
    )
    op.create_index(
        "ix_cases_owner",
        "cases",
        ["owner"],
        unique=False,
        postgresql_where=sa.text("owner IS NOT NULL"),
        sqlite_where=sa.text("owner IS NOT NULL"),
    )
    op.create_index(
        "ix_cases_permit",
        "cases",
        ["permit"],
        unique=False,
        postgresql_where=sa.text("permit <> ''"),
        sqlite_where=sa.text("permit <> ''"),
    )
    op.create_index(
        "ix_cases_sender",
        "cases",
        ["tenant_id", "sender", "received_at", "office_id"],
        unique=False,
    )
    op.create_index(
        "ix_cases_state",
        "cases",
        ["tenant_id", "state", "receipt", "office_id"],
        unique=False,
    )
    op.create_index(
        "ix_cases_suspect",
        "cases",
        ["queue", "receipt"],
        unique=False,
        postgresql_where=sa.text(
            "owner IS NULL AND due_at IS NOT NULL AND takeovers > 0"
        ),
        sqlite_where=sa.text("owner IS NULL AND due_at IS NOT NULL AND takeovers > 0"),
    )

    op.create_table(
        "counters",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_counters")),
    )
    op.create_table(
        "destinations",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("next_probe_at", UtcDateTime(), nullable=True),
        sa.Column("max_parallel", sa.Integer(), nullable=False),
        sa.Column("give_up_seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_destinations")),
    )
    op.create_table(
        "disturbances",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disturbances")),
    )
    op.create_index(
        "ix_disturbances_open",
        "disturbances",
        ["tenant_id", "subject", "reason"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )

    op.create_table(
        "jobs",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("stop_after", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(
        "ix_jobs_state", "jobs", ["tenant_id", "state", "office_id"], unique=False
    )

    op.create_table(
        "key_encryption_keys",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_key_encryption_keys")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("alive_until", UtcDateTime(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "snapshots",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "hash", name=op.f("pk_snapshots")),
    )
    op.create_table(
        "submission_keys",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("gone_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint(
            "tenant_id", "sender", "key_hash", name=op.f("pk_submission_keys")
        ),
    )
    op.create_table(
        "tokens",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("services", sa.Text(), nullable=False),
        sa.Column("offices", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_tokens")),
    )
    op.create_table(
        "case_runs",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_case_runs_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("case_id", "run_id", name=op.f("pk_case_runs")),
    )
    op.create_index("ix_case_runs_run", "case_runs", ["run_id"], unique=False)

    op.create_table(
        "data_keys",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("kek", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_data_keys_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_data_keys")),
    )
    op.create_index("ix_data_keys_kek", "data_keys", ["kek"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("receipt_type", sa.Text(), nullable=False),
        sa.Column("receipt_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("receipt_sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_deliveries_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "case_id",
            "destination",
            "generation",
            name=op.f("uq_deliveries_case_id_destination_generation"),
        ),
    )
    op.create_index(
        "ix_deliveries_state",
        "deliveries",
        ["tenant_id", "state", "since", "office_id"],
        unique=False,
    )

    op.create_table(
        "documents",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("inline", sa.LargeBinary(), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_documents_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("case_id", "position", name=op.f("pk_documents")),
    )
    op.create_table(
        "events",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_events_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_events")),
    )
    op.create_table(
        "job_items",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
            name=op.f("fk_job_items_job_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("job_id", "position", name=op.f("pk_job_items")),
    )
    op.create_index(
        "ix_job_items_case", "job_items", ["case_id", "state"], unique=False
    )

    op.create_table(
        "steps",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_steps_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("case_id", "step", name=op.f("pk_steps")),
    )
    op.create_table(
        "attempts",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_attempts_delivery_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_attempts")),
    )
