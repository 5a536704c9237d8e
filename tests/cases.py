"""Cases as values, for rules that need one in their hands."""

from datetime import UTC, datetime, timedelta

from schemas.cases import Case, Lane
from schemas.ids import (
    CaseId,
    CaseNumber,
    DestinationId,
    OfficeId,
    SenderId,
    ServiceKey,
    SnapshotHash,
    TrackingId,
    WorkerId,
    delivery_id,
)
from schemas.outcomes import AttemptOutcome, Certainty
from schemas.rules.queues import destination_queue
from schemas.scope import DEFAULT_TENANT
from schemas.states import CaseState, Delivering
from schemas.work import AttemptEnd, LeasedCase

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
THERE = DestinationId("fachverfahren")
QUEUE = destination_queue(DEFAULT_TENANT, THERE)


def make_case(name: str = "a", *, state: CaseState | None = None) -> Case:
    return Case(
        id=CaseId(name * 32),
        tenant=DEFAULT_TENANT,
        office=OfficeId("wohngeld"),
        number=CaseNumber("2026-000001"),
        tracking_id=TrackingId("7K3MP-9QXTV-2HDA"),
        service=ServiceKey("99107023017000"),
        sender=SenderId("formserver"),
        snapshot=SnapshotHash("0" * 64),
        state=state or Delivering(destination=THERE, since=NOW),
        received_at=NOW,
        changed_at=NOW,
        replaces=None,
    )


def make_leased(name: str = "a", *, own_failures: int = 0) -> LeasedCase:
    """A case on its way to its destination."""
    return LeasedCase(
        case=make_case(name),
        worker=WorkerId("w"),
        epoch=1,
        version=1,
        seq=3,
        head=bytes(32),
        queue=QUEUE,
        lane=Lane.FRESH,
        takeovers=0,
        permit=QUEUE,
        ordering_key="",
        own_failures=own_failures,
        trying_since=None,
        done=(),
        deliveries=(),
    )


def make_end(
    outcome: AttemptOutcome,
    *,
    certainty: Certainty = Certainty.IDEMPOTENT,
    ago: timedelta = timedelta(0),
) -> AttemptEnd:
    return AttemptEnd(
        delivery=delivery_id(make_case().id, THERE, 1),
        destination=THERE,
        number=1,
        started_at=NOW - ago,
        outcome=outcome,
        certainty=certainty,
    )
