"""What operators start in Prefect's pages runs in another process, and is harmless."""

import asyncio
import shutil
from pathlib import Path

from flows.prefect_engine.names import NO_EFFECT, UNKNOWN_RUN, worked_on
from tests.counterparts.prefect import (
    ROOT,
    Found,
    PrefectCounterpart,
    running_engine,
)
from tests.fakes.runs import CountingWork, carry, make_batch


async def started_by_hand(
    prefect: PrefectCounterpart, name: str, **parameters: str
) -> str:
    deployment = await prefect.ask("GET", f"/deployments/name/{name}/{name}")
    run = await prefect.ask(
        "POST",
        f"/deployments/{deployment['id']}/create_flow_run",
        {"parameters": parameters},
    )
    return str(run["id"])


async def a_run_that_somebody_retries(prefect: PrefectCounterpart) -> str:
    work = CountingWork()
    async with running_engine(prefect) as engine:
        batch = make_batch(work_case=work)
        await carry(engine, batch)
        await prefect.run_tagged(f"case:{batch.cases[0].case.number}")
    retry = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}, "force": True}
    await prefect.ask("POST", f"/flow_runs/{batch.run_id}/set_state", retry)
    assert len(work.done) == 1
    return batch.run_id


async def state_of(prefect: PrefectCounterpart, run: str) -> Found:
    found: Found = (await prefect.ask("GET", f"/flow_runs/{run}"))["state"]
    return found


async def test_runs_started_by_hand_do_what_they_say(
    prefect_server: PrefectCounterpart, sqlite_template: Path
) -> None:
    home = prefect_server.home
    shutil.copy(sqlite_template, home / "amtsweg.db")
    shutil.copytree(ROOT / "examples" / "kreis", home / "config")
    process = await started_by_hand(prefect_server, "process-cases")
    replay = await started_by_hand(prefect_server, "replay", job="unknown")
    reconcile = await started_by_hand(prefect_server, "reconcile")
    retried = await a_run_that_somebody_retries(prefect_server)

    await asyncio.to_thread(prefect_server.run_what_is_scheduled)

    worked = await state_of(prefect_server, process)
    watched = await state_of(prefect_server, replay)
    again = await state_of(prefect_server, retried)
    tidied = await state_of(prefect_server, reconcile)
    log = (prefect_server.site.logs / "prefect-worker.log").read_text()
    assert (worked["type"], worked["message"]) == ("COMPLETED", worked_on(0)), log
    assert (watched["type"], watched["message"]) == ("FAILED", "E-JOB-UNKNOWN"), log
    assert (again["type"], again["message"]) == ("COMPLETED", UNKNOWN_RUN), log
    assert tidied["type"] == "COMPLETED", log
    assert "verlassene Läufe geschlossen" in tidied["message"]


async def test_the_pages_say_what_cancelling_does_not_do(
    prefect_server: PrefectCounterpart,
) -> None:
    deployment = await prefect_server.ask(
        "GET", "/deployments/name/process-cases/process-cases"
    )

    assert "wirken auf keinen Vorgang" in deployment["description"]
    assert "wirken auf keinen Vorgang" in NO_EFFECT
    assert deployment["work_pool_name"] == "amtsweg-ops"
