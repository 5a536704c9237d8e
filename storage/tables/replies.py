"""Replies within the cases of a channel, to us and of ours, until they are answered."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from storage.tables.base import Owned, moment, refers

OPEN = "state IN ('unproved', 'waiting')"


class ChannelReplyRow(Owned, table=True):
    """One reply, and how far it was when somebody last looked."""

    __tablename__ = "channel_replies"
    __table_args__ = (
        Index("ix_channel_replies_reply", "tenant_id", "reply"),
        Index("ix_channel_replies_case", "tenant_id", "channel_case"),
        Index(
            "ix_channel_replies_open",
            "tenant_id",
            "place",
            postgresql_where=text(OPEN),
            sqlite_where=text(OPEN),
        ),
    )

    case_id: str = Field(primary_key=True, sa_column_args=refers("cases"))
    reply: str = Field(primary_key=True)
    channel_case: str
    place: str
    """The destination it came over, or the source over which we sent it."""
    delivery_id: str
    """To which it came; "" = we have sent it."""
    state: str
    code: str
    """Why nothing could be proved at the last look."""
    submitted_at: datetime | None = moment(nullable=True)
    answered_at: datetime | None = moment(nullable=True)
    first_seen_at: datetime = moment()
    seen_at: datetime = moment()
