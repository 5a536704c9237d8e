"""A case as people and workers see it, and how one comes to be."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import TypeAlias

from schemas.channels import ChannelSubmission
from schemas.documents import Document, WrappedKey
from schemas.ids import (
    CaseId,
    CaseNumber,
    DestinationId,
    OfficeId,
    SenderId,
    ServiceKey,
    SnapshotHash,
    TenantId,
    TrackingId,
)
from schemas.services import Snapshot
from schemas.states import CaseState


class Lane(IntEnum):
    """Fresh cases go before replays and bulk."""

    FRESH = 0
    BULK = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One application on its way."""

    id: CaseId
    tenant: TenantId
    office: OfficeId
    number: CaseNumber
    tracking_id: TrackingId
    service: ServiceKey
    sender: SenderId
    snapshot: SnapshotHash
    state: CaseState
    received_at: datetime
    changed_at: datetime
    replaces: TrackingId | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A submission whose documents are in the vault; nothing is committed yet."""

    case: CaseId
    tenant: TenantId
    office: OfficeId
    tracking_id: TrackingId
    service: ServiceKey
    sender: SenderId
    source: str
    """Whom round-robin is fair to: the sender, or the poller's mailbox."""
    key: str
    """The sender's Idempotency-Key; unique with tenant and sender."""
    fingerprint: str
    snapshot: Snapshot
    wrapped_key: WrappedKey
    documents: tuple[Document, ...]
    received_at: datetime
    ordering_key: str
    """Cases with the same one reach a destination strictly in order; "" = free."""
    replaces: TrackingId | None = None
    channel: ChannelSubmission | None = None
    """Where it was fetched from a source: its ids, proofs and events."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """A new case."""

    case: Case


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeated:
    """The same submission under the same key: the first answer again."""

    case: Case


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyReused:
    """The key stands for another submission already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyGone:
    """The key stood for a case that has been deleted since."""


Reception: TypeAlias = Accepted | Repeated | KeyReused | KeyGone


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryView:
    """One delivery of a case, as listed."""

    case: CaseNumber
    delivery: str
    destination: DestinationId
    generation: int
    state: str
    attempts: int
    code: str
    since: datetime
    office: OfficeId
