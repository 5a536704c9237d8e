"""Receiving: once, whole, numbered without a gap, and answered again when repeated."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas.cases import Accepted, KeyGone, KeyReused, Reception, Repeated
from schemas.errors import UnknownCase
from schemas.ids import SenderId, TenantId, TrackingId
from schemas.states import Received
from storage.database import Database
from storage.intake import next_number
from tests.clocks import TestClock
from tests.crash.killing import Moment, run_together
from tests.fakes.counterpart import Counterpart
from tests.house import House, house, service
from tests.looking import assert_chains_hold, assert_gapless, change, rows, sizes

OTHER_TENANT = replace(service(), tenant=TenantId("other"))


async def test_a_submission_becomes_one_whole_case(home: House) -> None:
    case = await home.receive()

    assert (case.number, case.state) == ("2026-000001", Received())
    assert await sizes(home) == {
        "cases": 1,
        "counters": 1,
        "data_keys": 1,
        "destinations": 1,
        "documents": 1,
        "events": 1,
        "snapshots": 1,
        "submission_keys": 1,
    }
    await assert_chains_hold(home, case)


async def test_an_honest_retry_gets_the_first_answer_again(home: House) -> None:
    first = await home.receive(key="k")
    before = await sizes(home)

    again = await home.hand_in(key="k")

    assert again == Repeated(case=first)
    assert await sizes(home) == before


async def test_the_first_answer_comes_also_when_the_case_is_long_done(
    home: House,
) -> None:
    first = await home.receive(key="k")
    await home.work()

    again = await home.hand_in(key="k")

    assert isinstance(again, Repeated)
    assert again.case.number == first.number


async def test_another_submission_under_the_same_key_is_refused(home: House) -> None:
    await home.receive(key="k", body=b"<a/>")
    before = await sizes(home)

    assert await home.hand_in(key="k", body=b"<b/>") == KeyReused()
    assert await sizes(home) == before


async def test_a_key_is_one_senders_own(home: House) -> None:
    await home.receive(key="k", sender=SenderId("a"))

    other = await home.hand_in(key="k", sender=SenderId("b"))

    assert isinstance(other, Accepted)


async def test_a_key_is_one_tenants_own(home: House) -> None:
    await home.receive(key="k")

    other = await home.hand_in(OTHER_TENANT, key="k")

    assert isinstance(other, Accepted)


@pytest.mark.parametrize("body", [b"<antrag/>", b"<other/>"])
async def test_after_deletion_an_old_retry_makes_no_second_case(
    home: House, clock: TestClock, body: bytes
) -> None:
    await home.receive(key="k", body=b"<antrag/>")
    await change(home, "submission_keys", {"gone_at": clock.now()})

    assert await home.hand_in(key="k", body=body) == KeyGone()
    assert (await sizes(home))["cases"] == 1


async def test_keys_are_not_kept_as_they_were_written(home: House) -> None:
    await home.receive(key="Erika Mustermann")

    [kept] = await rows(home, "submission_keys")
    assert "Erika" not in repr(dict(kept))


async def test_twins_at_one_moment_are_one_case(home: House) -> None:
    answers = await asyncio.gather(*(home.hand_in(key="k") for _ in range(20)))

    accepted = [one for one in answers if isinstance(one, Accepted)]
    assert len(accepted) == 1
    assert all(
        isinstance(one, Accepted | Repeated)
        and one.case.number == accepted[0].case.number
        for one in answers
    )
    assert (await sizes(home))["cases"] == 1


def in_a_thread(url: str, boundary: Callable[[str], None]) -> Reception:
    """A door of its own that hands the same in, in a process as it were."""

    async def hand_in() -> Reception:
        door = House(url, clock=TestClock(), outboxes={}, boundary=boundary)
        try:
            return await door.hand_in(key="k")
        finally:
            await door.close()

    return asyncio.run(hand_in())


class Standstill:
    """Holds a transaction open just before its commit."""

    def __init__(self, *, then_fail: bool) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        self._then_fail = then_fail

    def __call__(self, label: str) -> None:
        if label == "before receive":
            self.reached.set()
            self.go_on.wait(10)
            if self._then_fail:
                raise ConnectionResetError


@pytest.mark.parametrize("first_fails", [False, True])
async def test_a_twin_waits_until_it_is_known_what_came_of_the_first(
    home: House, database_url: str, *, first_fails: bool
) -> None:
    standstill = Standstill(then_fail=first_fails)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(in_a_thread, database_url, standstill)
        await asyncio.to_thread(standstill.reached.wait, 10)
        twin = asyncio.create_task(home.hand_in(key="k"))
        await asyncio.sleep(0.2)
        waited = not twin.done()
        standstill.go_on.set()
        answer = await twin

    assert waited
    assert isinstance(answer, Accepted if first_fails else Repeated)
    assert (first.exception() is not None) is first_fails
    assert_gapless([row["number"] for row in await rows(home, "cases")])


async def test_numbers_have_no_gap_whatever_fails_between(
    database_url: str, clock: TestClock
) -> None:
    commits = iter(range(10_000))

    def every_third_fails(label: str) -> None:
        if label == "before receive" and next(commits) % 3 == 0:
            raise ConnectionResetError

    door = House(database_url, clock=clock, outboxes={}, boundary=every_third_fails)
    answers = await asyncio.gather(
        *(door.hand_in() for _ in range(60)), return_exceptions=True
    )

    numbers = [one.case.number for one in answers if isinstance(one, Accepted)]
    assert len(numbers) == 40
    assert_gapless(numbers)
    assert len(await rows(door, "cases")) == 40
    await door.close()


async def test_a_refused_correction_costs_neither_number_nor_key(home: House) -> None:
    reception = await home.hand_in(key="k")
    assert isinstance(reception, Accepted)

    with pytest.raises(UnknownCase):
        await home.hand_in(key="l", replaces=TrackingId("0000-0000"))
    corrected = await home.hand_in(key="l", replaces=reception.case.tracking_id)

    assert isinstance(corrected, Accepted)
    assert corrected.case.number == "2026-000002"
    assert corrected.case.replaces == reception.case.tracking_id


async def test_nobody_corrects_what_another_sender_handed_in(home: House) -> None:
    theirs = await home.receive(sender=SenderId("a"))

    with pytest.raises(UnknownCase):
        await home.hand_in(sender=SenderId("b"), replaces=theirs.tracking_id)


async def test_the_year_of_a_number_is_that_of_german_clocks(
    home: House, clock: TestClock
) -> None:
    before = await home.receive()
    clock.advance(datetime(2026, 12, 31, 23, 0, tzinfo=UTC) - clock.now())

    first, second = await home.receive(), await home.receive()

    assert [before.number, first.number, second.number] == [
        "2026-000001",
        "2027-000001",
        "2027-000002",
    ]


async def test_what_applied_is_kept_once_however_many_cases_it_applied_to(
    home: House,
) -> None:
    await asyncio.gather(*(home.receive() for _ in range(12)))
    await home.hand_in(OTHER_TENANT)
    await home.hand_in(service("elsewhere"))

    kept = await rows(home, "snapshots")
    assert len(kept) == 3
    assert {row["tenant_id"] for row in kept} == {"standard", "other"}


async def test_a_door_whose_commit_failed_has_kept_nothing(
    database_url: str, clock: TestClock
) -> None:
    def fail(label: str) -> None:
        if label == "before receive":
            raise ConnectionResetError

    async with house(database_url, Counterpart(), clock=clock) as home:
        door = House(database_url, clock=clock, outboxes={}, boundary=fail)
        with pytest.raises(Exception, match="E-DATABASE-AWAY"):
            await door.hand_in(key="k")
        await door.close()

        assert await sizes(home) == {"destinations": 1}
        assert isinstance(await home.hand_in(key="k"), Accepted)


async def test_a_case_is_due_by_the_database_clock_not_by_the_doors(
    home: House, clock: TestClock
) -> None:
    reception = await home.hand_in(received_at=clock.now() + timedelta(minutes=20))

    assert isinstance(reception, Accepted)
    assert await home.work() == 1


def test_three_processes_lose_none_of_600_increments(database_url: str) -> None:
    async def count_200(_: Moment) -> None:
        database = Database(database_url, pool_size=4)
        await asyncio.gather(*(count_one(database) for _ in range(200)))
        await database.close()

    run_together(count_200, count_200, count_200)

    async def next_after_all() -> int:
        database = Database(database_url)
        number = await count_one(database)
        await database.close()
        return number

    assert asyncio.run(next_after_all()) == 601


async def count_one(database: Database) -> int:
    async with database.write("count") as connection:
        return await next_number(connection, 2026)
