"""Deliveries, their attempts, and how the destinations fare."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from storage.tables.base import Owned, moment, refers


class DeliveryRow(Owned, table=True):
    """What one case sends to one destination, under one delivery id."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("case_id", "destination", "generation"),
        Index("ix_deliveries_state", "tenant_id", "state", "since", "office_id"),
    )

    id: str = Field(primary_key=True)
    case_id: str = Field(sa_column_args=refers("cases"))
    destination: str
    generation: int
    payload: str
    state: str
    code: str = ""
    since: datetime = moment()
    receipt_type: str = ""
    receipt_sealed: bytes | None = None
    receipt_sha256: str = ""


class AttemptRow(Owned, table=True):
    """One try; committed before its first byte leaves."""

    __tablename__ = "attempts"

    delivery_id: str = Field(primary_key=True, sa_column_args=refers("deliveries"))
    number: int = Field(primary_key=True)
    epoch: int
    outcome: str
    code: str = ""
    started_at: datetime = moment()
    finished_at: datetime | None = moment(nullable=True)


class DestinationRow(Owned, table=True):
    """How a destination fares: open, ramping, paused or held by a person."""

    __tablename__ = "destinations"

    tenant_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    mode: str
    body: str
    next_probe_at: datetime | None = moment(nullable=True)
    max_parallel: int
    give_up_seconds: int


class DisturbanceRow(Owned, table=True):
    """Failures of one kind at one place: opens once, alarms once, closes itself."""

    __tablename__ = "disturbances"
    __table_args__ = (
        Index(
            "ix_disturbances_open",
            "tenant_id",
            "subject",
            "reason",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
    )

    id: str = Field(primary_key=True)
    subject: str
    reason: str
    opened_at: datetime = moment()
    closed_at: datetime | None = moment(nullable=True)
