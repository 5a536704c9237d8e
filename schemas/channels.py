"""Submissions over a channel: a standard with ids, events and answers of its own.

Nothing here is personal but what ``ChannelEvent.token`` may hold in a problem's
detail; so tokens stand in the database only, never in logs.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, TypeAlias

from schemas.checking.claims import Claim
from schemas.ids import SourceId
from schemas.states import Problem

SOURCE_SENDER: Final = "source:"
"""How a case's sender begins that was fetched from a source."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Announced:
    """One entry of a mailbox's list: the channel's ids."""

    submission: str
    case: str
    """What belongs together there; strict order within it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gone:
    """It waits there no longer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelEvent:
    """An event of the channel's log whose signature was verified."""

    id: str
    kind: str
    """In the channel's words, ``submit-submission`` say."""
    author: str
    """Who signed: ``service`` (the channel itself) or ``subscriber``."""
    at: datetime
    token: bytes
    """As received."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Intact:
    """The channel's proofs hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Faulty:
    """The sender must correct it; rules of the problems are the channel's own."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unclear:
    """We must look; the sender is told nothing wrong."""

    code: str


Inspection: TypeAlias = Intact | Faulty | Unclear


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelSubmission:
    """What is kept with the case: who may be answered, with which proof."""

    source: SourceId
    channel: str
    submission: str
    case: str
    submitted_at: datetime
    claim: Claim
    proof: str
    """What an acceptance has to repeat (authenticationTags), as canonical JSON."""
    inspection: Inspection
    events: tuple[ChannelEvent, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TechnicalAnswer:
    """Accept or reject, to be said in the channel's form."""

    submission: str
    case: str
    accepted: bool
    proof: str
    problems: tuple[Problem, ...] = ()
    is_repeated: bool = False
    """An earlier try may have arrived: look before sending."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerTaken:
    """The channel has our answer; ``events`` are what is new in its log."""

    events: tuple[ChannelEvent, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerRefused:
    """It will not have it: somebody must look (``code`` says where)."""

    code: str
    events: tuple[ChannelEvent, ...] = ()
    """What its log has instead of our answer, where that is the reason."""


Answered: TypeAlias = AnswerTaken | AnswerRefused


class Stage(Enum):
    """How far a submission of ours is, there."""

    ANNOUNCED = "announced"
    SUBMITTED = "submitted"
    NOTIFIED = "notified"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DELETED = "deleted"

    @property
    def is_final(self) -> bool:
        """Nothing more will be heard of it that matters."""
        return self in {Stage.ACCEPTED, Stage.REJECTED, Stage.DELETED}


@dataclass(frozen=True, kw_only=True, slots=True)
class Transmission:
    """A delivery of ours as the channel's verified log shows it."""

    stage: Stage
    submission: str
    case: str
    events: tuple[ChannelEvent, ...]
    problems: tuple[Problem, ...] = ()
    """Why the recipient rejected it."""
