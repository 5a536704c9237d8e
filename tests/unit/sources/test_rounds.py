"""One look into a mailbox: each submission becomes one case, or waits in peace."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from flows.sources.errors import ServiceNotOffered
from schemas.channels import Announced
from schemas.errors import CounterpartAway, KeyMissing, StorageFull
from schemas.ids import delivery_id
from schemas.states import Closed
from tests.clocks import TestClock
from tests.house import FACHVERFAHREN
from tests.unit.sources.mailroom import POST, letter, mailroom


class Away(CounterpartAway):
    code = "E-TEST-AWAY"


async def test_a_submission_becomes_a_case_and_is_accepted(database_url: str) -> None:
    async with mailroom(database_url) as room:
        room.inbox.put(letter("a", of="vorgang"))

        looked = await room.look()
        await room.house.work()
        assert room.inbox.answers == [], "nothing is accepted by looking"
        sent = await room.answering.send()

        [case] = await room.cases()
        assert (looked.taken, looked.pending, sent) == (1, 0, 1)
        assert isinstance(case.state, Closed)
        assert case.sender == f"source:{POST}"
        [answer] = room.inbox.answers
        assert (answer.submission, answer.accepted) == ("a", True)
        assert answer.proof == letter("a").proof


async def test_whatever_is_listed_again_is_one_case(database_url: str) -> None:
    async with mailroom(database_url) as room:
        room.inbox.put(letter("a"))

        await room.look()
        again = await room.look()

        assert (again.taken, again.pending) == (0, 0)
        assert len(await room.cases()) == 1


async def test_duplicates_in_a_list_are_taken_once(sqlite_url: str) -> None:
    async with mailroom(sqlite_url) as room:
        one = letter("a")

        async def listing() -> tuple[Announced, ...]:
            return (one.announced,) * 3

        room.inbox.put(one)
        room.inbox.listing = listing  # type: ignore[method-assign]
        looked = await room.look()

        assert (looked.taken, room.inbox.opened) == (1, ["a"])


async def test_an_unknown_service_waits_there_and_the_others_go_on(
    sqlite_url: str,
) -> None:
    async with mailroom(sqlite_url) as room:
        old = timedelta(days=-2)
        room.inbox.put(letter("a", service="urn:other", at=old))
        room.inbox.put(letter("b"))

        looked = await room.look()

        assert (looked.taken, looked.pending) == (1, 1)
        assert looked.codes == {ServiceNotOffered.code}
        assert looked.oldest == letter("a", at=old).submitted_at
        assert "a" in room.inbox.letters


@pytest.mark.parametrize(
    ("identifier", "told"),
    [
        ("urn:de:fim:leika:leistung:99000000000000", "99000000000000"),
        ("urn:de:leistung:erika-mustermann", "(no LeiKa key)"),
    ],
)
async def test_the_log_says_which_service_is_lacking_and_nothing_of_a_sender(
    sqlite_url: str, identifier: str, told: str
) -> None:
    async with mailroom(sqlite_url) as room:
        room.inbox.put(letter("a", service=identifier))

        with capture_logs() as lines:
            await room.look()

        [line] = [one for one in lines if one["event"] == "submission_not_taken"]
        assert line["detail"] == told
        assert "erika" not in str(lines)


async def test_what_breaks_us_is_left_alone_for_a_while(sqlite_url: str) -> None:
    clock = TestClock()
    async with mailroom(sqlite_url, clock=clock) as room:
        room.inbox.put(letter("a"))
        room.inbox.put(letter("b"))
        room.inbox.broken["a"] = ZeroDivisionError("a bug of ours")

        first = await room.look()
        second = await room.look()
        clock.advance(timedelta(seconds=31))
        await room.look()

        assert first.codes == second.codes == {"E-BUG"}
        assert room.inbox.opened.count("a") == 2, "not in the second round"
        assert len(await room.cases()) == 1


async def test_trouble_is_over_when_it_is_over(sqlite_url: str) -> None:
    clock = TestClock()
    async with mailroom(sqlite_url, clock=clock) as room:
        room.inbox.put(letter("a"))
        room.inbox.broken["a"] = KeyMissing()
        assert (await room.look()).codes == {KeyMissing.code}

        room.inbox.broken.clear()
        clock.advance(timedelta(minutes=1))
        looked = await room.look()

        assert (looked.taken, looked.codes) == (1, frozenset())


async def test_what_belongs_together_is_taken_in_order(database_url: str) -> None:
    async with mailroom(database_url) as room:
        names = [f"{line}{number}" for number in range(5) for line in "xyz"]
        for name in names:
            room.inbox.put(letter(name, of=name[0]))

        await room.look()

        for line in "xyz":
            opened = [name for name in room.inbox.opened if name[0] == line]
            assert opened == [f"{line}{number}" for number in range(5)]


async def test_those_behind_a_broken_one_of_the_same_case_wait(
    sqlite_url: str,
) -> None:
    clock = TestClock()
    async with mailroom(sqlite_url, clock=clock) as room:
        room.inbox.put(letter("a", of="vorgang"))
        room.inbox.put(letter("b", of="vorgang"))
        room.inbox.put(letter("c"))
        room.inbox.broken["a"] = KeyMissing()

        looked = await room.look()

        assert (looked.taken, looked.pending) == (1, 2)
        assert sorted(room.inbox.opened) == ["a", "c"]


async def test_a_submission_that_never_works_does_not_lock_its_case(
    sqlite_url: str,
) -> None:
    clock = TestClock()
    async with mailroom(sqlite_url, clock=clock) as room:
        room.inbox.put(letter("a", of="vorgang"))
        room.inbox.put(letter("b", of="vorgang"))
        room.inbox.broken["a"] = KeyMissing()

        for _ in range(5):
            await room.look()
            clock.advance(timedelta(minutes=11))

        assert len(await room.cases()) == 1
        assert "b" in room.inbox.opened


async def test_a_channel_that_gives_nothing_is_away(sqlite_url: str) -> None:
    async with mailroom(sqlite_url) as room:
        for number in range(20):
            room.inbox.put(letter(f"{number}"))
            room.inbox.broken[f"{number}"] = Away()

        with pytest.raises(Away):
            await room.look()

        assert len(room.inbox.opened) < 10, "the others need not find out"


async def test_one_that_the_channel_does_not_give_is_no_outage(
    sqlite_url: str,
) -> None:
    async with mailroom(sqlite_url) as room:
        for number in range(20):
            room.inbox.put(letter(f"{number}"))
        room.inbox.broken["3"] = Away()

        looked = await room.look()

        assert (looked.taken, looked.pending) == (19, 1)
        assert looked.codes == {Away.code}


async def test_without_room_everything_stays_where_it_is(sqlite_url: str) -> None:
    async with mailroom(sqlite_url, floor=1 << 62) as room:
        room.inbox.put(letter("a"))
        room.inbox.put(letter("b"))

        looked = await room.look()

        assert (looked.taken, looked.pending) == (0, 2)
        assert looked.codes == {StorageFull.code}
        assert room.inbox.opened == []


async def test_names_arrive_as_they_were_written(sqlite_url: str) -> None:
    name = "Größenänderung Şeyma D̂oe.xml"
    async with mailroom(sqlite_url) as room:
        room.inbox.put(letter("a", filename=name))

        await room.all_through()

        [case] = await room.cases()
        arrived = room.there.copies(delivery_id(case.id, FACHVERFAHREN, 1))
        assert [one.filename for one in arrived[0].parcel.documents] == [name]
