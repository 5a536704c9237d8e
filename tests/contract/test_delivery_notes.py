"""Notes of deliveries: the fake in memory and the real ones keep one contract."""

import asyncio
from collections.abc import Callable

import pytest

from adapters.base import DeliveryNotes
from adapters.memory import MemoryNotes
from schemas.ids import DeliveryId
from storage.delivery_notes import SqlDeliveryNotes, UnknownDelivery
from tests.contract.acting import begin
from tests.contract.leasing import hired, room
from tests.house import House
from tests.looking import rows

Make = Callable[[House], DeliveryNotes]
KINDS: dict[str, Make] = {
    "memory": lambda _: MemoryNotes(),
    "sql": lambda home: SqlDeliveryNotes(home.database),
}


@pytest.fixture(params=list(KINDS))
def notes(request: pytest.FixtureRequest, home: House) -> DeliveryNotes:
    return KINDS[request.param](home)


async def begun(home: House) -> DeliveryId:
    """A delivery whose first attempt is committed."""
    await home.receive()
    [leased] = await (await hired(home)).lease(room())
    await begin(home, leased)
    [row] = await rows(home, "deliveries")
    return DeliveryId(row["id"])


async def test_there_is_nothing_before_the_first_note(
    home: House, notes: DeliveryNotes
) -> None:
    assert await notes.read(await begun(home)) == {}


async def test_notes_are_added_and_replaced(home: House, notes: DeliveryNotes) -> None:
    delivery = await begun(home)
    await notes.keep(delivery, {"submission": "1", "tag": "ä\ud7ff"})
    await notes.keep(delivery, {"submission": "2"})

    assert await notes.read(delivery) == {"submission": "2", "tag": "ä\ud7ff"}
    assert await notes.read(DeliveryId("0" * 32)) == {}


async def test_of_many_at_one_moment_none_loses_the_others_note(
    home: House, notes: DeliveryNotes
) -> None:
    delivery = await begun(home)

    await asyncio.gather(*(notes.keep(delivery, {str(n): "x"}) for n in range(12)))

    assert len(await notes.read(delivery)) == 12


async def test_notes_are_still_there_for_the_next_worker(home: House) -> None:
    delivery = await begun(home)
    await SqlDeliveryNotes(home.database).keep(delivery, {"a": "b"})

    assert await SqlDeliveryNotes(home.database).read(delivery) == {"a": "b"}
    [row] = await rows(home, "delivery_notes")
    assert (row["tenant_id"], row["office_id"]) == ("standard", "wohngeld")


async def test_nothing_is_noted_of_what_has_not_begun(home: House) -> None:
    with pytest.raises(UnknownDelivery):
        await SqlDeliveryNotes(home.database).keep(DeliveryId("0" * 32), {"a": "b"})
