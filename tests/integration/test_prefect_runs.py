"""Runs in Prefect show what was done, and nothing that befalls them touches it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from flows.batch import Batch, CaseOutcome, TaskBridge
from flows.prefect_engine.engine import PrefectEngine
from flows.prefect_engine.names import NO_EFFECT, UNKNOWN_RUN
from flows.prefect_engine.rest import NewRun, PatientTransport, PrefectApi
from flows.process_cases import process_cases
from schemas.work import LeasedCase
from tests.counterparts.prefect import (
    PrefectCounterpart,
    eventually,
    is_ready,
    running_engine,
)
from tests.fakes.runs import (
    CountingWork,
    carry,
    make_batch,
    make_leased,
    outcome_of,
)

SECRET = "Erika-Mustermann-geheim"


@pytest.fixture
async def engine(prefect_server: PrefectCounterpart) -> AsyncIterator[PrefectEngine]:
    async with running_engine(prefect_server, skip_seconds=0.5) as engine:
        yield engine


def tag(batch: Batch, index: int = 0) -> str:
    return f"case:{batch.cases[index].case.number}"


async def test_a_case_alone_has_a_run_with_its_number_and_two_tasks(
    engine: PrefectEngine, prefect_server: PrefectCounterpart
) -> None:
    batch = make_batch(worker="w1")

    waited = await carry(engine, batch)

    run = await prefect_server.run_tagged(tag(batch))
    tasks = await prefect_server.tasks_of(run["id"], ended=2)
    assert waited < 2
    assert run["id"] == batch.run_id
    assert run["name"] == batch.cases[0].case.number
    assert run["parameters"] == {"batch": batch.id, "worker": "w1"}
    assert run["state_type"] == "COMPLETED"
    assert NO_EFFECT in run["state"]["message"]
    assert {name: task["state_type"] for name, task in tasks.items()} == {
        "deliver": "COMPLETED",
        "archive": "COMPLETED",
    }


async def test_a_bigger_run_has_a_tag_per_case_and_a_table_of_them(
    engine: PrefectEngine, prefect_server: PrefectCounterpart
) -> None:
    batch = make_batch(64)

    await carry(engine, batch)

    run = await prefect_server.run_tagged(tag(batch, 63))
    (table,) = await prefect_server.artifacts_of(run["id"])
    assert run["name"] == "64 Vorgänge"
    assert set(run["tags"]) == {tag(batch, index) for index in range(64)}
    assert table.startswith("| Vorgang | Schritte | Stand | Code |")
    assert all(one.case.number in table for one in batch.cases)


async def test_a_case_that_leaves_a_bigger_run_has_a_run_of_its_own(
    engine: PrefectEngine, prefect_server: PrefectCounterpart
) -> None:
    async def work(leased: LeasedCase, bridge: TaskBridge | None) -> CaseOutcome:
        fails = leased in batch.cases[:2]
        code = "E-HTTP-REFUSED" if fails else ""
        return outcome_of(leased, code=code, destination="d" if fails else "")

    batch = make_batch(3, work)
    await carry(engine, batch)

    both = await prefect_server.runs_tagged(tag(batch, 0), count=2)
    own, big = sorted(both, key=lambda run: len(run["tags"]))
    second = await prefect_server.run_tagged(tag(batch, 1))
    (table,) = await prefect_server.artifacts_of(big["id"])
    assert (own["state_type"], own["state"]["message"]) == ("FAILED", "E-HTTP-REFUSED")
    assert second["id"] == big["id"]
    assert big["state_type"] == "COMPLETED"
    assert "Mit eigenem Lauf: 1, nur hier: 1." in table


async def test_no_data_of_people_is_found_anywhere_in_prefects_database(
    engine: PrefectEngine, prefect_server: PrefectCounterpart
) -> None:
    async def fail() -> None:
        raise ValueError(SECRET)

    async def work(leased: LeasedCase, bridge: TaskBridge | None) -> CaseOutcome:
        if bridge is not None:
            with pytest.raises(ValueError, match=SECRET):
                await bridge.run("deliver", fail)
        raise ValueError(SECRET)

    for cases in (1, 3):
        leased = [make_leased(secret=SECRET) for _ in range(cases)]
        batch = make_batch(leased=leased, work_case=work)
        assert engine.offer(batch)
        await batch.ended.wait()
        engine.ended(batch)
        run = await prefect_server.run_tagged(tag(batch))
        if cases == 1:
            tasks = await prefect_server.tasks_of(run["id"], ended=1)
            assert tasks["deliver"]["state"]["message"] == "E-BUG"
            assert run["state_type"] == "FAILED"
    # Events are written by the hundred, or after some seconds.
    await eventually(lambda: event_of(prefect_server, batch.run_id))

    assert prefect_server.columns_with(SECRET) == set()
    assert "flow_run.tags" in prefect_server.columns_with(leased[0].case.number)
    assert files_with(prefect_server.home, SECRET) == []


async def event_of(prefect: PrefectCounterpart, run: str) -> bool:
    return "events.resource_id" in prefect.columns_with(f"prefect.flow-run.{run}")


def files_with(folder: Path, text: str) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and text.encode() in path.read_bytes()
    ]


async def test_a_cancelled_run_ends_as_its_work_does(
    engine: PrefectEngine, prefect_server: PrefectCounterpart
) -> None:
    cancelled = asyncio.Event()

    async def during() -> None:
        await cancelled.wait()

    work = CountingWork(during)
    batch = make_batch(work_case=work)
    assert engine.offer(batch)
    await batch.begun.wait()

    for state in ("CANCELLING", "CANCELLED"):
        body = {"state": {"type": state}, "force": True}
        path = f"/flow_runs/{batch.run_id}/set_state"
        await prefect_server.ask("POST", path, body)
    cancelled.set()
    await batch.ended.wait()
    engine.ended(batch)

    assert await prefect_server.run_tagged(tag(batch), states={"COMPLETED"})
    assert len(work.done) == 1
    assert engine.is_ready


async def test_a_run_that_begins_late_finds_the_work_done(
    engine: PrefectEngine, prefect_server: PrefectCounterpart
) -> None:
    work = CountingWork()
    batch = make_batch(work_case=work)

    assert engine.offer(batch)
    # The worker has no patience at all.
    assert await batch.begin_from_worker()
    engine.ended(batch)

    run = await prefect_server.run_tagged(tag(batch))
    assert run["state_type"] == "COMPLETED"
    assert len(work.done) == 1


async def test_a_body_that_comes_second_does_nothing() -> None:
    work = CountingWork()
    batch = make_batch(work_case=work)

    first = batch.begin_from_engine(None)
    second = batch.begin_from_engine(None)
    await batch.ended.wait()

    assert first is not None
    assert second is None
    assert not await batch.begin_from_worker()
    assert len(work.done) == 1


async def test_starting_an_engine_twice_is_harmless(
    engine: PrefectEngine, prefect_server: PrefectCounterpart
) -> None:
    await engine.start()
    batch = make_batch()
    await carry(engine, batch)

    assert await prefect_server.run_tagged(tag(batch))


async def test_many_batches_at_once_are_each_worked_on_once(
    engine: PrefectEngine, prefect_server: PrefectCounterpart
) -> None:
    work = CountingWork()
    batches = [make_batch(4, work) for _ in range(8)]

    await asyncio.gather(*(carry(engine, batch) for batch in batches))

    for batch in batches:
        assert await prefect_server.run_tagged(tag(batch))
    assert sorted(work.done) == sorted(
        one.case.number for batch in batches for one in batch.cases
    )


async def test_a_retried_run_ends_with_a_sentence_wherever_it_is_started(
    prefect_server: PrefectCounterpart,
) -> None:
    state = await process_cases.fn(batch="a-batch-of-the-past", worker="w")

    assert (state.type.value, state.message) == ("COMPLETED", UNKNOWN_RUN)


async def test_runs_of_dead_workers_are_closed(
    engine: PrefectEngine, prefect_server: PrefectCounterpart
) -> None:
    async with PrefectApi(prefect_server.address) as api:
        deployment = await api.deployment()
        for worker in ("dead", "alive"):
            run = NewRun(
                key=worker, name=worker, tags=[worker], batch="b", worker=worker
            )
            await api.create(deployment, run)
    make_older(prefect_server)

    done = await engine.reconcile(frozenset({"alive"}))

    assert done.closed >= 1
    assert await prefect_server.run_tagged("dead", states={"CRASHED"})
    assert await prefect_server.run_tagged("alive", states={"PENDING"})


def make_older(prefect: PrefectCounterpart) -> None:
    """Ten minutes pass for pending runs."""
    path = prefect.home / "prefect" / "prefect.db"
    with sqlite3.connect(path, timeout=10) as connection:
        connection.execute(
            "UPDATE flow_run SET expected_start_time ="
            " datetime(expected_start_time, '-10 minutes')"
            " WHERE state_type = 'PENDING'"
        )
    connection.close()


class Counting(httpx.AsyncBaseTransport):
    """Notes every request that Prefect's engine or ours makes."""

    def __init__(self, requests: list[str]) -> None:
        self._inner = PatientTransport()
        self._requests = requests

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.rstrip("/")
        self._requests.append(f"{request.method} {path.rpartition('/')[2]}")
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


async def test_a_run_costs_four_requests(prefect_server: PrefectCounterpart) -> None:
    requests: list[str] = []
    address = replace(prefect_server.address, transport=lambda: Counting(requests))
    engine = PrefectEngine(address)
    await engine.start()
    await is_ready(engine)
    requests.clear()
    batch = make_batch(2)

    await carry(engine, batch)
    await prefect_server.run_tagged(tag(batch))
    await engine.stop()

    # Prefect's own engine makes seven, and none of them is the artifact.
    assert requests == [
        "POST flow_runs",
        "POST set_state",
        "POST artifacts",
        "POST set_state",
    ]
