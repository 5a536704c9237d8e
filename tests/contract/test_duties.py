"""What time does: each duty by one worker, each alarm once, nothing given up early."""

import asyncio
from datetime import timedelta

import pytest

from schemas.cases import Case
from schemas.events import SubmissionReceived
from schemas.ids import StepName, WorkerId
from schemas.limits import CALL_DEADLINE, LEASE
from schemas.rules.waits import GIVE_UP_AFTER
from schemas.states import Closed, Quarantined, Received, Undeliverable
from schemas.work import Progress, Rest
from storage.decisions import Decision
from storage.duties import Duties
from storage.jobs import Filter
from storage.ledger import Ledger
from tests.clocks import TestClock
from tests.contract.leasing import hired, room
from tests.fakes.counterpart import Counterpart
from tests.house import FACHVERFAHREN, SCOPE, House
from tests.looking import assert_chains_hold, change_case, row_of, rows

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def duties_of(home: House, worker: str) -> Duties:
    return Duties(home.database, WorkerId(worker))


async def now_of(home: House, case: Case) -> Case:
    return await home.cases.by_number(SCOPE, case.number)


async def test_a_duty_has_one_holder_until_it_is_over(
    home: House, clock: TestClock
) -> None:
    one, other = duties_of(home, "a"), duties_of(home, "b")

    assert await one.claim("jobs", MINUTE)
    assert not await other.claim("jobs", MINUTE)
    assert await one.claim("jobs", MINUTE)
    assert await other.claim("another", MINUTE)
    clock.advance(MINUTE + timedelta(seconds=1))
    assert await other.claim("jobs", MINUTE)
    assert not await one.claim("jobs", MINUTE)


async def test_of_many_who_claim_a_new_duty_at_once_one_has_it(home: House) -> None:
    claims = [duties_of(home, f"w{n}").claim("jobs", MINUTE) for n in range(12)]

    assert sum(await asyncio.gather(*claims)) == 1


async def test_who_dies_leaves_its_duties_when_its_cases_are_taken_over(
    home: House, clock: TestClock
) -> None:
    await hired(home, "a")
    await duties_of(home, "a").claim("poll:post", HOUR)
    other = duties_of(home, "b")

    await home.take_over()
    assert not await other.claim("poll:post", HOUR)
    clock.advance(LEASE + CALL_DEADLINE + timedelta(seconds=1))
    await home.take_over()

    assert await other.claim("poll:post", HOUR)


async def test_who_is_done_with_a_duty_gives_it_back(home: House) -> None:
    one, other = duties_of(home, "a"), duties_of(home, "b")
    await one.claim("poll:post", HOUR)

    await other.release("poll:post")
    assert not await other.claim("poll:post", HOUR)
    await one.release("poll:post")

    assert await other.claim("poll:post", HOUR)


async def test_who_retires_leaves_its_duties_to_others(home: House) -> None:
    worker = await hired(home, "a")
    await duties_of(home, "a").claim("jobs", DAY)

    await worker.retire()

    assert await duties_of(home, "b").claim("jobs", DAY)


async def test_a_duty_that_a_wrong_clock_took_for_years_comes_free(
    home: House, clock: TestClock
) -> None:
    clock.advance(4000 * DAY)
    await duties_of(home, "a").claim("takeover", MINUTE)
    clock.advance(-4000 * DAY)

    assert await duties_of(home, "b").claim("takeover", MINUTE)


async def test_duties_of_the_dead_are_forgotten_a_day_later(
    home: House, clock: TestClock
) -> None:
    await duties_of(home, "a").claim("jobs", MINUTE)
    clock.advance(HOUR)
    await home.duties().forget_dead_workers()
    kept = len(await rows(home, "leases"))
    clock.advance(DAY)
    await home.duties().forget_dead_workers()

    assert (kept, await rows(home, "leases")) == (1, [])


async def waiting_case(home: House) -> Case:
    """A case whose destination is held by a person, without a single attempt."""
    await home.destinations.pause(SCOPE, FACHVERFAHREN, "Wartung")
    case = await home.receive()
    await home.work()
    return case


async def test_waiting_is_warned_of_once_at_half_time(
    home: House, clock: TestClock
) -> None:
    case = await waiting_case(home)
    clock.advance(GIVE_UP_AFTER / 2 - HOUR)
    await home.duties().give_up()
    early = await rows(home, "disturbances")
    clock.advance(HOUR)
    for _ in range(3):
        assert await home.duties().give_up() == 0

    [disturbance] = await rows(home, "disturbances")
    assert early == []
    assert disturbance["reason"] == "E-WAITS-LONG"
    assert (await row_of(home, case))["warned"] == 1


async def test_what_never_got_an_attempt_is_given_up_all_the_same(
    home: House, clock: TestClock
) -> None:
    case = await waiting_case(home)
    clock.advance(GIVE_UP_AFTER)

    assert await home.duties().give_up() == 1
    assert await home.duties().give_up() == 0

    given_up = await now_of(home, case)
    assert given_up.state == Undeliverable(
        destination=FACHVERFAHREN, code="E-GIVEN-UP", since=clock.now()
    )
    [delivery] = await rows(home, "deliveries")
    assert (delivery["state"], delivery["payload"]) == ("dead", "")
    await assert_chains_hold(home, case)


async def test_what_was_given_up_can_be_replayed_and_arrives(
    home: House, clock: TestClock, counterpart: Counterpart
) -> None:
    case = await waiting_case(home)
    clock.advance(GIVE_UP_AFTER)
    await home.duties().give_up()
    await home.destinations.resume(SCOPE, FACHVERFAHREN)

    await replay_everything(home)

    assert isinstance((await now_of(home, case)).state, Closed)
    assert counterpart.taken == [case.number]


async def replay_everything(home: House) -> None:
    await home.jobs.create(
        SCOPE,
        Filter(),
        Decision(actor="erika", reason="wieder da"),
        per_minute=600,
        stop_after=0,
    )
    await home.jobs.advance()
    await home.work()


async def test_nobody_is_given_up_while_a_worker_has_the_case(
    home: House, clock: TestClock
) -> None:
    case = await waiting_case(home)
    clock.advance(GIVE_UP_AFTER)
    await change_case(home, case, {"owner": "w"})

    assert await home.duties().give_up() == 0


async def test_what_waits_for_our_own_archive_is_never_given_up(
    home: House, clock: TestClock
) -> None:
    case = await waiting_case(home)
    await change_case(home, case, {"state": "Delivered", "state_body": "{}"})
    clock.advance(3 * GIVE_UP_AFTER)

    assert await home.duties().give_up() == 0
    row = await row_of(home, case)
    assert (row["state"], row["warned"]) == ("Delivered", 2)
    assert await home.duties().give_up() == 0


async def quarantined_case(home: House, *, acknowledged: bool) -> Case:
    case = await home.receive()
    worker = await hired(home, case.id)
    [leased] = await worker.lease(room(1))
    state = Quarantined(
        code="E-BUG",
        step=StepName("check"),
        since=home.clock.now(),
        acknowledged=acknowledged,
    )
    event = SubmissionReceived(documents=0, fingerprint="", snapshot=case.snapshot)
    await Ledger(home.database).commit(
        leased,
        Progress(
            state=state,
            events=(event,),
            then=Rest(),
            came_from=Received(),
            disturbances=(("step:check", "E-BUG"),),
        ),
    )
    return case


async def test_a_sender_without_receipt_alarms_on_day_3_and_9_and_has_one_on_12(
    home: House, clock: TestClock
) -> None:
    case = await quarantined_case(home, acknowledged=False)
    alarms: dict[int, int] = {}
    for day in range(1, 16):
        clock.advance(DAY)
        for _ in range(2):
            if acted := await home.duties().watch_quarantine():
                alarms[day] = acted
            await home.duties().close_troubles()

    assert alarms == {3: 1, 9: 1, 12: 1}
    state = (await now_of(home, case)).state
    assert isinstance(state, Quarantined)
    assert state.acknowledged
    reasons = [row["reason"] for row in await rows(home, "disturbances")]
    assert sorted(reasons) == [
        "E-BUG",
        "E-UNACKNOWLEDGED-1",
        "E-UNACKNOWLEDGED-2",
        "E-UNACKNOWLEDGED-3",
    ]
    await assert_chains_hold(home, case)


async def test_whoever_has_a_receipt_alarms_nobody(
    home: House, clock: TestClock
) -> None:
    await quarantined_case(home, acknowledged=True)
    clock.advance(20 * DAY)

    assert await home.duties().watch_quarantine() == 0


@pytest.mark.parametrize("released", [False, True])
async def test_a_trouble_is_over_when_no_case_is_quarantined_for_it(
    home: House, *, released: bool
) -> None:
    case = await quarantined_case(home, acknowledged=False)
    if released:
        await change_case(home, case, {"state": "Received", "state_body": "{}"})

    await home.duties().close_troubles()

    [disturbance] = await rows(home, "disturbances")
    assert (disturbance["closed_at"] is not None) is released
