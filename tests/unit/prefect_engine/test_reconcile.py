"""Runs that nobody works on are closed; those of the living are left alone."""

from datetime import UTC, datetime, timedelta

from flows.prefect_engine.names import ABANDONED
from flows.prefect_engine.reconcile import Reconciled, close_abandoned
from flows.prefect_engine.rest import Deployment, NewRun, PrefectApi
from tests.fakes.prefect_api import FakePrefect

DEPLOYMENT = Deployment(id="deployment", flow="flow", pool="pool")


async def begun(prefect: FakePrefect, name: str, worker: str, age: timedelta) -> None:
    async with PrefectApi(prefect.address) as api:
        run = NewRun(key=name, name=name, tags=[], batch=name, worker=worker)
        await api.create(DEPLOYMENT, run)
    prefect.named(name)["expected_start_time"] = (datetime.now(UTC) - age).isoformat()


async def reconciled(prefect: FakePrefect, *alive: str) -> Reconciled:
    async with PrefectApi(prefect.address) as api:
        return await close_abandoned(api, frozenset(alive))


def state(prefect: FakePrefect, name: str) -> str:
    return str(prefect.named(name)["state"]["type"])


async def test_a_run_of_a_dead_worker_is_closed_with_a_sentence() -> None:
    prefect = FakePrefect()
    await begun(prefect, "dead", "w1", timedelta(minutes=5))
    await begun(prefect, "alive", "w2", timedelta(minutes=5))

    done = await reconciled(prefect, "w2")

    assert done == Reconciled(closed=1, alive=1)
    assert state(prefect, "dead") == "CRASHED"
    assert prefect.named("dead")["state"]["message"] == ABANDONED
    assert state(prefect, "alive") == "PENDING"


async def test_a_run_that_has_just_begun_is_left_alone() -> None:
    prefect = FakePrefect()
    await begun(prefect, "new", "w1", timedelta(seconds=5))

    assert await reconciled(prefect) == Reconciled(closed=0, alive=0)


async def test_a_run_started_by_hand_has_a_day() -> None:
    prefect = FakePrefect()
    await begun(prefect, "today", "", timedelta(hours=2))
    await begun(prefect, "forgotten", "", timedelta(days=2))

    await reconciled(prefect)

    assert state(prefect, "today") == "PENDING"
    assert state(prefect, "forgotten") == "CRASHED"


async def test_closing_again_finds_nothing() -> None:
    prefect = FakePrefect()
    await begun(prefect, "dead", "w1", timedelta(minutes=5))

    await reconciled(prefect)

    assert await reconciled(prefect) == Reconciled(closed=0, alive=0)
