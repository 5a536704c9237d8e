"""One specialist system hangs; the others do not notice. In real time."""

import asyncio
import contextlib
import time

from flows.worker import Pace
from schemas.clock import SystemClock
from schemas.deliveries import Parcel
from schemas.ids import CaseNumber, DestinationId, SenderId, ServiceKey
from schemas.limits import CALL_DEADLINE
from schemas.outcomes import AttemptOutcome
from schemas.rules.queues import destination_queue
from schemas.scope import DEFAULT_TENANT
from tests.fakes.counterpart import Counterpart
from tests.house import House, destination, service
from tests.looking import change, rows

HANGING, QUICK = DestinationId("haengt"), DestinationId("flott")
TO_HANGING = service(HANGING)
TO_QUICK = service(QUICK, key=ServiceKey("99107023017001"))
WAITING, OTHERS = 500, 100
SECONDS_BETWEEN = 0.03
IN_FLIGHT = 4


class Stopwatch:
    """From handing in to the moment at which the counterpart has it."""

    def __init__(self) -> None:
        self._handed_in: dict[CaseNumber, float] = {}
        self.seconds: list[float] = []
        self.all_taken = asyncio.Event()

    async def hand_in(self, house: House) -> None:
        before = time.monotonic()
        case = await house.receive(TO_QUICK, sender=SenderId("other"))
        self._handed_in[case.number] = before

    def taken(self, parcel: Parcel) -> AttemptOutcome | None:
        now = time.monotonic()
        self.seconds.append(now - self._handed_in.get(parcel.case_number, now))
        if len(self.seconds) == OTHERS:
            self.all_taken.set()
        return None


class Hanging(Counterpart):
    """Its calls really take their 30 seconds, or until the test has seen enough."""

    def __init__(self) -> None:
        super().__init__()
        self.enough = asyncio.Event()

    async def think(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CALL_DEADLINE.total_seconds()):
                await self.enough.wait()


async def test_99_of_100_others_arrive_within_two_seconds(database_url: str) -> None:
    watch = Stopwatch()
    hanging, quick = Hanging(), Counterpart(behave=watch.taken)
    house = House(
        database_url,
        clock=SystemClock(),
        outboxes={HANGING: hanging, QUICK: quick},
    )
    await house.destinations.sync(
        destination(one, max_parallel=IN_FLIGHT) for one in (HANGING, QUICK)
    )
    for _ in range(WAITING):
        await house.receive(TO_HANGING)
    queue = destination_queue(DEFAULT_TENANT, HANGING)
    await change(house, "cases", {"queue": queue})

    async with house.worker(pace=Pace()) as worker:
        work = asyncio.create_task(worker.run(asyncio.Event()))
        for _ in range(OTHERS):
            await watch.hand_in(house)
            await asyncio.sleep(SECONDS_BETWEEN)
        await watch.all_taken.wait()
        waiting = [row for row in await rows(house, "cases") if row["queue"] == queue]
        hung = hanging.flying
        work.cancel()
        hanging.enough.set()
        await asyncio.gather(work, return_exceptions=True)
    await house.close()

    assert sorted(watch.seconds)[98] < 2
    assert hanging.most_at_once == hung == IN_FLIGHT
    assert len(waiting) == WAITING
