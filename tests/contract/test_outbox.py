"""Every way out keeps the same promises, whatever its counterpart does."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.deliveries import Parcel, ParcelDocument
from schemas.errors import FailureKind
from schemas.ids import DeliveryId
from schemas.outcomes import (
    Arrived,
    Certainty,
    DeliveryConfirmed,
    DeliveryFailed,
    NoAnswer,
    NotArrived,
    OutcomeUnknown,
)
from tests.contract.ways_out import HASTY, WAYS, Way
from tests.parcels import make_attachment, make_document, make_parcel

HOSTILE = (
    "../../etc/passwd",
    "..\\..\\boot.ini",
    'quote".xml\r\nX-Injected: yes',
    "zeile\nfolgt.xml",
    "Antrag für Größe.xml",
    "\x00nul.xml",
    "-rf",
    ".",
    "",
    "ä" * 255,
)


@pytest.fixture(params=list(WAYS))
async def way(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Way]:
    async with WAYS[request.param](tmp_path) as way:
        yield way


def parcel_for(way: Way, *documents: ParcelDocument, delivery: str = "d1") -> Parcel:
    return make_parcel(*documents, delivery=delivery, mapping=way.mapping)


async def test_a_delivery_is_confirmed_with_a_receipt(way: Way) -> None:
    outcome = await way.outbox.deliver(parcel_for(way))

    assert isinstance(outcome, DeliveryConfirmed)
    assert outcome.receipt.media_type
    assert b"d1" in outcome.receipt.body
    assert way.copies(DeliveryId("d1")) == 1


async def test_repeating_a_delivery_leaves_one_copy(way: Way) -> None:
    outcomes = [await way.outbox.deliver(parcel_for(way)) for _ in range(3)]

    assert way.outbox.certainty is Certainty.IDEMPOTENT
    assert all(isinstance(outcome, DeliveryConfirmed) for outcome in outcomes)
    assert way.copies(DeliveryId("d1")) == 1


async def test_before_a_delivery_nothing_has_arrived(way: Way) -> None:
    assert await way.outbox.ask(DeliveryId("d1")) == NotArrived()


async def test_after_a_delivery_it_has_arrived(way: Way) -> None:
    await way.outbox.deliver(parcel_for(way))

    answer = await way.outbox.ask(DeliveryId("d1"))

    assert isinstance(answer, Arrived)
    assert b"d1" in answer.receipt.body
    assert await way.outbox.ask(DeliveryId("d2")) == NotArrived()


async def test_deliveries_at_the_same_time_do_not_mix(way: Way) -> None:
    parcels = [
        parcel_for(way, make_document(b"%d" % n * 2000), delivery=f"many-{n}")
        for n in range(20)
    ]

    outcomes = await asyncio.gather(*(way.outbox.deliver(p) for p in parcels))

    assert all(isinstance(outcome, DeliveryConfirmed) for outcome in outcomes)
    assert [way.copies(parcel.delivery) for parcel in parcels] == [1] * 20


async def test_the_total_deadline_holds_against_a_hanging_counterpart(way: Way) -> None:
    way.hang()
    started = time.monotonic()

    outcome = await way.hasty.deliver(parcel_for(way))

    assert time.monotonic() - started < HASTY + 1
    assert isinstance(outcome, OutcomeUnknown | DeliveryFailed)


async def test_a_cancelled_delivery_can_be_repeated(way: Way) -> None:
    way.hang()
    task = asyncio.create_task(way.outbox.deliver(parcel_for(way)))
    await asyncio.sleep(0.05)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    way.heal()
    outcome = await way.outbox.deliver(parcel_for(way))

    assert isinstance(outcome, DeliveryConfirmed)
    assert way.copies(DeliveryId("d1")) == 1


@pytest.mark.parametrize("filename", HOSTILE)
async def test_a_senders_file_name_reaches_no_path_and_ends_no_header(
    way: Way, filename: str
) -> None:
    parcel = parcel_for(way, make_document(), make_attachment(filename=filename))

    outcome = await way.outbox.deliver(parcel)

    assert isinstance(outcome, DeliveryConfirmed)
    for place in way.places():
        assert "../" not in place
        assert "..\\" not in place
        assert not place.lower().startswith("x-injected")
        assert "etc/passwd" not in place
        assert "\x00" not in place
        assert "\n" not in place


async def test_nothing_a_counterpart_does_raises(way: Way) -> None:
    for number, (name, trouble) in enumerate(way.troubles().items()):
        trouble()
        outcome = await way.hasty.deliver(parcel_for(way, delivery=f"t-{number}"))
        answer = await way.hasty.ask(DeliveryId(f"t-{number}"))
        findings = await way.hasty.check()

        assert isinstance(
            outcome, DeliveryConfirmed | DeliveryFailed | OutcomeUnknown
        ), name
        assert isinstance(answer, Arrived | NotArrived | NoAnswer), name
        assert findings, name


async def test_what_is_called_failed_has_not_arrived(way: Way) -> None:
    for number, (name, trouble) in enumerate(way.troubles().items()):
        delivery = DeliveryId(f"t-{number}")
        trouble()
        outcome = await way.hasty.deliver(parcel_for(way, delivery=delivery))

        if isinstance(outcome, DeliveryFailed):
            assert way.copies(delivery) == 0, name
        if isinstance(outcome, DeliveryConfirmed):
            assert way.copies(delivery) == 1, name


async def test_after_any_trouble_a_repetition_leaves_one_copy(way: Way) -> None:
    for number, (name, trouble) in enumerate(way.troubles().items()):
        delivery = DeliveryId(f"t-{number}")
        trouble()
        await way.hasty.deliver(parcel_for(way, delivery=delivery))
        way.heal()
        outcome = await way.outbox.deliver(parcel_for(way, delivery=delivery))

        assert isinstance(outcome, DeliveryConfirmed), name
        assert way.copies(delivery) == 1, name


@pytest.mark.parametrize("size", [0, 1, len(make_document().sha256) * 1000])
async def test_a_document_of_another_size_than_recorded_does_not_arrive(
    way: Way, size: int
) -> None:
    document = replace(make_document(b"x" * 500), size=size)

    outcome = await way.outbox.deliver(parcel_for(way, document, make_attachment()))

    assert isinstance(outcome, DeliveryFailed)
    assert outcome.kind is FailureKind.OURS
    assert way.copies(DeliveryId("d1")) == 0


async def test_a_big_document_arrives_in_pieces(way: Way) -> None:
    document = make_document(b"0123456789abcdef" * 200_000, step=1024 * 1024)

    outcome = await way.outbox.deliver(parcel_for(way, document))

    assert isinstance(outcome, DeliveryConfirmed)
    assert way.copies(DeliveryId("d1")) == 1


async def test_a_check_finds_a_well_counterpart_well_and_changes_nothing(
    way: Way,
) -> None:
    await way.outbox.deliver(parcel_for(way))
    before = way.places()

    findings = await way.outbox.check()

    assert findings
    assert all(finding.ok for finding in findings)
    assert way.places() == before


async def test_closing_twice_is_harmless(way: Way) -> None:
    await way.outbox.deliver(parcel_for(way))
    await way.outbox.aclose()
    await way.outbox.aclose()
