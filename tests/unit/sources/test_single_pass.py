"""A worker that passes once: fetches, works, answers, and lets go."""

import asyncio

from adapters.memory_inbox import OpenedLetter
from flows.sources.nudges import Nudges
from flows.sources.poller import Poller
from schemas.channels import Announced, Gone
from schemas.errors import CounterpartAway
from tests.house import SCOPE
from tests.unit.sources.mailroom import POST, letter, mailroom
from tests.unit.sources.test_watches import alarms, has_a_case


async def test_a_single_pass_fetches_works_and_answers(database_url: str) -> None:
    async with mailroom(database_url) as room:
        room.inbox.put(letter("a"))
        poller = Poller([room.watch()], room.ports, room.nudges)

        await poller.look()
        await room.house.work()
        await poller.answer()
        await poller.leave()

        assert [one.submission for one in room.inbox.answers] == ["a"]
        assert room.inbox.looks == 1
        other = room.watch("other")
        await other.once()
        assert other.is_ours, "whoever comes next need not wait"


async def test_a_single_pass_leaves_what_another_worker_looks_after(
    database_url: str,
) -> None:
    async with mailroom(database_url) as room:
        theirs = Poller([room.watch("other")], room.ports, Nudges())
        await theirs.look()
        room.inbox.put(letter("a"))
        await room.look()
        ours = Poller([room.watch()], room.ports, room.nudges)

        await ours.look()
        await room.house.work()
        await ours.answer()

        assert room.inbox.looks == 2, "theirs, and the test's own"
        assert room.inbox.answers == []
        assert (SCOPE.tenant, POST) in await room.ports.states.wished()


async def test_a_single_pass_takes_the_wish_for_a_look(sqlite_url: str) -> None:
    async with mailroom(sqlite_url) as room:
        await room.ports.states.wish(SCOPE.tenant, POST)
        poller = Poller([room.watch()], room.ports, room.nudges)

        await poller.look()

        assert await room.ports.states.wished() == frozenset()


async def test_a_mailbox_that_is_away_does_not_keep_a_single_pass(
    sqlite_url: str,
) -> None:
    async with mailroom(sqlite_url) as room:
        room.inbox.away = True
        poller = Poller([room.watch()], room.ports, room.nudges)

        await poller.look()
        await poller.answer()
        await poller.leave()

        assert await alarms(room) == {CounterpartAway.code}


async def test_a_long_look_holds_its_source_to_the_end(database_url: str) -> None:
    async with mailroom(database_url) as room:
        room.inbox.put(letter("a"))
        watch = room.watch()
        watch._hold = 0.4
        slow = asyncio.Event()
        opening = room.inbox.open

        async def open_slowly(announced: Announced) -> OpenedLetter | Gone:
            await slow.wait()
            return await opening(announced)

        room.inbox.open = open_slowly  # type: ignore[method-assign]
        looking = asyncio.create_task(watch.once())
        await asyncio.sleep(1.0)

        held = watch.is_ours
        slow.set()
        await looking

        assert held
        assert await has_a_case(room)
