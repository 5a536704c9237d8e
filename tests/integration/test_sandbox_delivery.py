"""Deliveries over real connections, to a system that misbehaves in every way."""

import asyncio
import resource
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.http import codec
from adapters.http.adapter import HttpOutbox
from adapters.http.parsing import parse_connection
from adapters.http.sandbox import Fault, SandboxOptions, SpecialistSystem, Target
from schemas.deliveries import Parcel
from schemas.errors import FailureKind, ObjectDamaged
from schemas.fields import Fields
from schemas.ids import DeliveryId
from schemas.limits import MIB
from schemas.outcomes import (
    Arrived,
    AttemptOutcome,
    DeliveryConfirmed,
    DeliveryFailed,
    NoAnswer,
    NotArrived,
    OutcomeUnknown,
)
from schemas.services import Setting
from tests.contract.ways_out import surroundings
from tests.parcels import make_attachment, make_document, make_parcel

MAPPING: dict[str, Setting] = {"path": "/vorgaenge"}


def outbox_to(url: str, home: Path, **settings: Setting) -> HttpOutbox:
    fields = Fields(
        {
            "base_url": url,
            "certainty": "can_be_asked",
            "receipt_path": "/vorgaenge/{delivery_id}",
            "deadline": 5,
            **settings,
        }
    )
    connection = parse_connection(fields)
    assert fields.finish() == ()
    return HttpOutbox(connection, surroundings(home), parallel=4)


def parcel(delivery: str = "d1", size: int = 100) -> Parcel:
    document = make_document(b"x" * size, step=MIB)
    return make_parcel(document, make_attachment(), delivery=delivery, mapping=MAPPING)


@pytest.fixture
async def system() -> AsyncIterator[SpecialistSystem]:
    async with SpecialistSystem() as system:
        yield system


@pytest.fixture
async def outbox(system: SpecialistSystem, tmp_path: Path) -> AsyncIterator[HttpOutbox]:
    outbox = outbox_to(system.url, tmp_path)
    yield outbox
    await outbox.aclose()


@pytest.fixture
async def hasty(system: SpecialistSystem, tmp_path: Path) -> AsyncIterator[HttpOutbox]:
    outbox = outbox_to(system.url, tmp_path, deadline=0.3)
    yield outbox
    await outbox.aclose()


@pytest.mark.parametrize(
    ("fault", "copies"),
    [
        (Fault.STATUS, 0),
        (Fault.STORE_STATUS, 1),
        (Fault.DROP, 0),
        (Fault.STORE_DROP, 1),
        (Fault.GARBAGE, 0),
        (Fault.STORE_SHORT, 1),
        (Fault.HANG, 0),
        (Fault.STORE_HANG, 1),
        (Fault.STORE_SLOW, 1),
    ],
)
async def test_what_is_unknown_is_settled_by_asking(
    hasty: HttpOutbox, system: SpecialistSystem, fault: Fault, copies: int
) -> None:
    system.misbehave(fault)
    outcome = await hasty.deliver(parcel())
    system.behave()
    answer = await hasty.ask(DeliveryId("d1"))

    assert isinstance(outcome, OutcomeUnknown)
    assert isinstance(answer, Arrived if copies else NotArrived)
    assert len(system.copies("d1")) == copies


async def test_an_endless_receipt_is_cut_within_the_deadline(
    hasty: HttpOutbox, system: SpecialistSystem
) -> None:
    system.misbehave(Fault.STORE_ENDLESS)

    outcome = await hasty.deliver(parcel())

    assert isinstance(outcome, DeliveryConfirmed)
    assert outcome.receipt.media_type.endswith("cut=true")


async def test_a_refused_connection_pauses_the_whole_destination(
    outbox: HttpOutbox, system: SpecialistSystem
) -> None:
    await system.stop()

    outcome = await outbox.deliver(parcel())

    assert outcome == DeliveryFailed(
        kind=FailureKind.AWAY, code=codec.REFUSED, whole_destination=True
    )
    assert await outbox.ask(DeliveryId("d1")) == NoAnswer(code=codec.REFUSED)


async def test_an_unknown_host_pauses_the_whole_destination(tmp_path: Path) -> None:
    outbox = outbox_to("http://nobody.invalid", tmp_path)
    outcome = await outbox.deliver(parcel())
    findings = await outbox.check()
    await outbox.aclose()

    assert isinstance(outcome, DeliveryFailed)
    assert outcome.whole_destination
    assert outcome.code == codec.DNS
    assert [finding.ok for finding in findings] == [False, True, False]


async def test_a_connection_that_is_never_accepted_is_away(tmp_path: Path) -> None:
    def never(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    # TLS to a server that closes at once: the handshake ends, nothing was sent.
    outbox = outbox_to(f"https://127.0.0.1:{port}", tmp_path)
    outcome = await outbox.deliver(parcel())
    await outbox.aclose()
    server.close()

    assert isinstance(outcome, DeliveryFailed)
    assert outcome.whole_destination


async def test_connections_are_kept_alive(
    outbox: HttpOutbox, system: SpecialistSystem
) -> None:
    for number in range(10):
        await outbox.deliver(parcel(f"d{number}"))

    assert system.connections == 1


async def test_a_system_that_restarted_gets_a_new_connection(
    outbox: HttpOutbox, system: SpecialistSystem
) -> None:
    await outbox.deliver(parcel("d1"))
    await system.stop()
    await system.start()

    outcome = await outbox.deliver(parcel("d2"))

    assert isinstance(outcome, DeliveryConfirmed)


async def test_the_deadline_is_total_however_slowly_an_answer_trickles(
    hasty: HttpOutbox, system: SpecialistSystem
) -> None:
    system.misbehave(Fault.STORE_SLOW)
    started = time.monotonic()

    await hasty.deliver(parcel())

    assert time.monotonic() - started < 1


async def slow_delivery(outbox: HttpOutbox, first: bytes) -> AttemptOutcome:
    async def slow() -> AsyncIterator[bytes]:
        yield first
        yield b"x"
        await asyncio.sleep(30)

    document = replace(make_document(), open=slow, size=len(first) + 2)
    return await outbox.deliver(make_parcel(document, delivery="d1", mapping=MAPPING))


async def test_time_that_ends_before_the_first_byte_is_no_doubt(
    hasty: HttpOutbox,
) -> None:
    outcome = await slow_delivery(hasty, b"")

    assert outcome == DeliveryFailed(kind=FailureKind.AWAY, code=codec.TIMEOUT)


async def test_time_that_ends_after_the_first_byte_is_unknown(
    hasty: HttpOutbox, system: SpecialistSystem
) -> None:
    outcome = await slow_delivery(hasty, b"x" * 200_000)

    assert outcome == OutcomeUnknown(code=codec.NO_ANSWER)
    assert system.copies("d1") == ()


async def test_a_document_that_breaks_midway_was_certainly_not_delivered(
    outbox: HttpOutbox, system: SpecialistSystem
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * MIB
        raise ObjectDamaged

    document = replace(make_document(), open=broken, size=2 * MIB)

    outcome = await outbox.deliver(
        make_parcel(document, delivery="d1", mapping=MAPPING)
    )
    healthy = await outbox.deliver(parcel("d2"))

    assert outcome == DeliveryFailed(kind=FailureKind.OURS, code=ObjectDamaged.code)
    assert isinstance(healthy, DeliveryConfirmed)
    assert list(system.counts()) == ["d2"]


@pytest.mark.parametrize("surplus", [b"y", b"z" * MIB])
async def test_a_document_that_is_longer_than_recorded_is_never_complete(
    outbox: HttpOutbox, system: SpecialistSystem, surplus: bytes
) -> None:
    async def longer() -> AsyncIterator[bytes]:
        yield b"x" * MIB
        await asyncio.sleep(0.1)
        yield surplus

    document = replace(make_document(), open=longer, size=MIB)
    alone = make_parcel(document, delivery="d1", mapping={"path": "/", "body": "main"})

    outcome = await outbox.deliver(alone)

    assert outcome == DeliveryFailed(kind=FailureKind.OURS, code=ObjectDamaged.code)
    assert system.copies("d1") == ()


async def test_a_question_that_hangs_has_no_answer(
    hasty: HttpOutbox, system: SpecialistSystem
) -> None:
    system.misbehave(Fault.HANG, target=Target.RECEIPTS)

    answer = await hasty.ask(DeliveryId("d1"))

    assert answer == NoAnswer(code=codec.NO_ANSWER)


@pytest.mark.parametrize(
    ("fault", "status", "well"),
    [
        (Fault.STATUS, 200, True),
        (Fault.STATUS, 403, False),
        (Fault.STATUS, 404, False),
        (Fault.DROP, 0, False),
        (Fault.GARBAGE, 0, False),
    ],
)
async def test_a_check_path_must_be_answered_well(
    system: SpecialistSystem, tmp_path: Path, fault: Fault, status: int, *, well: bool
) -> None:
    outbox = outbox_to(system.url, tmp_path, check_path="/status")
    system.misbehave(fault, status=status, target=Target.RECEIPTS)

    findings = await outbox.check()
    await outbox.aclose()

    assert [finding.ok for finding in findings] == [True, True, True, well]


async def test_cancelling_closes_the_connection(
    outbox: HttpOutbox, system: SpecialistSystem
) -> None:
    system.misbehave(Fault.HANG, times=1)
    task = asyncio.create_task(outbox.deliver(parcel("d1")))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    outcome = await outbox.deliver(parcel("d2"))

    assert isinstance(outcome, DeliveryConfirmed)
    assert system.connections == 2


async def test_a_big_case_is_never_held_as_a_whole(
    outbox: HttpOutbox, system: SpecialistSystem
) -> None:
    async def big() -> AsyncIterator[bytes]:
        for _ in range(150):
            yield bytes(MIB)

    document = replace(make_document(), open=big, size=150 * MIB)
    await outbox.deliver(parcel("warm", size=2 * MIB))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    outcome = await outbox.deliver(
        make_parcel(document, delivery="big", mapping=MAPPING)
    )
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert isinstance(outcome, DeliveryConfirmed)
    assert system.copies("big")[0].size > 150 * MIB
    assert (after - before) * 1024 < 30 * MIB


async def test_a_check_asks_whether_the_login_holds(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("alt")
    async with SpecialistSystem(SandboxOptions(token="neu")) as system:
        outbox = outbox_to(
            system.url,
            tmp_path,
            auth="token",
            token="file:token",
            check_path="/health",
        )
        refused = await outbox.check()
        (tmp_path / "token").write_text("neu")
        outcome = await outbox.deliver(parcel())
        well = await outbox.check()
        system.misbehave(Fault.STATUS, status=500)
        await outbox.aclose()

    assert [finding.ok for finding in refused] == [True, True, True, False]
    assert "secret" in refused[-1].remedy
    assert isinstance(outcome, DeliveryConfirmed)
    assert all(finding.ok for finding in well)


async def test_a_check_never_delivers(
    outbox: HttpOutbox, system: SpecialistSystem
) -> None:
    await outbox.check()

    assert system.counts() == {}
    assert system.requests == 0
