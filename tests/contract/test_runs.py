"""Our own record of runs: written once, found by case, and only by whom it concerns."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from schemas.cases import Case
from schemas.ids import OfficeId, TenantId, WorkerId
from schemas.scope import DEFAULT_TENANT, Scope, SomeOffices
from storage.runs import CaseOfRun, CaseRun, RunStore
from storage.worklist import Worklist
from tests.clocks import TestClock
from tests.house import SCOPE, House

STARTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    house = House(database_url, clock=TestClock(), outboxes={})
    yield house
    await house.database.close()


def carried(*cases: Case, outcome: str = "Closed") -> list[CaseOfRun]:
    return [
        CaseOfRun(case=one.id, tenant=one.tenant, office=one.office, outcome=outcome)
        for one in cases
    ]


async def test_a_run_is_found_by_each_of_its_cases(house: House) -> None:
    runs = RunStore(house.database)
    first, second = await house.receive(), await house.receive()

    await runs.record("r1", carried(first, second), started_at=STARTED, recorded=True)

    expected = CaseRun(
        run="r1", cases=2, outcome="Closed", started_at=STARTED, recorded=True
    )
    assert await runs.runs_of(SCOPE, first.id) == (expected,)
    assert await runs.runs_of(SCOPE, second.id) == (expected,)


async def test_recording_again_changes_nothing(house: House) -> None:
    runs = RunStore(house.database)
    case = await house.receive()

    for _ in range(2):
        await runs.record("r1", carried(case), started_at=STARTED, recorded=False)

    assert len(await runs.runs_of(SCOPE, case.id)) == 1


async def test_a_run_without_outcomes_leaves_no_trace(house: House) -> None:
    runs = RunStore(house.database)
    await runs.record("r1", [], started_at=STARTED, recorded=True)

    assert not await runs.mark_recorded("r1", "r2")


async def test_a_batch_bears_prefects_id_once_prefect_knows_it(house: House) -> None:
    runs = RunStore(house.database)
    case = await house.receive()
    await runs.record("batch", carried(case), started_at=STARTED, recorded=False)

    assert await runs.mark_recorded("batch", "prefects-id")

    (run,) = await runs.runs_of(SCOPE, case.id)
    assert (run.run, run.recorded) == ("prefects-id", True)
    assert not await runs.mark_recorded("batch", "prefects-id")


async def test_runs_come_newest_first(house: House) -> None:
    runs = RunStore(house.database)
    case = await house.receive()
    for number in range(3):
        moment = STARTED + timedelta(minutes=number)
        await runs.record(f"r{number}", carried(case), started_at=moment, recorded=True)

    assert [run.run for run in await runs.runs_of(SCOPE, case.id)] == ["r2", "r1", "r0"]


async def test_other_offices_and_tenants_see_nothing(house: House) -> None:
    runs = RunStore(house.database)
    case = await house.receive()
    await runs.record("r1", carried(case), started_at=STARTED, recorded=True)
    jugendamt = SomeOffices(offices=frozenset({OfficeId("jugendamt")}))

    assert await runs.runs_of(Scope(tenant=TenantId("other")), case.id) == ()
    assert (
        await runs.runs_of(Scope(tenant=DEFAULT_TENANT, offices=jugendamt), case.id)
        == ()
    )


async def test_workers_live_as_long_as_their_lease(house: House) -> None:
    runs, clock = RunStore(house.database), house.clock
    assert isinstance(clock, TestClock)
    for name, lease in (("short", 10), ("long", 60)):
        worklist = Worklist(house.database, WorkerId(name))
        await worklist.register(timedelta(seconds=lease))

    clock.advance(timedelta(seconds=30))

    assert await runs.living_workers() == {"long"}
