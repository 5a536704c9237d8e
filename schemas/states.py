"""The states of a case: a sum type, nothing optional that means "not yet"."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from schemas.ids import DestinationId, StepName


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing the sender must correct, in a code and two languages."""

    code: str
    location: str
    """XPath or JSON pointer; "" where the whole document is meant."""
    german: str
    english: str
    detail: str = ""
    """The schema's or the standard's own id of what was broken."""
    line: int = 0
    """From 1; 0 where there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """Stored and numbered; nothing has been decided."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """The checks found nothing the sender must correct."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Acknowledged:
    """The sender has our technical receipt."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Assigned:
    """It is clear where the case goes."""

    destinations: tuple[DestinationId, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class InReview:
    """A person must decide; holds no lease and no run."""

    question: str
    step: StepName
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivering:
    """An attempt may be under way, or its destination is being waited for."""

    destination: DestinationId
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """Every destination has confirmed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Archived:
    """The package is complete in the archive."""

    package: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Closed:
    """Nothing is left to do."""

    package: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """The sender must correct; the problem list says what."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Quarantined:
    """We must look: malware, unknown schema, our own fault."""

    code: str
    step: StepName
    since: datetime
    acknowledged: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """For a date, a payment, an appointment, an answer."""

    reason: str
    step: StepName
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Undeliverable:
    """A dead letter: given up until somebody replays it."""

    destination: DestinationId
    code: str
    since: datetime


CaseState: TypeAlias = (
    Received
    | Checked
    | Acknowledged
    | Assigned
    | InReview
    | Delivering
    | Delivered
    | Archived
    | Closed
    | Refused
    | Quarantined
    | Waiting
    | Undeliverable
)
