"""What happened while Prefect was away is told later: once, in order, bounded."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from flows.batch import Batch
from flows.prefect_engine.gate import Gate
from flows.prefect_engine.names import completed
from flows.prefect_engine.records import (
    REMEMBERED,
    FinishedRun,
    OwnRuns,
    Recorder,
    new_run,
)
from flows.prefect_engine.rest import NewRun, PrefectApi
from tests.fakes.prefect_api import FakePrefect
from tests.fakes.runs import make_batch, make_outcome, outcome_of


class Seconds:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Told:
    def __init__(self) -> None:
        self.runs: list[tuple[str, str]] = []

    def __call__(self, batch: str, run: str) -> None:
        self.runs.append((batch, run))


@asynccontextmanager
async def recording(
    prefect: FakePrefect, told: Told, seconds: Seconds | None = None
) -> AsyncIterator[Recorder]:
    """A recorder and its gate at work."""
    seconds = seconds or Seconds()
    gate = Gate(seconds)
    async with PrefectApi(prefect.address) as api:
        recorder = Recorder(api, gate, told)
        tasks = [
            asyncio.create_task(gate.keep_trying(api)),
            asyncio.create_task(recorder.keep_recording()),
        ]
        yield recorder
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def until(prefect: FakePrefect, runs: int) -> None:
    async with asyncio.timeout(5):
        while len(prefect.runs) < runs:  # noqa: ASYNC110 - a fake has no event
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)


def worked(cases: int = 1, *, code: str = "", destination: str = "") -> Batch:
    batch = make_batch(cases)
    batch.outcomes.extend(
        outcome_of(one, code=code, destination=destination) for one in batch.cases
    )
    return batch


def finished_run(number: int) -> FinishedRun:
    return FinishedRun(
        run=NewRun(key=str(number), name=str(number), tags=[], batch="", worker=""),
        ending=completed("Closed."),
        stands_for_batch=False,
    )


async def test_a_batch_without_a_run_becomes_one() -> None:
    prefect, told = FakePrefect(), Told()
    batch = worked(2)

    async with recording(prefect, told) as recorder:
        recorder.remember(batch, OwnRuns(Seconds()))
        await until(prefect, 1)

    run = prefect.named("2 Vorgänge")
    assert run["tags"] == [f"case:{one.case.number}" for one in batch.cases]
    assert told.runs == [(batch.id, run["id"])]


async def test_what_fails_is_tried_again_and_recorded_once() -> None:
    prefect, told, seconds = FakePrefect(), Told(), Seconds()
    async with recording(prefect, told, seconds) as recorder:
        recorder.remember(worked(), OwnRuns(Seconds()))
        await until(prefect, 1)
        prefect.is_away = True
        second = worked()
        recorder.remember(second, OwnRuns(Seconds()))
        await asyncio.sleep(0.05)
        assert len(prefect.runs) == 1
        prefect.is_away = False
        seconds.now += 31
        await until(prefect, 2)

    assert len(prefect.runs) == 2
    assert [batch for batch, _ in told.runs].count(second.id) == 1


async def test_the_oldest_is_recorded_first() -> None:
    prefect = FakePrefect()
    async with recording(prefect, Told()) as recorder:
        for number in range(5):
            recorder.add(finished_run(number))
        await until(prefect, 5)

    assert [run["name"] for run in prefect.runs.values()] == list("01234")


async def test_beyond_a_thousand_they_are_counted() -> None:
    prefect = FakePrefect()
    async with recording(prefect, Told()) as recorder:
        for number in range(REMEMBERED + 7):
            recorder.add(finished_run(number))
        await until(prefect, REMEMBERED + 1)

    assert len(prefect.runs) == REMEMBERED + 1
    assert prefect.named("7 Läufe nicht aufgezeichnet")


async def test_what_prefect_refuses_does_not_block_the_rest() -> None:
    prefect = FakePrefect()
    prefect.refuses = "flow_runs"
    async with recording(prefect, Told()) as recorder:
        recorder.add(finished_run(1))
        await asyncio.sleep(0.1)
        assert "POST /flow_runs/" in prefect.requests
        prefect.refuses = ""
        recorder.add(finished_run(2))
        await until(prefect, 1)

    assert [run["name"] for run in prefect.runs.values()] == ["2"]


async def test_a_case_that_leaves_a_bigger_run_gets_a_run_of_its_own() -> None:
    prefect = FakePrefect()
    batch = worked(3)
    batch.outcomes[1] = outcome_of(batch.cases[1], code="E-X", destination="d")
    async with recording(prefect, Told()) as recorder:
        recorder.remember(batch, OwnRuns(Seconds()))
        await until(prefect, 2)

    own = prefect.named(batch.cases[1].case.number)
    assert (own["state"]["type"], own["state"]["message"]) == ("FAILED", "E-X")
    assert own["tags"] == [f"case:{batch.cases[1].case.number}"]


def test_one_own_run_per_second_and_destination() -> None:
    seconds = Seconds()
    own = OwnRuns(seconds)
    many = [
        make_outcome(f"2026-{n:06d}", code="E-X", destination=place)
        for n, place in enumerate(["a", "a", "b", "a", "b"])
    ]

    first = own.choose(many)
    seconds.now += 0.5
    second = own.choose(many)
    seconds.now += 0.6
    third = own.choose(many)

    assert [one.destination for one in first] == ["a", "b"]
    assert second == ()
    assert [one.destination for one in third] == ["a", "b"]


def test_a_case_alone_needs_no_second_run() -> None:
    assert OwnRuns(Seconds()).choose([make_outcome(code="E-X")]) == ()


async def test_a_batch_asks_for_the_same_run_every_time() -> None:
    batch = make_batch(2, worker="w7")

    assert new_run(batch) == new_run(batch)
    assert (new_run(batch).key, new_run(batch).worker) == (batch.id, "w7")
