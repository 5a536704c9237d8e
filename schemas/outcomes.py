"""What came of an attempt to deliver: delivered, failed, or unknown."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from schemas.errors import FailureKind


class Certainty(Enum):
    """What a counterpart can do about an attempt whose outcome is unknown."""

    IDEMPOTENT = "idempotent"
    """Takes the same delivery id twice and keeps one copy."""
    CAN_BE_ASKED = "can_be_asked"
    """Says whether it has a delivery id."""
    NEITHER = "neither"
    """A person must look."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What the counterpart gave us as proof, as received."""

    media_type: str
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryConfirmed:
    """The counterpart has it and said so."""

    receipt: Receipt


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryFailed:
    """The counterpart certainly does not have it.

    ``whole_destination``: no case could pass now (connection refused, login
    refused), so the destination pauses at once.
    """

    kind: FailureKind
    code: str
    whole_destination: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeUnknown:
    """The connection broke after sending, or a process died in between."""

    code: str


AttemptOutcome: TypeAlias = DeliveryConfirmed | DeliveryFailed | OutcomeUnknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrived:
    """Asked by our id, the counterpart shows that it has the delivery."""

    receipt: Receipt


@dataclass(frozen=True, kw_only=True, slots=True)
class NotArrived:
    """Asked by our id, the counterpart says it has no such delivery."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NoAnswer:
    """It could not be asked now."""

    code: str


Answer: TypeAlias = Arrived | NotArrived | NoAnswer
