"""What came and went over channels: submissions, their events, how sources fare."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from storage.tables.base import Owned, moment, refers

OWED = "answer = 'owed'"
UNANSWERED = "answer <> 'sent'"


class ChannelSubmissionRow(Owned, table=True):
    """How a case came over a channel, and what it was or will be answered."""

    __tablename__ = "channel_submissions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "submission", "source"),
        Index("ix_channel_submissions_case", "tenant_id", "channel_case"),
        Index(
            "ix_channel_submissions_owed",
            "tenant_id",
            "source",
            "due_at",
            postgresql_where=text(OWED),
            sqlite_where=text(OWED),
        ),
        Index(
            "ix_channel_submissions_unanswered",
            "submitted_at",
            postgresql_where=text(UNANSWERED),
            sqlite_where=text(UNANSWERED),
        ),
    )

    case_id: str = Field(primary_key=True, sa_column_args=refers("cases"))
    source: str
    channel: str
    submission: str
    channel_case: str
    submitted_at: datetime = moment()
    claim: str
    claim_body: str
    proof: str
    inspection: str
    inspection_body: str
    answer: str
    """none (nothing was ordered), owed, sent, refused by the channel; or settled by
    a person, where the channel has decided without us."""
    accepted: bool = False
    """Means nothing before an answer was ordered; nor do the problems."""
    problems: str = "[]"
    """Codes and our sentences, as JSON."""
    token: bytes | None = None
    """The signed answer; made once."""
    tries: int = 0
    code: str = ""
    due_at: datetime | None = moment(nullable=True)
    answered_at: datetime | None = moment(nullable=True)
    warned: int = 0
    """How many alarms of the channel's deadline have been given."""


class ChannelEventRow(Owned, table=True):
    """A verified event of a channel's log, as received."""

    __tablename__ = "channel_events"

    case_id: str = Field(primary_key=True, sa_column_args=refers("cases"))
    event_id: str = Field(primary_key=True)
    submission: str
    kind: str
    author: str
    at: datetime = moment()
    token: bytes


class DeliveryNoteRow(Owned, table=True):
    """What an adapter must know of a delivery after a crash."""

    __tablename__ = "delivery_notes"

    delivery_id: str = Field(primary_key=True, sa_column_args=refers("deliveries"))
    body: str


class TransmissionRow(Owned, table=True):
    """How a delivery of ours stands with a counterpart that decides later."""

    __tablename__ = "transmissions"
    __table_args__ = (
        Index("ix_transmissions_submission", "tenant_id", "submission"),
        Index("ix_transmissions_case", "tenant_id", "channel_case"),
        Index(
            "ix_transmissions_due",
            "tenant_id",
            "next_look_at",
            postgresql_where=text("next_look_at IS NOT NULL"),
            sqlite_where=text("next_look_at IS NOT NULL"),
        ),
    )

    delivery_id: str = Field(primary_key=True, sa_column_args=refers("deliveries"))
    case_id: str
    destination: str
    stage: str
    """"" = nothing has been seen yet."""
    submission: str
    channel_case: str
    code: str
    problems: str = "[]"
    looks: int = 0
    next_look_at: datetime | None = moment(nullable=True)
    changed_at: datetime = moment()


class SourceStateRow(Owned, table=True):
    """How a source fares, and whether somebody wants it to be looked at now."""

    __tablename__ = "source_states"

    tenant_id: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    wanted_at: datetime | None = moment(nullable=True)
    polled_at: datetime | None = moment(nullable=True)
    code: str = ""
    pending: int = 0
    oldest: datetime | None = moment(nullable=True)
