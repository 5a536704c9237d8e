"""Replays: planned, released at a rate, and done when the delivery is confirmed."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from schemas.cases import Case
from schemas.deliveries import Parcel
from schemas.errors import FailureKind
from schemas.ids import OfficeId, TenantId
from schemas.outcomes import AttemptOutcome, Certainty, DeliveryFailed, OutcomeUnknown
from schemas.scope import Scope, SomeOffices
from schemas.states import Closed, InReview, Undeliverable
from storage.decisions import Decision
from storage.job_desk import JobDesk
from storage.jobs import Filter, UnknownJob
from tests.clocks import TestClock
from tests.fakes.counterpart import Counterpart
from tests.house import SCOPE, House
from tests.looking import assert_chains_hold, row_of, rows, sizes

BY_ERIKA = Decision(actor="erika", reason="Zertifikat erneuert")
REJECTED = DeliveryFailed(kind=FailureKind.SENDER, code="E-422")
ROUND = timedelta(minutes=1)


async def dead_letters(home: House, counterpart: Counterpart, count: int) -> list[Case]:
    """Cases that the counterpart has rejected; it is well again afterwards."""
    counterpart.behave = lambda _: REJECTED
    cases = [await home.receive() for _ in range(count)]
    await home.work()
    counterpart.behave = lambda _: None
    counterpart.calls.clear()
    return cases


async def replay(
    home: House, wanted: Filter | None = None, *, per_minute: int = 60, stop: int = 0
) -> str:
    return await home.jobs.create(
        SCOPE, wanted or Filter(), BY_ERIKA, per_minute=per_minute, stop_after=stop
    )


async def run_to_its_end(home: House, clock: TestClock, job: str) -> int:
    """Ticks until the job runs no more."""
    for tick in range(1, 500):
        await home.jobs.advance()
        await home.work()
        if (await home.jobs.status(job)).state != "running":
            return tick
        clock.advance(ROUND)
    raise AssertionError(await home.jobs.status(job))


async def states_of(home: House, job: str) -> Counter[str]:
    return Counter(item.state for item in await JobDesk(home.database).items(job))


async def now_of(home: House, case: Case) -> Case:
    return await home.cases.by_number(SCOPE, case.number)


async def test_a_plan_says_how_many_go_where_and_changes_nothing(
    home: House, counterpart: Counterpart
) -> None:
    await dead_letters(home, counterpart, 3)
    before = await sizes(home)

    plan = await home.jobs.plan(SCOPE, Filter())

    assert plan.by_destination() == {"fachverfahren": 3}
    assert plan.replayed_before == 0
    assert await sizes(home) == before


async def test_a_plan_says_what_was_replayed_before(
    home: House, counterpart: Counterpart, clock: TestClock
) -> None:
    await dead_letters(home, counterpart, 2)
    counterpart.behave = lambda _: REJECTED
    await run_to_its_end(home, clock, await replay(home))

    assert (await home.jobs.plan(SCOPE, Filter())).replayed_before == 2


async def test_what_is_replayed_arrives_once_under_the_same_id(
    home: House, counterpart: Counterpart, clock: TestClock
) -> None:
    cases = await dead_letters(home, counterpart, 3)
    before = {row["id"] for row in await rows(home, "deliveries")}

    job = await replay(home)
    await run_to_its_end(home, clock, job)

    assert await states_of(home, job) == {"done": 3}
    assert set(counterpart.copies) == before
    assert set(counterpart.copies.values()) == {1}
    for case in cases:
        assert isinstance((await now_of(home, case)).state, Closed)
    await assert_chains_hold(home, *cases)


async def test_old_attempts_are_kept_as_they_were(
    home: House, counterpart: Counterpart, clock: TestClock
) -> None:
    await dead_letters(home, counterpart, 1)
    [old] = await rows(home, "attempts")

    await run_to_its_end(home, clock, await replay(home))

    attempts = sorted(await rows(home, "attempts"), key=lambda one: one["number"])
    assert dict(attempts[0]) == dict(old)
    assert [one["outcome"] for one in attempts] == ["failed", "delivered"]


async def test_an_item_is_done_when_it_is_confirmed_not_when_it_is_released(
    home: House, counterpart: Counterpart
) -> None:
    await dead_letters(home, counterpart, 1)
    job = await replay(home)

    await home.jobs.advance()
    released = await states_of(home, job)
    await home.work()

    assert released == {"released": 1}
    assert await states_of(home, job) == {"done": 1}


async def test_what_fails_again_is_reported_with_its_code(
    home: House, counterpart: Counterpart, clock: TestClock
) -> None:
    cases = await dead_letters(home, counterpart, 3)
    bad = cases[1].number
    counterpart.behave = lambda parcel: REJECTED if parcel.case_number == bad else None

    job = await replay(home)
    await run_to_its_end(home, clock, job)

    report = [
        (item.number, item.state, item.code)
        for item in await JobDesk(home.database).items(job)
    ]
    assert report == [
        (cases[0].number, "done", ""),
        (bad, "failed", "E-422"),
        (cases[2].number, "done", ""),
    ]
    assert isinstance((await now_of(home, cases[1])).state, Undeliverable)


async def test_a_replay_goes_behind_what_is_fresh(
    home: House, counterpart: Counterpart
) -> None:
    [old] = await dead_letters(home, counterpart, 1)
    await replay(home)
    await home.jobs.advance()

    assert (await row_of(home, old))["lane"] == 1


@pytest.mark.parametrize(("per_minute", "most"), [(60, 1), (600, 10), (30, 1)])
async def test_a_job_keeps_to_its_rate(
    home: House, counterpart: Counterpart, clock: TestClock, per_minute: int, most: int
) -> None:
    await dead_letters(home, counterpart, 25)
    job = await replay(home, per_minute=per_minute)

    released = [await home.jobs.advance() for _ in range(3)]
    clock.advance(timedelta(seconds=60 * most / per_minute))
    released.append(await home.jobs.advance())

    assert released == [most, 0, 0, most]
    assert (await home.jobs.status(job)).waiting == 25


async def test_a_job_stops_after_so_many_failures_and_goes_on_when_told(
    home: House, counterpart: Counterpart, clock: TestClock
) -> None:
    await dead_letters(home, counterpart, 20)
    counterpart.behave = lambda _: REJECTED
    job = await replay(home, stop=3)
    await run_to_its_end(home, clock, job)
    stopped = await home.jobs.status(job)
    counterpart.behave = lambda _: None

    await JobDesk(home.database).resume(SCOPE, job, stop_after=3)
    await run_to_its_end(home, clock, job)

    assert (stopped.state, stopped.failed) == ("stopped", 3)
    assert (await home.jobs.status(job)).state == "done"
    assert await states_of(home, job) == {"failed": 3, "done": 17}


async def test_a_stopped_job_releases_nothing(
    home: House, counterpart: Counterpart
) -> None:
    await dead_letters(home, counterpart, 2)
    job = await replay(home)
    await home.jobs.set_running(job, running=False)

    assert await home.jobs.advance() == 0
    assert await states_of(home, job) == {"planned": 2}


async def test_what_has_gone_on_since_the_plan_is_left_out(
    home: House, counterpart: Counterpart, clock: TestClock
) -> None:
    await dead_letters(home, counterpart, 2)
    first, second = await replay(home), await replay(home)

    await run_to_its_end(home, clock, first)
    await run_to_its_end(home, clock, second)

    assert await states_of(home, second) == {"skipped": 2}
    assert set(counterpart.copies.values()) == {1}


async def test_two_workers_with_one_job_release_each_item_once(
    home: House, counterpart: Counterpart
) -> None:
    await dead_letters(home, counterpart, 30)
    job = await replay(home, per_minute=60 * 30)

    released = await asyncio.gather(*(home.jobs.advance() for _ in range(4)))
    await home.work()

    assert sum(released) == 30
    assert await states_of(home, job) == {"done": 30}


async def test_a_case_in_review_is_done_when_a_person_says_it_has_arrived(
    home: House, counterpart: Counterpart, clock: TestClock
) -> None:
    [case] = await dead_letters(home, counterpart, 1)
    counterpart.certainty = Certainty.NEITHER

    def drop(_: Parcel) -> AttemptOutcome:
        return OutcomeUnknown(code="E-DROPPED")

    counterpart.behave = drop
    job = await replay(home)
    await home.jobs.advance()
    await home.work()
    assert isinstance((await now_of(home, case)).state, InReview)

    await home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=True)
    clock.advance(ROUND)
    await run_to_its_end(home, clock, job)

    assert await states_of(home, job) == {"done": 1}


async def test_nobody_replays_what_is_not_theirs(
    home: House, counterpart: Counterpart
) -> None:
    await dead_letters(home, counterpart, 2)
    offices = SomeOffices(offices=frozenset({OfficeId("bauamt")}))
    for scope in (
        Scope(tenant=SCOPE.tenant, offices=offices),
        Scope(tenant=TenantId("other")),
    ):
        assert (await home.jobs.plan(scope, Filter())).deliveries == ()
        job = await home.jobs.create(
            scope, Filter(), BY_ERIKA, per_minute=60, stop_after=0
        )
        assert (await home.jobs.status(job)).total == 0


async def test_an_empty_job_is_done_at_once(home: House) -> None:
    job = await replay(home)

    await home.jobs.advance()

    assert (await home.jobs.status(job)).state == "done"


async def test_a_job_that_does_not_exist_is_named_so(home: House) -> None:
    with pytest.raises(UnknownJob):
        await home.jobs.status("nothing")


async def test_a_clock_that_was_wrong_does_not_hold_a_job_up(
    home: House, counterpart: Counterpart, clock: TestClock
) -> None:
    await dead_letters(home, counterpart, 2)
    clock.advance(timedelta(days=4000))
    await replay(home)
    await home.jobs.advance()
    clock.advance(timedelta(days=-4000))

    assert await home.jobs.advance() == 1
