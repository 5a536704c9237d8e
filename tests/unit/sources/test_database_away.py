"""The database goes away in the middle: nothing is lost, nothing happens twice."""

from dataclasses import replace
from typing import Final

import pytest

from flows.sources.answering import Answering
from flows.sources.round import MailboxRound
from schemas.errors import DatabaseAway
from schemas.states import Closed
from tests.unit.sources.mailroom import Mailroom, letter, mailroom, source

MOMENTS: Final = (
    "listed",
    "opened",
    "stored",
    "received",
    "signed",
    "answered",
    "answer kept",
)


class Power:
    """Fails at one moment, the first time that it comes."""

    def __init__(self, moment: str) -> None:
        self.moment, self.has_failed = moment, False

    def __call__(self, moment: str) -> None:
        if moment == self.moment and not self.has_failed:
            self.has_failed = True
            raise DatabaseAway


@pytest.mark.parametrize("moment", MOMENTS)
async def test_whenever_it_goes_there_is_one_case_and_one_answer(
    database_url: str, moment: str
) -> None:
    async with mailroom(database_url) as room:
        room.inbox.put(letter("a"))
        power = Power(moment)
        ports = replace(room.ports, at=power)
        at_work = MailboxRound(source(), room.inbox, ports)
        answering = Answering(source(), room.inbox, ports)

        away = 0
        for _ in range(3):
            away += await once_through(room, at_work, answering)

        assert (away, power.has_failed) == (1, True)
        [case] = await room.cases()
        assert isinstance(case.state, Closed)
        assert [event.token for event in room.inbox.taken.values()] == [b"accept a"]
        assert answering.codes == frozenset()


async def once_through(
    room: Mailroom, at_work: MailboxRound, answering: Answering
) -> bool:
    """As a worker does; whether the database was away."""
    try:
        await at_work.look()
        await room.house.work()
        await answering.send()
    except DatabaseAway:
        return True
    return False
