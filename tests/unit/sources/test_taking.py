"""Taking one in: all of it or nothing, whoever stops in the middle."""

import asyncio
from dataclasses import replace

import pytest

from adapters.base import DocumentShelf
from adapters.memory_inbox import Letter, MemoryInbox, OpenedLetter
from flows.sources.errors import SubmissionChanged, TakingTooSlow
from flows.sources.ports import SourcePorts
from flows.sources.taking import LeftThere, Taking
from schemas.channels import Announced, ChannelSubmission
from schemas.errors import StorageFull
from schemas.limits import INLINE_BYTES
from storage.memory import MemoryVault
from tests.house import WOHNGELD
from tests.looking import rows
from tests.unit.sources.mailroom import POST, Mailroom, letter, mailroom, source

BIG = b"<antrag>" + b"x" * INLINE_BYTES + b"</antrag>"


class Interrupted(OpenedLetter):
    """Stops, or breaks, after its first document has been stored."""

    def __init__(self, one: Letter, ends: Exception | None) -> None:
        super().__init__(one, POST)
        self.stored = asyncio.Event()
        self._ends = ends

    async def store(self, shelf: DocumentShelf) -> ChannelSubmission:
        submission = await super().store(shelf)
        self.stored.set()
        await shelf.write(BIG)
        if self._ends is not None:
            raise self._ends
        await asyncio.Event().wait()
        return submission


class OneLetter(MemoryInbox):
    """Whatever is asked for, it is this."""

    def __init__(self, opened: OpenedLetter) -> None:
        super().__init__(POST)
        self.opened = opened

    async def open(self, announced: Announced) -> OpenedLetter:
        return self.opened


def taking(
    room: Mailroom, opened: OpenedLetter, ports: SourcePorts | None = None
) -> Taking:
    inbox = OneLetter(opened)
    return Taking(source(), inbox, ports or room.ports)


async def left(room: Mailroom) -> tuple[int, int]:
    vault = room.house.vault
    assert isinstance(vault, MemoryVault)
    return len(vault.objects), len(await rows(room.house, "cases"))


async def test_whoever_stops_in_the_middle_leaves_nothing(sqlite_url: str) -> None:
    one = letter("a", body=BIG)
    async with mailroom(sqlite_url) as room:
        opened = Interrupted(one, None)
        task = asyncio.create_task(taking(room, opened).take(one.announced))
        await opened.stored.wait()
        assert await left(room) == (1, 0)

        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

        assert await left(room) == (0, 0)


async def test_what_breaks_in_the_middle_leaves_nothing(sqlite_url: str) -> None:
    one = letter("a", body=BIG)
    async with mailroom(sqlite_url) as room:
        opened = Interrupted(one, StorageFull())

        with pytest.raises(LeftThere) as caught:
            await taking(room, opened).take(one.announced)

        assert isinstance(caught.value.__cause__, StorageFull)
        assert caught.value.since == one.submitted_at
        assert await left(room) == (0, 0)


async def test_a_submission_that_is_here_is_not_stored_again(sqlite_url: str) -> None:
    one = letter("a", body=BIG)
    async with mailroom(sqlite_url) as room:
        twice = taking(room, OpenedLetter(one, POST))

        first = await twice.take(one.announced)
        second = await twice.take(one.announced)

        assert (first, second) == (True, False)
        assert await left(room) == (1, 1)


async def test_the_same_id_with_other_proofs_is_an_alarm(sqlite_url: str) -> None:
    one = letter("a", body=BIG)
    async with mailroom(sqlite_url) as room:
        await taking(room, OpenedLetter(one, POST)).take(one.announced)
        forged = OpenedLetter(replace(one, proof='{"data":"other"}'), POST)

        with pytest.raises(LeftThere) as caught:
            await taking(room, forged).take(one.announced)

        assert isinstance(caught.value.__cause__, SubmissionChanged)
        assert await left(room) == (1, 1)


async def test_a_case_stands_in_the_line_of_its_channel_case(sqlite_url: str) -> None:
    one = letter("a", of="vorgang")
    async with mailroom(sqlite_url) as room:
        await taking(room, OpenedLetter(one, POST)).take(one.announced)

        [row] = await rows(room.house, "cases")
        assert row["ordering_key"] == "memory:vorgang"
        assert (row["sender"], row["source"]) == (f"source:{POST}",) * 2


async def test_services_may_be_named_by_the_source(sqlite_url: str) -> None:
    one = letter("a", service="urn:kreis:wohngeld")
    async with mailroom(sqlite_url) as room:
        named = replace(source(), services={"urn:kreis:wohngeld": WOHNGELD})
        inbox = OneLetter(OpenedLetter(one, POST))
        by_name = Taking(named, inbox, room.ports)

        assert await by_name.take(one.announced)


async def test_nothing_is_fetched_for_ever(sqlite_url: str) -> None:
    one = letter("a")
    async with mailroom(sqlite_url) as room:
        slow = taking(room, Interrupted(one, None))
        with pytest.raises(TakingTooSlow):
            await slow.take(one.announced, seconds=0.05)
        assert await left(room) == (0, 0)
