"""A late rejection: a dead letter again, and a replay that goes to the very end."""

from datetime import timedelta

import pytest

from schemas.channels import Stage
from schemas.errors import CaseMoved
from schemas.events import DeliveryRejected
from schemas.ids import DeliveryId, DestinationId
from schemas.states import Closed, Problem, Undeliverable
from storage.chain import fields_of
from storage.channels import ChannelStore
from storage.memory import MemoryArchive
from tests.clocks import TestClock
from tests.contract.following import (
    CODE,
    HASH,
    delivered,
    deliveries,
    replay,
    shown,
    store,
)
from tests.contract.leasing import hired, room
from tests.fakes.counterpart import Counterpart
from tests.house import FACHVERFAHREN, SCOPE, House, destination, service
from tests.looking import assert_chains_hold, change_case, row_of, rows

ARCHIV = DestinationId("archivsystem")


async def state_of(home: House) -> object:
    [case] = await home.cases.list(SCOPE)
    return case.state


async def test_a_closed_case_becomes_a_dead_letter(
    home: House, clock: TestClock
) -> None:
    delivery = await delivered(home)

    case = await store(home).reopen(delivery, CODE, (HASH,))

    assert case is not None
    wanted = Undeliverable(destination=FACHVERFAHREN, code=CODE, since=clock.now())
    assert await state_of(home) == case.state == wanted
    found = await rows(home, "deliveries")
    assert {row["generation"]: row["state"] for row in found} == {
        1: "rejected",
        2: "dead",
    }
    done = {row["step"] for row in await rows(home, "steps")}
    assert done == {"check", "scan", "acknowledge", "assign"}
    *_, last = await home.cases.events(case)
    assert fields_of(last.kind, last.body) == DeliveryRejected(
        delivery=delivery, destination=FACHVERFAHREN, codes=(CODE, "E-FIT-HASH")
    )
    await assert_chains_hold(home, case)


async def test_it_is_followed_no_more_and_shows_why(
    home: House, clock: TestClock
) -> None:
    delivery, again = await delivered(home), clock.now() + timedelta(hours=1)
    await store(home).keep(delivery, shown(home, Stage.SUBMITTED), again)

    await store(home).reopen(delivery, CODE, (HASH,))

    [trace] = (await ChannelStore(home.database).find(SCOPE, delivery)).transmissions
    assert (trace.next_look_at, trace.problems) == (None, (HASH,))
    assert (trace.stage, trace.delivery_state) == (Stage.REJECTED, "rejected")


async def test_it_is_taken_back_once_whoever_says_so_again(home: House) -> None:
    delivery = await delivered(home)
    await store(home).reopen(delivery, CODE, ())
    before = await rows(home, "events")

    assert await store(home).reopen(delivery, CODE, ()) is None
    assert await rows(home, "events") == before


async def test_a_replay_delivers_anew_under_another_id_and_archives_again(
    home: House, counterpart: Counterpart, clock: TestClock
) -> None:
    first = await delivered(home)
    await store(home).reopen(first, CODE, (HASH,))

    job = await replay(home)
    clock.advance(timedelta(minutes=1))
    await home.jobs.advance()

    _, second = await deliveries(home)
    assert counterpart.copies == {first: 1, second: 1}
    state = await state_of(home)
    assert isinstance(state, Closed)
    assert state.package.endswith("/p0002")
    assert (await home.jobs.status(job)).state == "done"
    assert (await home.jobs.status(job)).done == 1
    for name in ("p0001", "p0002"):
        location = state.package.removesuffix("p0002") + name
        assert await home.ports.archive.verify_package(location)
    [case] = await home.cases.list(SCOPE)
    await assert_chains_hold(home, case)


async def test_the_second_package_proves_both_deliveries(home: House) -> None:
    first = await delivered(home)
    await store(home).reopen(first, CODE, ())
    await replay(home)
    _, second = await deliveries(home)

    state, archive = await state_of(home), home.ports.archive
    assert isinstance(state, Closed)
    assert isinstance(archive, MemoryArchive)
    package = archive.packages[state.package]
    receipts = {name for name in package if "receipt-" in name}
    assert receipts == {f"evidence/receipt-{one}.amtv" for one in (first, second)}
    assert b"DeliveryRejected" in package["evidence/events.jsonl"]


async def test_it_may_be_rejected_again_and_again(home: House) -> None:
    await delivered(home)
    for round_ in range(2, 5):
        newest = (await deliveries(home))[-1]
        await store(home).reopen(newest, CODE, ())
        await replay(home)
        state = await state_of(home)
        assert isinstance(state, Closed)
        assert state.package.endswith(f"/p000{round_}")


async def test_while_a_worker_has_the_case_it_is_tried_later(home: House) -> None:
    delivery = await delivered(home)
    [case] = await home.cases.list(SCOPE)
    await change_case(home, case, {"owner": "w"})
    before = await rows(home, "deliveries")

    with pytest.raises(CaseMoved):
        await store(home).reopen(delivery, CODE, ())

    assert await rows(home, "deliveries") == before


@pytest.mark.parametrize(
    ("state", "body"),
    [
        ("InReview", '{"question":"q","step":"review","since":"2026-03-02T09:00:00Z"}'),
        ("Waiting", '{"reason":"r","step":"await","until":"2026-03-02T09:00:00Z"}'),
        (
            "Undeliverable",
            '{"destination":"x","code":"E","since":"2026-03-02T09:00:00Z"}',
        ),
    ],
)
async def test_a_case_aside_is_left_where_it_is_until_later(
    home: House, state: str, body: str
) -> None:
    delivery = await delivered(home)
    [case] = await home.cases.list(SCOPE)
    await change_case(home, case, {"state": state, "state_body": body})

    with pytest.raises(CaseMoved):
        await store(home).reopen(delivery, CODE, ())


async def test_a_case_that_waits_for_the_archive_is_taken_back_too(
    home: House,
) -> None:
    delivery = await delivered(home)
    [case] = await home.cases.list(SCOPE)
    due = {"due_at": home.clock.now(), "queue": "d:standard/.archive"}
    await change_case(home, case, {"state": "Delivered", "state_body": "{}"} | due)

    await store(home).reopen(delivery, CODE, ())

    row = await row_of(home, case)
    assert (row["state"], row["due_at"], row["line"]) == ("Undeliverable", None, "")


async def test_who_leased_it_before_cannot_commit_after(home: House) -> None:
    await home.receive()
    worker = await hired(home)
    [leased] = await worker.lease(room())
    await worker.forfeit(leased)
    await home.work()
    [delivery] = await deliveries(home)
    [case] = await home.cases.list(SCOPE)
    before = (await row_of(home, case))["version"]

    await store(home).reopen(delivery, CODE, ())

    assert (await row_of(home, case))["version"] == before + 1


async def test_texts_of_the_counterpart_come_into_no_event(home: House) -> None:
    delivery = await delivered(home)
    hostile = Problem(code="Erika Muster", location="", german="", english="")

    case = await store(home).reopen(delivery, CODE, (hostile, HASH))

    assert case is not None
    *_, last = await home.cases.events(case)
    assert b"Erika" not in last.body
    assert b"E-FIT-HASH" in last.body


async def test_it_alarms_until_no_case_lies_dead_for_it(home: House) -> None:
    delivery = await delivered(home)
    await store(home).reopen(delivery, CODE, ())
    await home.duties().close_troubles()
    [told] = await rows(home, "disturbances")
    await replay(home)
    await home.duties().close_troubles()

    assert (told["subject"], told["reason"]) == ("rejected:fachverfahren", CODE)
    assert told["closed_at"] is None
    [over] = await rows(home, "disturbances")
    assert over["closed_at"] is not None


@pytest.fixture
async def two_ways(home: House, counterpart: Counterpart) -> tuple[House, Counterpart]:
    """A house with two destinations."""
    other = Counterpart()
    home.outboxes[ARCHIV] = other
    await home.destinations.sync([destination(), destination(ARCHIV)])
    return home, other


async def test_what_another_destination_has_is_not_sent_there_again(
    two_ways: tuple[House, Counterpart], counterpart: Counterpart
) -> None:
    home, other = two_ways
    await home.receive(service(FACHVERFAHREN, ARCHIV))
    await home.work()
    [rejected] = [
        DeliveryId(row["id"])
        for row in await rows(home, "deliveries")
        if row["destination"] == FACHVERFAHREN
    ]

    await store(home).reopen(rejected, CODE, ())
    await replay(home)

    assert isinstance(await state_of(home), Closed)
    assert (len(counterpart.taken), len(other.taken)) == (2, 1)


async def test_rejected_by_the_one_while_it_waits_for_the_other(
    two_ways: tuple[House, Counterpart], counterpart: Counterpart
) -> None:
    home, other = two_ways
    await home.destinations.pause(SCOPE, ARCHIV, "Wartung")
    await home.receive(service(FACHVERFAHREN, ARCHIV))
    await home.work()
    [rejected] = await deliveries(home)

    await store(home).reopen(rejected, CODE, ())
    await home.destinations.resume(SCOPE, ARCHIV)
    await replay(home)

    state = await state_of(home)
    assert isinstance(state, Closed)
    # Nothing was archived before: no gap where there was nothing.
    assert state.package.endswith("/p0001")
    assert (len(counterpart.taken), len(other.taken)) == (2, 1)


async def test_a_package_of_a_worker_that_died_stands_in_nobodys_way(
    home: House, clock: TestClock
) -> None:
    delivery = await delivered(home)
    [case] = await home.cases.list(SCOPE)
    # As if the worker had died after writing p0001, before its commit.
    await _forget_archiving(home)
    await change_case(home, case, {"state": "Delivered", "state_body": "{}"})
    await store(home).keep(
        delivery, shown(home, Stage.REJECTED), clock.now() + timedelta(hours=1)
    )
    await store(home).reopen(delivery, CODE, ())

    await replay(home)

    state = await state_of(home)
    assert isinstance(state, Closed)
    assert state.package.endswith("/p0002")


async def _forget_archiving(home: House) -> None:
    """Cut the chain where the delivery was confirmed."""
    from sqlalchemy import delete  # noqa: PLC0415

    from storage.tables.base import metadata  # noqa: PLC0415

    events, steps = metadata.tables["events"], metadata.tables["steps"]
    last = max(
        (row for row in await rows(home, "events") if row["kind"] == "CaseDelivered"),
        key=lambda row: row["seq"],
    )
    async with home.database.write("test") as connection:
        await connection.execute(delete(events).where(events.c.seq > last["seq"]))
        await connection.execute(
            delete(steps).where(steps.c.step.in_(("archive", "close")))
        )
    [case] = await home.cases.list(SCOPE)
    await change_case(home, case, {"seq": last["seq"], "head": last["hash"]})
