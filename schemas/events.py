"""What happened to a case: past tense, small, frozen, without personal values."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from schemas.findings import CheckResult
from schemas.ids import CaseId, DeliveryId, DestinationId, SnapshotHash, StepName

FORMAT: Final = 1
GENESIS: Final = bytes(32)
"""What the first event of a case has as hash of the one before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmissionReceived:
    documents: int
    fingerprint: str
    snapshot: SnapshotHash


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentChecked:
    """By which rules, with which engines, and what they found: for ever."""

    position: int
    result: CheckResult


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseChecked:
    pack: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentsScanned:
    scanner: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiptSent:
    accepted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiptOrdered:
    """It goes out over the channel that the submission came by, signed there."""

    accepted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseAssigned:
    destinations: tuple[DestinationId, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptStarted:
    delivery: DeliveryId
    destination: DestinationId
    payload: str
    number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptFailed:
    delivery: DeliveryId
    destination: DestinationId
    code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptLeftUnknown:
    delivery: DeliveryId
    destination: DestinationId
    code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseDelivered:
    delivery: DeliveryId
    destination: DestinationId
    receipt: str
    """Hash of the receipt we keep."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageArchived:
    package: str
    manifest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseClosed:
    pass


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseRefused:
    step: StepName
    codes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseQuarantined:
    step: StepName
    code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DecisionAsked:
    step: StepName
    question: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DecisionTaken:
    question: str
    answer: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryGivenUp:
    destination: DestinationId
    code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryReplayed:
    destination: DestinationId
    job: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryRejected:
    """The recipient looked at what it had taken, and will not have it."""

    delivery: DeliveryId
    destination: DestinationId
    codes: tuple[str, ...]


Event: TypeAlias = (
    SubmissionReceived
    | DocumentChecked
    | CaseChecked
    | DocumentsScanned
    | ReceiptSent
    | CaseAssigned
    | AttemptStarted
    | AttemptFailed
    | AttemptLeftUnknown
    | CaseDelivered
    | PackageArchived
    | CaseClosed
    | CaseRefused
    | CaseQuarantined
    | DecisionAsked
    | DecisionTaken
    | DeliveryGivenUp
    | DeliveryReplayed
    | ReceiptOrdered
    | DeliveryRejected
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedEvent:
    """An event as it stands in the chain; ``body`` are the bytes that were hashed."""

    case: CaseId
    seq: int
    kind: str
    at: datetime
    actor: str
    format: int
    body: bytes
    previous: bytes
    hash: bytes


def chain_hash(*, previous: bytes, format: int, body: bytes) -> bytes:  # noqa: A002 - names the column
    """Hash of an event: over the one before, the format version and its own bytes."""
    return hashlib.sha256(previous + format.to_bytes(2, "big") + body).digest()


def first_break(chain: tuple[RecordedEvent, ...]) -> int | None:
    """Sequence number at which the chain stops verifying, if it does."""
    previous = GENESIS
    for position, event in enumerate(chain, start=1):
        right = chain_hash(previous=previous, format=event.format, body=event.body)
        if (event.seq, event.previous, event.hash) != (position, previous, right):
            return position
        previous = event.hash
    return None
