"""Replies within a case of a channel: how far each is, as its verified log shows it."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from schemas.channels import ChannelEvent
from schemas.ids import DestinationId, SourceId

PLACE: Final = "replies:"


class ReplyState(Enum):
    """How far a reply is, as far as its events prove it."""

    UNPROVED = "unproved"
    """It lies there, and no event of it verifies."""
    WAITING = "waiting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DELETED = "deleted"
    GONE = "gone"
    """It lies there no longer, and no event proves why."""

    @property
    def is_open(self) -> bool:
        """Nobody has answered it yet."""
        return self in {ReplyState.UNPROVED, ReplyState.WAITING}


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedReply:
    """One entry of the list of what waits: the channel's ids."""

    reply: str
    case: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenReply:
    """What the verified log of a reply shows."""

    state: ReplyState
    submitted_at: datetime | None = None
    """None: that is not proved."""
    answered_at: datetime | None = None
    """None: nothing proves an answer, or that it was deleted."""
    events: tuple[ChannelEvent, ...] = ()


def reply_place(destination: DestinationId) -> SourceId:
    """Replies over a destination fare like a source, whose name none can have."""
    return SourceId(f"{PLACE}{destination}")
