"""Deliveries that are followed: until decided, and taken back where rejected late."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from adapters.memory import MemoryOutbox
from flows.sources.following import DELETED, REJECTED, Following, FollowPorts
from schemas.channels import Stage, Transmission
from schemas.errors import CounterpartAway
from schemas.ids import DeliveryId
from schemas.states import Closed, Problem, Undeliverable
from storage.source_states import SourceStates
from storage.transmissions import TransmissionStore
from storage.vitals import open_disturbances
from tests.clocks import TestClock
from tests.house import FACHVERFAHREN, SCOPE, House, destination
from tests.looking import change, rows

PROBLEM = Problem(code="E-FIT-HASH", location="", german="Falsch.", english="Wrong.")


class FollowedOutbox(MemoryOutbox):
    """A way out whose counterpart decides later, as the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage.SUBMITTED
        self.failure: Exception | None = None
        self.asked: list[DeliveryId] = []

    async def follow(self, delivery: DeliveryId) -> Transmission:
        self.asked.append(delivery)
        if self.failure is not None:
            raise self.failure
        return Transmission(
            stage=self.stage,
            submission="out",
            case="vorgang",
            events=(),
            problems=(PROBLEM,) if self.stage is Stage.REJECTED else (),
        )


class Scene:
    """A house whose one destination is followed."""

    def __init__(self, url: str) -> None:
        self.clock, self.there = TestClock(), FollowedOutbox()
        outboxes = {FACHVERFAHREN: self.there}
        self.house = House(url, clock=self.clock, outboxes=outboxes)
        self.states = SourceStates(self.house.database)
        self.following = Following(
            {FACHVERFAHREN: destination()},
            FollowPorts(
                outboxes=outboxes,
                store=TransmissionStore(self.house.database),
                states=self.states,
                clock=self.clock,
            ),
        )

    async def look(self, after: timedelta = timedelta(0)) -> None:
        self.clock.advance(after)
        await self.following.look()

    async def state(self) -> object:
        [case] = await self.house.cases.list(SCOPE)
        return case.state


@asynccontextmanager
async def delivered(url: str, count: int = 1) -> AsyncIterator[Scene]:
    scene = Scene(url)
    try:
        await scene.house.destinations.sync([destination()])
        for _ in range(count):
            await scene.house.receive()
        await scene.house.work()
        yield scene
    finally:
        await scene.house.close()


async def test_looks_grow_rarer_until_it_is_decided(database_url: str) -> None:
    async with delivered(database_url) as scene:
        waits = [timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10)]
        for number, wait in enumerate(waits, 1):
            await scene.look(wait - timedelta(seconds=1))
            assert len(scene.there.asked) == number - 1
            await scene.look(timedelta(seconds=2))
            assert len(scene.there.asked) == number
        scene.there.stage = Stage.ACCEPTED
        await scene.look(timedelta(hours=1))
        await scene.look(timedelta(days=1))

        assert len(scene.there.asked) == 4
        assert isinstance(await scene.state(), Closed)


async def test_a_late_rejection_is_a_dead_letter_and_an_alarm(
    database_url: str,
) -> None:
    async with delivered(database_url) as scene:
        scene.there.stage = Stage.REJECTED
        await scene.look(timedelta(seconds=11))
        await scene.look(timedelta(hours=2))

        state = await scene.state()
        assert isinstance(state, Undeliverable)
        assert state.code == REJECTED
        assert len(scene.there.asked) == 1
        reasons = await open_disturbances(scene.house.database, SCOPE)
        assert REJECTED in {one.reason for one in reasons}
        [row] = await rows(scene.house, "transmissions")
        assert "E-FIT-HASH" in row["problems"]


async def test_what_was_deleted_without_an_answer_has_not_arrived(
    database_url: str,
) -> None:
    async with delivered(database_url) as scene:
        scene.there.stage = Stage.DELETED
        await scene.look(timedelta(seconds=11))

        state = await scene.state()
        assert isinstance(state, Undeliverable)
        assert state.code == DELETED


async def test_a_case_that_somebody_works_on_is_taken_back_later(
    sqlite_url: str,
) -> None:
    async with delivered(sqlite_url) as scene:
        scene.there.stage = Stage.REJECTED
        await _set_owner(scene.house, "somebody")
        await scene.look(timedelta(seconds=11))
        assert isinstance(await scene.state(), Closed)

        await _set_owner(scene.house, None)
        await scene.look(timedelta(minutes=2))
        assert isinstance(await scene.state(), Undeliverable)


async def test_a_destination_that_is_away_is_left_alone(sqlite_url: str) -> None:
    async with delivered(sqlite_url, 20) as scene:
        scene.there.failure = CounterpartAway()
        await scene.look(timedelta(seconds=11))
        asked = len(scene.there.asked)
        await scene.look()
        assert asked == len(scene.there.asked) < 10

        scene.there.failure = None
        await scene.look(timedelta(seconds=11))
        assert len(scene.there.asked) > asked


async def test_a_bug_about_one_delivery_stops_no_other(sqlite_url: str) -> None:
    async with delivered(sqlite_url, 3) as scene:
        scene.there.failure = ZeroDivisionError("a bug of ours")
        await scene.look(timedelta(seconds=11))

        assert len(scene.there.asked) == 3
        found = await rows(scene.house, "transmissions")
        assert {row["code"] for row in found} == {"E-BUG"}


async def test_a_callback_is_heeded_at_once(database_url: str) -> None:
    async with delivered(database_url) as scene:
        await scene.look(timedelta(seconds=11))
        await scene.look()
        assert len(scene.there.asked) == 1

        await scene.states.wish(SCOPE.tenant, FACHVERFAHREN)
        await scene.look()
        assert len(scene.there.asked) == 2
        assert await scene.states.wished() == frozenset()


async def test_where_nobody_can_be_asked_nothing_is(sqlite_url: str) -> None:
    clock = TestClock()
    outboxes = {FACHVERFAHREN: MemoryOutbox()}
    house = House(sqlite_url, clock=clock, outboxes=outboxes)
    ports = FollowPorts(
        outboxes=outboxes,
        store=TransmissionStore(house.database),
        states=SourceStates(house.database),
        clock=clock,
    )
    try:
        await house.receive()
        await house.work()
        clock.advance(timedelta(hours=1))
        await Following({FACHVERFAHREN: destination()}, ports).look()
        assert await rows(house, "transmissions") == []
    finally:
        await house.close()


async def _set_owner(house: House, owner: str | None) -> None:
    await change(house, "cases", {"owner": owner})
