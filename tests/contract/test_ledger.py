"""What a worker commits: whole, once, and only while the case is its own."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from schemas.errors import LeaseLost
from schemas.ids import StepName
from schemas.limits import CALL_DEADLINE, LEASE
from schemas.rules.queues import destination_queue
from schemas.scope import DEFAULT_TENANT
from schemas.states import Checked, Delivered, Quarantined
from schemas.steps import Away
from schemas.work import DueIn, LeasedCase, Progress, Rest
from tests.clocks import TestClock
from tests.contract.acting import (
    CONFIRMED,
    assigned,
    begin,
    checked,
    end,
    opening,
)
from tests.contract.leasing import hired, room
from tests.house import FACHVERFAHREN, SCOPE, House
from tests.looking import (
    assert_chains_hold,
    change,
    change_case,
    row_of,
    rows,
    sizes,
)

OVER = LEASE + CALL_DEADLINE + timedelta(seconds=1)
QUEUE = destination_queue(DEFAULT_TENANT, FACHVERFAHREN)


async def leased_case(home: House, name: str = "w") -> LeasedCase:
    await home.receive()
    [leased] = await (await hired(home, name)).lease(room())
    return leased


async def test_state_event_and_result_are_one_commit(home: House) -> None:
    leased = await leased_case(home)

    after = await home.ports.ledger.commit(leased, checked())

    row = await row_of(home, leased.case)
    assert (row["state"], row["version"], row["seq"]) == ("Checked", 1, 2)
    assert after.done == ("check",)
    assert [step["step"] for step in await rows(home, "steps")] == ["check"]
    await assert_chains_hold(home, leased.case)


async def test_a_commit_that_fails_has_written_nothing(
    database_url: str, home: House, clock: TestClock
) -> None:
    leased = await leased_case(home)
    before = await sizes(home)

    def fail(label: str) -> None:
        if label == "before check":
            raise ConnectionResetError

    other = House(database_url, clock=clock, outboxes={}, boundary=fail)
    with pytest.raises(Exception, match="E-DATABASE-AWAY"):
        await other.ports.ledger.commit(leased, checked())
    await other.close()

    assert await sizes(home) == before
    assert (await row_of(home, leased.case))["state"] == "Received"


async def open_one(home: House, leased: LeasedCase) -> object:
    return await begin(home, leased)


async def end_one(home: House, leased: LeasedCase) -> object:
    return await end(home, leased, CONFIRMED)


async def put_off(home: House, leased: LeasedCase) -> object:
    away = Away(counterpart=FACHVERFAHREN, code="E-AWAY", whole=True)
    return await home.ports.ledger.put_off(leased, assigned(), away)


async def resolve(home: House, leased: LeasedCase) -> object:
    return await home.ports.ledger.resolve_attempt(
        leased, opening(leased), outcome="unknown", code="E-LOST"
    )


async def commit(home: House, leased: LeasedCase) -> object:
    return await home.ports.ledger.commit(leased, checked(Rest()))


@pytest.mark.parametrize("write", [commit, open_one, end_one, put_off, resolve])
async def test_whoever_slept_past_the_lease_cannot_write(
    home: House,
    clock: TestClock,
    write: Callable[[House, LeasedCase], Awaitable[object]],
) -> None:
    leased = await leased_case(home, "sleeper")
    opened = await begin(home, leased)
    assert opened is not None
    clock.advance(OVER)
    await home.take_over()
    before, row = await sizes(home), await row_of(home, leased.case)

    with pytest.raises(LeaseLost):
        await write(home, opened)

    assert await sizes(home) == before
    assert await row_of(home, leased.case) == row
    assert [one["outcome"] for one in await rows(home, "attempts")] == ["open"]


async def test_what_was_read_before_another_commit_cannot_be_written_on(
    home: House,
) -> None:
    leased = await leased_case(home)
    await home.ports.ledger.commit(leased, checked())

    with pytest.raises(LeaseLost):
        await home.ports.ledger.commit(leased, checked())

    assert len(await rows(home, "steps")) == 1


async def test_of_two_commits_at_one_moment_one_is_refused(home: House) -> None:
    leased = await leased_case(home)

    results = await asyncio.gather(
        *(home.ports.ledger.commit(leased, checked()) for _ in range(5)),
        return_exceptions=True,
    )

    assert sum(isinstance(one, LeaseLost) for one in results) == 4
    await assert_chains_hold(home, leased.case)


async def test_a_step_with_a_result_is_known_to_the_next_worker(
    home: House, clock: TestClock
) -> None:
    leased = await leased_case(home)
    await home.ports.ledger.commit(leased, checked())
    clock.advance(OVER)
    await home.take_over()

    [again] = await (await hired(home, "other")).lease(room())

    assert again.done == ("check",)
    assert isinstance(again.case.state, Checked)


async def test_a_new_commit_forgives_the_takeovers(
    home: House, clock: TestClock
) -> None:
    await leased_case(home)
    clock.advance(OVER)
    await home.take_over()
    [again] = await (await hired(home, "other")).lease(room())

    await home.ports.ledger.commit(again, checked())

    assert again.takeovers == 1
    assert (await row_of(home, again.case))["takeovers"] == 0


async def test_an_attempt_is_committed_before_its_first_byte_leaves(
    home: House,
) -> None:
    leased = await leased_case(home)

    opened = await begin(home, leased)

    assert opened is not None
    [attempt], [delivery] = await rows(home, "attempts"), await rows(home, "deliveries")
    assert (attempt["outcome"], attempt["number"]) == ("open", 1)
    assert (delivery["state"], delivery["payload"]) == ("open", "payload")
    kinds = [event.kind for event in await home.cases.events(leased.case)]
    assert kinds == ["SubmissionReceived", "CaseAssigned", "AttemptStarted"]
    assert (await row_of(home, leased.case))["permit"] == QUEUE


async def test_attempts_that_come_straight_from_the_source_use_up_room_too(
    home: House,
) -> None:
    for _ in range(20):
        await home.receive()
    leased = await (await hired(home)).lease(room())

    opened = [await begin(home, one) for one in leased]

    # The destination of the house takes 16 at once.
    assert [one is not None for one in opened] == [True] * 16 + [False] * 4
    waiting = [row for row in await rows(home, "cases") if row["owner"] is None]
    assert {row["queue"] for row in waiting} == {QUEUE}
    assert all(row["trying_since"] is not None for row in waiting)


async def test_nobody_overtakes_who_waits_for_the_destination_already(
    home: House,
) -> None:
    first, _, third = [await home.receive() for _ in range(3)]
    worker = await hired(home)
    one, two, three = await worker.lease(room())
    await home.destinations.pause(SCOPE, FACHVERFAHREN, "Wartung")
    assert await begin(home, two) is None
    await change(home, "destinations", {"mode": "Open", "body": "{}"})

    assert await begin(home, three) is None
    assert await begin(home, one) is not None
    assert (await row_of(home, third))["owner"] is None
    assert (await row_of(home, first))["owner"] == "w"


async def test_bulk_that_waits_keeps_no_fresh_case_back(home: House) -> None:
    bulk, _ = [await home.receive() for _ in range(2)]
    _, two = await (await hired(home)).lease(room())
    values = {"lane": 1, "owner": None, "queue": QUEUE}
    await change_case(home, bulk, values)

    assert await begin(home, two) is not None


async def test_a_confirmed_delivery_gives_its_room_back_with_the_outcome(
    home: House,
) -> None:
    leased = await leased_case(home)
    opened = await begin(home, leased)
    assert opened is not None

    ended = await end(home, opened, CONFIRMED)

    assert ended is not None
    assert isinstance(ended.case.state, Delivered)
    assert (await row_of(home, leased.case))["permit"] == ""
    [attempt], [delivery] = await rows(home, "attempts"), await rows(home, "deliveries")
    assert (attempt["outcome"], delivery["state"]) == ("delivered", "delivered")
    assert delivery["receipt_sealed"] == b"sealed"
    await assert_chains_hold(home, leased.case)


async def test_the_same_trouble_of_many_cases_at_once_is_one_disturbance(
    home: House,
) -> None:
    for _ in range(20):
        await home.receive()
    leased = await (await hired(home)).lease(room())
    step = StepName("check")
    isolated = Progress(
        state=Quarantined(
            code="E-BUG", step=step, since=home.clock.now(), acknowledged=False
        ),
        events=(),
        then=Rest(),
        came_from=leased[0].case.state,
        disturbances=(("step:check", "E-BUG"),),
    )

    await asyncio.gather(*(home.ports.ledger.commit(one, isolated) for one in leased))

    [disturbance] = await rows(home, "disturbances")
    assert (disturbance["subject"], disturbance["reason"]) == ("step:check", "E-BUG")


async def test_whoever_is_put_off_waits_in_the_queue_of_whom_it_needs(
    home: House,
) -> None:
    leased = await leased_case(home)

    await put_off(home, leased)

    row = await row_of(home, leased.case)
    assert (row["queue"], row["owner"], row["own_failures"]) == (QUEUE, None, 0)
    [destination] = await rows(home, "destinations")
    assert destination["mode"] == "Paused"
    assert len(await rows(home, "disturbances")) == 1


async def test_waiting_for_the_next_destination_begins_to_count_anew(
    home: House, clock: TestClock
) -> None:
    leased = await leased_case(home)
    queue = destination_queue(DEFAULT_TENANT, "other")
    await change_case(home, leased.case, {"warned": 1, "trying_since": clock.now()})
    clock.advance(timedelta(days=9))
    opened = await begin(home, leased)
    assert opened is not None
    delivered = await end(home, opened, CONFIRMED)
    assert delivered is not None

    waits = Progress(
        state=delivered.case.state,
        events=(),
        then=DueIn(queue=queue, at=clock.now()),
    )
    await home.ports.ledger.commit(delivered, waits)

    row = await row_of(home, leased.case)
    assert (row["trying_since"], row["warned"]) == (clock.now(), 0)
