"""The case, what came with it, and what happened to it."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from storage.tables.base import Owned, moment, refers

DUE = "owner IS NULL AND due_at IS NOT NULL"
SUSPECT = f"{DUE} AND takeovers > 0"


class CaseRow(Owned, table=True):
    """One case: where it stands, and who works on it."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("tenant_id", "tracking_id"),
        Index(
            "ix_cases_lease",
            "queue",
            "lane",
            "receipt",
            "tenant_id",
            "office_id",
            postgresql_where=text(DUE),
            sqlite_where=text(DUE),
        ),
        Index(
            "ix_cases_owner",
            "owner",
            postgresql_where=text("owner IS NOT NULL"),
            sqlite_where=text("owner IS NOT NULL"),
        ),
        Index(
            "ix_cases_suspect",
            "queue",
            "receipt",
            postgresql_where=text(SUSPECT),
            sqlite_where=text(SUSPECT),
        ),
        Index(
            "ix_cases_permit",
            "permit",
            postgresql_where=text("permit <> ''"),
            sqlite_where=text("permit <> ''"),
        ),
        Index(
            "ix_cases_line",
            "tenant_id",
            "line",
            "receipt",
            postgresql_where=text("line <> ''"),
            sqlite_where=text("line <> ''"),
        ),
        Index("ix_cases_sender", "tenant_id", "sender", "received_at", "office_id"),
        Index("ix_cases_state", "tenant_id", "state", "receipt", "office_id"),
    )

    id: str = Field(primary_key=True)
    number: str
    receipt: int = Field(sa_column=Column(BigInteger, nullable=False))
    tracking_id: str
    service: str
    sender: str
    source: str
    snapshot: str
    replaces: str | None = None
    received_at: datetime = moment()
    changed_at: datetime = moment()

    state: str
    state_body: str
    came_from: str = ""
    came_from_body: str = ""
    """The state an aside (review, quarantine, waiting) goes back to."""
    version: int = 0
    seq: int
    head: bytes

    queue: str
    lane: int
    due_at: datetime | None = moment(nullable=True)
    owner: str | None = None
    epoch: int = 0
    takeovers: int = 0
    permit: str = ""
    """The destination whose parallelism this case is using."""
    ordering_key: str = ""
    line: str = ""
    """The strict line (destination and ordering key) it stands in, until delivered."""
    own_failures: int = 0
    trying_since: datetime | None = moment(nullable=True)
    probed_at: datetime | None = moment(nullable=True)
    warned: int = 0


class DocumentRow(Owned, table=True):
    """One received document; its bytes are here (sealed) or in the vault."""

    __tablename__ = "documents"

    case_id: str = Field(primary_key=True, sa_column_args=refers("cases"))
    position: int = Field(primary_key=True)
    id: str
    role: str
    media_type: str
    sealed_name: bytes
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: str
    inline: bytes | None = None
    path: str | None = None


class DataKeyRow(Owned, table=True):
    """A case's data key, wrapped; deleting this row erases the case's contents."""

    __tablename__ = "data_keys"
    __table_args__ = (Index("ix_data_keys_kek", "kek"),)

    case_id: str = Field(primary_key=True, sa_column_args=refers("cases"))
    kek: str
    wrapped: bytes


class SubmissionKeyRow(Owned, table=True):
    """An Idempotency-Key (hashed: senders put names into keys) and its case."""

    __tablename__ = "submission_keys"

    tenant_id: str = Field(primary_key=True)
    sender: str = Field(primary_key=True)
    key_hash: str = Field(primary_key=True)
    fingerprint: str
    case_id: str
    gone_at: datetime | None = moment(nullable=True)


class EventRow(Owned, table=True):
    """One link of a case's chain."""

    __tablename__ = "events"

    case_id: str = Field(primary_key=True, sa_column_args=refers("cases"))
    seq: int = Field(primary_key=True)
    kind: str
    at: datetime = moment()
    actor: str
    format: int
    body: bytes
    previous: bytes
    hash: bytes


class StepRow(Owned, table=True):
    """A step that has a result; it is never run again."""

    __tablename__ = "steps"

    case_id: str = Field(primary_key=True, sa_column_args=refers("cases"))
    step: str = Field(primary_key=True)
    result: str
    at: datetime = moment()
    epoch: int


class SnapshotRow(Owned, table=True):
    """The configuration that applied, by its own hash."""

    __tablename__ = "snapshots"

    tenant_id: str = Field(primary_key=True)
    hash: str = Field(primary_key=True)
    body: bytes
    created_at: datetime = moment()
