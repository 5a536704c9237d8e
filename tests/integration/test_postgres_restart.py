"""PostgreSQL is restarted, and killed, while cases come in and are worked on."""

import asyncio
import uuid
from collections.abc import Callable, Iterator

import pytest

from schemas.cases import Accepted, Case, Repeated
from schemas.clock import SystemClock
from schemas.errors import DatabaseAway
from schemas.states import Closed
from storage.migrate import upgrade
from storage.wake import listening
from tests.counterparts.postgres import PrivatePostgres
from tests.fakes.counterpart import Counterpart
from tests.house import FACHVERFAHREN, SCOPE, House, destination
from tests.looking import assert_chains_hold, assert_gapless

CASES = 120
SECONDS_BETWEEN = 0.02


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as private:
        upgrade(private.url)
        yield private


class FormServer:
    """Hands in one after the other; the same key again, until there is an answer."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.repetitions = 0

    async def hand_in(self) -> list[Case]:
        cases = []
        for _ in range(CASES):
            cases.append(await self._one())
            await asyncio.sleep(SECONDS_BETWEEN)
        return cases

    async def _one(self) -> Case:
        key = uuid.uuid4().hex
        async with asyncio.timeout(30):
            while True:
                try:
                    reception = await self._house.hand_in(key=key)
                except DatabaseAway:
                    self.repetitions += 1
                    await asyncio.sleep(0.1)
                else:
                    assert isinstance(reception, Accepted | Repeated)
                    self._house.wake()
                    return reception.case


async def until_closed(house: House) -> list[Case]:
    async with asyncio.timeout(60):
        while True:
            cases = list(await house.cases.list(SCOPE, limit=1000))
            if all(isinstance(case.state, Closed) for case in cases):
                return cases
            await asyncio.sleep(0.2)


def restart(server: PrivatePostgres) -> None:
    server.restart()


def kill_and_start(server: PrivatePostgres) -> None:
    server.kill()
    server.start()


async def test_whatever_was_accepted_ends_whole(server: PrivatePostgres) -> None:
    counterpart = Counterpart()
    house = House(
        server.url, clock=SystemClock(), outboxes={FACHVERFAHREN: counterpart}
    )
    await house.destinations.sync([destination()])
    stop = asyncio.Event()
    async with (
        house.worker(lease=600) as worker,
        listening(house.database, house.wake),
    ):
        work = asyncio.create_task(worker.run(stop))
        client = FormServer(house)
        handing_in = asyncio.create_task(client.hand_in())
        for outage in (restart, kill_and_start):
            await asyncio.sleep(0.7)
            await outage_of(server, outage)
        accepted = await handing_in
        cases = await until_closed(house)
        stop.set()
        await work

    assert client.repetitions > 0, "it was noticed"
    assert_gapless(case.number for case in cases)
    assert {case.number for case in accepted} == {case.number for case in cases}
    assert len(accepted) == CASES
    assert sorted(counterpart.copies.values()) == [1] * CASES
    await assert_chains_hold(house, *cases)
    await house.close()


async def outage_of(
    server: PrivatePostgres, outage: Callable[[PrivatePostgres], None]
) -> None:
    await asyncio.to_thread(outage, server)
