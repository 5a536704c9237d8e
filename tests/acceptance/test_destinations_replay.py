"""2,000 dead letters are replayed: it stops, goes on, is killed, and reports each."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from schemas.deliveries import Parcel
from schemas.errors import FailureKind
from schemas.outcomes import AttemptOutcome, Certainty, DeliveryFailed
from schemas.rules.queues import destination_queue
from schemas.rules.waits import GIVE_UP_AFTER
from schemas.scope import DEFAULT_TENANT
from storage.decisions import Decision
from storage.job_desk import JobDesk
from storage.jobs import Filter
from storage.memory import MemoryArchive, MemoryVault
from tests.clocks import TestClock
from tests.crash.counterpart import FileCounterpart
from tests.crash.killing import Moment, Work, begin_work, run_together
from tests.crash.scene import LEASE_IS_OVER
from tests.house import FACHVERFAHREN, SCOPE, House, destination
from tests.looking import change, rows

STOP_AFTER, PER_MINUTE, PER_TICK = 5, 3_000, 50
BY_ERIKA = Decision(actor="erika", reason="Zertifikat erneuert")
REJECTED = DeliveryFailed(kind=FailureKind.SENDER, code="E-422")
SECOND = timedelta(seconds=1)


class Mended(FileCounterpart):
    """Keeps every copy, and rejects everything until it has been mended."""

    mended = False

    async def deliver(self, parcel: Parcel) -> AttemptOutcome:
        return await super().deliver(parcel) if self.mended else REJECTED


class Story:
    """One database over several lives of its workers."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._vault, self._archive = MemoryVault(), MemoryArchive()
        self.counterpart = Mended(folder, Certainty.CAN_BE_ASKED, lambda _: None)
        self.later = timedelta(0)

    @asynccontextmanager
    async def house(self, at: Moment = lambda _: None) -> AsyncIterator[House]:
        clock = TestClock()
        clock.advance(self.later)
        house = House(
            self._url,
            clock=clock,
            outboxes={FACHVERFAHREN: self.counterpart},
            boundary=at,
            vault=self._vault,
            archive=self._archive,
        )
        try:
            yield house
        finally:
            self.later = clock.now() - TestClock().now()
            await house.close()

    async def dead_letters(self, count: int) -> None:
        """They got as far as their destination, waited for too long, and gave up."""
        async with self.house() as house:
            await house.destinations.sync([destination()])
            for _ in range(count):
                await house.receive()
            await skip_to_the_delivery(house)
            advance(house, GIVE_UP_AFTER)
            while await house.duties().give_up():
                pass

    async def plan(self) -> str:
        async with self.house() as house:
            return await house.jobs.create(
                SCOPE,
                Filter(),
                BY_ERIKA,
                per_minute=PER_MINUTE,
                stop_after=STOP_AFTER,
            )

    def replaying(self, job: str) -> Work:
        """A worker that carries the job on until it runs no more."""

        async def work(moment: Moment) -> None:
            async with self.house(moment) as house, house.worker() as worker:
                await house.take_over()
                while (await house.jobs.status(job)).state == "running":
                    await house.jobs.advance()
                    await worker.run_until_idle()
                    advance(house, SECOND)

        return work

    async def resume(self, job: str) -> None:
        async with self.house() as house:
            await JobDesk(house.database).resume(SCOPE, job, stop_after=STOP_AFTER)

    async def report(self, job: str) -> Counter[tuple[str, str]]:
        """How often each state with each code stands in the job's list."""
        async with self.house() as house:
            items = await JobDesk(house.database).items(job)
            assert [item.number for item in items] == sorted(i.number for i in items)
            return Counter((item.state, item.code) for item in items)

    async def copies(self) -> Counter[int]:
        async with self.house() as house:
            found = await rows(house, "deliveries")
        return Counter(self.counterpart.copies(row["id"]) for row in found)


def advance(house: House, by: timedelta) -> None:
    assert isinstance(house.clock, TestClock)
    house.clock.advance(by)


async def skip_to_the_delivery(house: House) -> None:
    """What the steps before it would have written, in one transaction."""
    async with house.database.write("test") as connection:
        for step in ("check", "scan", "acknowledge", "assign"):
            await connection.execute(
                text(
                    "INSERT INTO steps "
                    "(tenant_id, office_id, case_id, step, result, at, epoch) "
                    f"SELECT tenant_id, office_id, id, '{step}', '', received_at, 0 "
                    "FROM cases"
                )
            )
    values = {"state": "Assigned", "state_body": '{"destinations":["fachverfahren"]}'}
    queue = destination_queue(DEFAULT_TENANT, FACHVERFAHREN)
    waits = {"queue": queue, "trying_since": house.clock.now(), "version": 1}
    await change(house, "cases", values | waits)


async def carry_on(story: Story, job: str) -> None:
    await story.replaying(job)(lambda _: None)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("url", "count"), [("sqlite_url", 2_000), ("postgres_url", 200)]
)
def test_it_stops_goes_on_survives_kill_9_and_reports_every_item(
    request: pytest.FixtureRequest, tmp_path: Path, url: str, count: int
) -> None:
    story = Story(request.getfixturevalue(url), tmp_path)
    asyncio.run(story.dead_letters(count))
    job = asyncio.run(story.plan())

    asyncio.run(carry_on(story, job))
    stopped = asyncio.run(story.report(job))
    story.counterpart.mended = True
    asyncio.run(story.resume(job))
    child = begin_work(story.replaying(job))
    child.passes(4 * count)
    assert child.kill() == -signal.SIGKILL
    killed = asyncio.run(story.report(job))
    story.later += LEASE_IS_OVER
    run_together(story.replaying(job))

    left = count - PER_TICK
    assert stopped == {("failed", "E-422"): PER_TICK, ("planned", ""): left}
    assert 0 < killed["done", ""] < left
    assert asyncio.run(story.report(job)) == {
        ("failed", "E-422"): PER_TICK,
        ("done", ""): left,
    }
    assert asyncio.run(story.copies()) == {1: left, 0: PER_TICK}
