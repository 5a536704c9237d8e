"""Whose turn a source is, when it is due, and what is told of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import pytest

from flows.sources.errors import ServiceNotOffered
from flows.sources.nudges import Nudges
from flows.sources.poller import Poller
from schemas.errors import CounterpartAway
from storage.vitals import open_disturbances
from tests.clocks import TestClock
from tests.command_line import working
from tests.house import SCOPE
from tests.unit.sources.mailroom import POST, Mailroom, letter, mailroom, source

BACKLOG: Final = 5_000
IN_TIME: Final = 500.0
LINES: Final = 50


@asynccontextmanager
async def polling(
    room: Mailroom,
    worker: str = "house",
    *,
    every: float = 60.0,
    nudges: Nudges | None = None,
) -> AsyncIterator[Poller]:
    """A worker's poller, at work; that of the house hears what is ordered there."""
    stop = asyncio.Event()
    watches = [room.watch(worker, every=every)]
    poller = Poller(watches, room.ports, nudges or room.nudges)
    running = asyncio.create_task(poller.run(stop))
    try:
        yield poller
    finally:
        stop.set()
        await running


async def until(
    is_so: Callable[[], Awaitable[bool]] | Callable[[], bool], seconds: float = 10.0
) -> None:
    """At last, on a machine that others use too."""
    async with asyncio.timeout(seconds):
        while not await _asked(is_so):  # noqa: ASYNC110 - the fakes tell nobody
            await asyncio.sleep(0.02)


async def _asked(is_so: Callable[[], Awaitable[bool]] | Callable[[], bool]) -> bool:
    said = is_so()
    return said if isinstance(said, bool) else await said


async def alarms_are(room: Mailroom, expected: set[str]) -> bool:
    return await alarms(room) == expected


async def is_listed(room: Mailroom) -> bool:
    return bool(await room.ports.states.all(SCOPE))


async def has_a_case(room: Mailroom) -> bool:
    return bool(await room.cases())


async def alarms(room: Mailroom) -> set[str]:
    found = await open_disturbances(room.house.database, SCOPE)
    return {one.reason for one in found if one.subject == f"source:{POST}"}


async def test_a_source_is_looked_into_at_once_and_again(database_url: str) -> None:
    async with mailroom(database_url) as room:
        room.inbox.put(letter("a"))
        async with polling(room, every=0.1):
            await until(lambda: room.inbox.opened == ["a"])
            room.inbox.put(letter("b"))
            await until(lambda: room.inbox.opened == ["a", "b"])


async def test_an_ordered_answer_goes_out_within_a_second(database_url: str) -> None:
    async with mailroom(database_url) as room:
        room.inbox.put(letter("a"))
        async with polling(room):
            await until(lambda: has_a_case(room))
            await room.house.work()
            await until(lambda: len(room.inbox.answers) == 1, seconds=1.0)


async def test_a_wish_is_heeded_within_two_seconds(database_url: str) -> None:
    async with mailroom(database_url) as room:
        async with polling(room):
            await until(lambda: room.inbox.looks == 1)
            room.inbox.put(letter("a"))
            await room.ports.states.wish(SCOPE.tenant, POST)
            await until(lambda: room.inbox.opened == ["a"], seconds=2.0)
        assert await room.ports.states.wished() == frozenset()


async def test_a_source_is_one_workers(database_url: str) -> None:
    async with mailroom(database_url) as room:
        async with polling(room, "first", every=0.1):
            await until(lambda: room.inbox.looks >= 1)
            second = room.watch("second", every=0.1)
            for _ in range(5):
                await second.tick()
            assert not second.is_ours
        await second.tick()
        # It counts to the next round by itself.
        await asyncio.sleep(0.15)
        await second.tick()
        assert second.is_ours, "whoever ends gives it back"
        await second.stop()


async def test_an_answer_ordered_elsewhere_is_passed_on(database_url: str) -> None:
    async with mailroom(database_url) as room:
        room.inbox.put(letter("a"))
        async with polling(room, "first", nudges=Nudges()):
            await until(lambda: has_a_case(room))
            async with polling(room, "second"):
                await room.house.work()
                await until(lambda: len(room.inbox.answers) == 1)


async def test_trouble_is_told_and_closes_by_itself(database_url: str) -> None:
    async with mailroom(database_url) as room:
        room.inbox.put(letter("a", service="urn:other"))
        async with polling(room, every=0.1):
            await until(lambda: alarms_are(room, {ServiceNotOffered.code}))
            room.inbox.letters.clear()
            await until(lambda: alarms_are(room, set()))


async def test_a_source_that_is_away_is_one_alarm_and_left_alone(
    sqlite_url: str,
) -> None:
    async with mailroom(sqlite_url) as room:
        room.inbox.away = True
        async with polling(room, every=0.1):
            await until(lambda: alarms_are(room, {CounterpartAway.code}))
            await asyncio.sleep(0.5)
            assert room.inbox.looks == 1, "for ten seconds"
            room.inbox.away = False
            await room.ports.states.wish(SCOPE.tenant, POST)
            await until(lambda: alarms_are(room, set()))


async def test_what_can_be_fetched_is_fetched_while_no_answer_is_taken(
    sqlite_url: str,
) -> None:
    clock = TestClock()
    async with mailroom(sqlite_url, clock=clock) as room:
        room.inbox.put(letter("a"))
        await room.look()
        await room.house.work()
        room.inbox.takes_nothing = True
        room.inbox.put(letter("b"))
        async with polling(room, every=0.1):
            await until(lambda: room.inbox.opened == ["a", "b"])
            await until(lambda: alarms_are(room, {CounterpartAway.code}))
            room.inbox.takes_nothing = False
            clock.advance(timedelta(minutes=1))
            await until(lambda: alarms_are(room, set()))
            assert len(room.inbox.answers) == 1


async def test_what_waits_for_us_alarms_before_the_channels_days(
    sqlite_url: str,
) -> None:
    clock = TestClock()
    async with mailroom(sqlite_url, clock=clock) as room:
        at = -timedelta(days=8, hours=1)
        room.inbox.put(letter("a", service="urn:other", at=at))
        owed = {"E-FIT-WAITING-DAY-3", "E-FIT-WAITING-DAY-9"}
        async with polling(room):
            await until(lambda: alarms_are(room, {ServiceNotOffered.code, *owed}))


async def test_what_will_soon_expire_alarms_in_time(sqlite_url: str) -> None:
    async with mailroom(sqlite_url) as room:
        room.inbox.expires.add("E-SOON")
        async with polling(room):
            await until(lambda: alarms_are(room, {"E-SOON"}))


async def test_a_source_that_cannot_be_built_stops_no_other(sqlite_url: str) -> None:
    async with mailroom(sqlite_url) as room:
        stop, broken = asyncio.Event(), source("broken")
        poller = Poller(
            [room.watch()], room.ports, room.nudges, broken=[(broken, "E-CONFIG")]
        )
        running = asyncio.create_task(poller.run(stop))
        await until(lambda: room.inbox.looks == 1)
        stop.set()
        await running

        found = await open_disturbances(room.house.database, SCOPE)
        assert [(one.subject, one.reason) for one in found] == [
            ("source:broken", "E-CONFIG")
        ]


async def test_it_is_listed_how_a_source_fares(sqlite_url: str) -> None:
    async with mailroom(sqlite_url) as room:
        room.inbox.put(letter("a", service="urn:other"))
        async with polling(room):
            await until(lambda: is_listed(room))
        [state] = await room.ports.states.all(SCOPE)
        assert (state.pending, state.oldest) == (1, letter("a").submitted_at)


@pytest.mark.timeout(IN_TIME + 60)
async def test_after_an_hours_outage_a_backlog_goes_through_in_order(
    sqlite_url: str,
) -> None:
    clock = TestClock()
    async with mailroom(sqlite_url, clock=clock) as room, working(room.house):
        room.inbox.away = True
        async with polling(room):
            await until(lambda: alarms_are(room, {CounterpartAway.code}))
            for number in range(BACKLOG):
                room.inbox.put(letter(f"{number:04}", of=f"{number % LINES}"))
            clock.advance(timedelta(hours=1))
            room.inbox.away = False
            await room.ports.states.wish(SCOPE.tenant, POST)
            await until(lambda: len(room.inbox.answers) == BACKLOG, seconds=IN_TIME)
            await until(lambda: all_closed(room), seconds=60)
            await until(lambda: alarms_are(room, set()))

    # Taken in the order of their lines, and answered so.
    for told in (room.inbox.opened, [one.submission for one in room.inbox.answers]):
        assert sorted(told) == sorted(set(told))
        for line in range(LINES):
            of_line = [name for name in told if int(name) % LINES == line]
            assert of_line == sorted(of_line)


async def all_closed(room: Mailroom) -> bool:
    counts = await room.house.cases.count_by_state(SCOPE)
    return counts == {"Closed": BACKLOG}
