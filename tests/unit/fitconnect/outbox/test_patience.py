"""A big case may take its time; a small one that does is given up at the deadline."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.base import Patient
from adapters.fitconnect.outbox.adapter import BIG
from adapters.memory import MemoryNotes
from flows.steps.deliver import _seconds
from schemas.deliveries import ParcelDocument
from schemas.limits import CALL_DEADLINE, LONGEST_CALL
from schemas.outcomes import DeliveryConfirmed
from tests.clocks import TestClock
from tests.fakes.fitconnect_service import MAPPING, TinyService, process
from tests.parcels import make_attachment, make_document, make_parcel

SLOW = 0.6


def slow(document: ParcelDocument) -> ParcelDocument:
    """Its bytes come when the deadline of a call is over."""

    async def chunks() -> AsyncIterator[bytes]:
        await asyncio.sleep(SLOW)
        async for chunk in document.open():
            yield chunk

    return replace(document, open=chunks)


@pytest.mark.parametrize(("size", "arrives"), [(BIG + 1, True), (1_000, False)])
async def test_only_a_big_case_may_take_longer_than_a_call(
    size: int, *, arrives: bool
) -> None:
    service = TinyService(TestClock())
    attachment = slow(make_attachment(bytes(size)))
    parcel = make_parcel(make_document(), attachment, mapping=MAPPING)

    outbox = process(service, MemoryNotes(), deadline=SLOW / 2)
    outcome = await outbox.deliver(parcel)

    assert isinstance(outcome, DeliveryConfirmed) is arrives
    assert bool(service.visible) is arrives


def test_the_flow_waits_as_long_as_the_way_out_may_take() -> None:
    outbox = process(TinyService(TestClock()), MemoryNotes())
    small = make_parcel(mapping=MAPPING)
    big = make_parcel(make_document(bytes(BIG + 1)), mapping=MAPPING)

    assert isinstance(outbox, Patient)
    assert _seconds(outbox, small) == CALL_DEADLINE.total_seconds() + 5
    assert outbox.patience(big) == timedelta(minutes=30)
    assert _seconds(outbox, big) == 30 * 60 + 5


def test_nothing_is_waited_for_longer_than_an_hour() -> None:
    outbox = process(TinyService(TestClock()), MemoryNotes(), transfer_deadline=21_600)
    big = make_parcel(make_document(bytes(BIG + 1)), mapping=MAPPING)

    assert outbox.patience(big) == LONGEST_CALL
