"""Rows to values, in one place."""

from schemas.cases import Case
from schemas.events import RecordedEvent
from schemas.ids import (
    CaseId,
    CaseNumber,
    OfficeId,
    SenderId,
    ServiceKey,
    SnapshotHash,
    TenantId,
    TrackingId,
)
from storage.codec import STATES
from storage.columns import Found


def case_of(row: Found) -> Case:
    """A case from a row that carries the columns of ``cases``."""
    return Case(
        id=CaseId(row.id),
        tenant=TenantId(row.tenant_id),
        office=OfficeId(row.office_id),
        number=CaseNumber(row.number),
        tracking_id=TrackingId(row.tracking_id),
        service=ServiceKey(row.service),
        sender=SenderId(row.sender),
        snapshot=SnapshotHash(row.snapshot),
        state=STATES.load(row.state, row.state_body),
        received_at=row.received_at,
        changed_at=row.changed_at,
        replaces=None if row.replaces is None else TrackingId(row.replaces),
    )


def event_of(row: Found) -> RecordedEvent:
    """An event as it stands in the chain."""
    return RecordedEvent(
        case=CaseId(row.case_id),
        seq=row.seq,
        kind=row.kind,
        at=row.at,
        actor=row.actor,
        format=row.format,
        body=row.body,
        previous=row.previous,
        hash=row.hash,
    )
