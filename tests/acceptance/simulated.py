"""Days in moments: a worker, a clock that leaps from event to event, and counters."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from adapters.base import Outbox
from flows.worker import Worker
from schemas.cases import Case
from schemas.rules.waits import GIVE_UP_AFTER
from schemas.states import CaseState
from tests.clocks import TestClock
from tests.house import FACHVERFAHREN, SCOPE, House, destination
from tests.looking import due_moments, rows


class Simulation:
    """One house over simulated time; every transaction is counted by its name."""

    def __init__(self, house: House, clock: TestClock, worker: Worker) -> None:
        self.house, self.clock, self._worker = house, clock, worker
        self.transactions = Counter[str]()

    async def work(self) -> None:
        """Everything that is due at this moment."""
        await self._worker.run_until_idle()

    async def until(self, moment: datetime) -> None:
        """Leap from one due moment to the next, with the duties once an hour."""
        next_hour = self.clock.now()
        while True:
            if self.clock.now() >= next_hour:
                await self.house.duties().give_up()
                next_hour += timedelta(hours=1)
            await self.work()
            if self.clock.now() >= moment:
                return
            upcoming = min([moment, next_hour, *await self._due_moments()])
            self.clock.advance(upcoming - self.clock.now())

    async def for_(self, time: timedelta) -> None:
        """The same, for so long."""
        await self.until(self.clock.now() + time)

    async def states(self) -> dict[str, CaseState]:
        """Where each case stands, by number."""
        cases = await self.house.cases.list(SCOPE, limit=10_000)
        return {case.number: case.state for case in cases}

    async def receive(self, count: int) -> list[Case]:
        return [await self.house.receive() for _ in range(count)]

    async def _due_moments(self) -> list[datetime]:
        now = self.clock.now()
        probes = [
            row["next_probe_at"] for row in await rows(self.house, "destinations")
        ]
        return [
            moment
            for moment in (*probes, *await due_moments(self.house))
            if moment is not None and moment > now
        ]


@asynccontextmanager
async def simulation(
    url: str,
    outbox: Outbox,
    *,
    max_parallel: int = 4,
    give_up_after: timedelta = GIVE_UP_AFTER,
) -> AsyncIterator[Simulation]:
    """With one destination behind which the outbox is."""
    clock, counted = TestClock(), Counter[str]()
    house = House(
        url,
        clock=clock,
        outboxes={FACHVERFAHREN: outbox},
        boundary=lambda label: counted.update([label]),
    )
    there = destination(max_parallel=max_parallel)
    await house.destinations.sync([replace(there, give_up_after=give_up_after)])
    async with house.worker(lease=10_000_000) as worker:
        made = Simulation(house, clock, worker)
        made.transactions = counted
        yield made
    await house.close()
