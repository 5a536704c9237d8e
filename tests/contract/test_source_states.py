"""How sources fare: wishes, rounds, and disturbances that close by themselves."""

import asyncio
from datetime import timedelta

from schemas.ids import SourceId, TenantId
from schemas.scope import DEFAULT_TENANT, Scope
from storage.source_states import SourceStates
from tests.clocks import TestClock
from tests.contract.channelling import POSTFACH
from tests.house import SCOPE, House
from tests.looking import rows

HERE = (DEFAULT_TENANT, "postfach")


def states(home: House) -> SourceStates:
    return SourceStates(home.database)


async def alarms(home: House) -> dict[str, bool]:
    """Reasons told, and whether each is open."""
    found = await rows(home, "disturbances")
    assert {row["subject"] for row in found} <= {"source:postfach"}
    return {row["reason"]: row["closed_at"] is None for row in found}


async def test_a_wish_is_there_until_somebody_looks(home: House) -> None:
    await states(home).wish(*HERE)
    wished = await states(home).wished()
    await states(home).take_wish(*HERE)

    assert wished == {HERE}
    assert await states(home).wished() == frozenset()


async def test_the_end_of_a_round_takes_no_wish_that_came_meanwhile(
    home: House,
) -> None:
    await states(home).take_wish(*HERE)
    await states(home).wish(*HERE)
    await states(home).polled(DEFAULT_TENANT, POSTFACH)

    assert await states(home).wished() == {HERE}


async def test_a_storm_of_wishes_is_one_write(home: House, clock: TestClock) -> None:
    await states(home).wish(*HERE)
    first = await states(home).all(SCOPE)
    clock.advance(timedelta(minutes=1))

    await asyncio.gather(*(states(home).wish(*HERE) for _ in range(50)))

    assert await states(home).all(SCOPE) == first


async def test_first_wishes_at_one_moment_are_one_wish(home: House) -> None:
    await asyncio.gather(*(states(home).wish(*HERE) for _ in range(12)))

    assert await states(home).wished() == {HERE}


async def test_a_wish_is_of_one_tenant(home: House) -> None:
    await states(home).wish(TenantId("other"), POSTFACH)
    await states(home).take_wish(*HERE)

    assert await states(home).wished() == {(TenantId("other"), "postfach")}
    assert not await states(home).all(SCOPE)
    assert await states(home).all(Scope(tenant=TenantId("other")))


async def test_what_a_round_came_to_is_listed(home: House, clock: TestClock) -> None:
    since = clock.now() - timedelta(hours=3)
    await states(home).polled(
        DEFAULT_TENANT, POSTFACH, code="E-AWAY", pending=3, oldest=since
    )
    await states(home).wish(DEFAULT_TENANT, "anderes")

    other, one = await states(home).all(SCOPE)

    assert (one.source, one.code, one.pending, one.oldest) == (
        POSTFACH,
        "E-AWAY",
        3,
        since,
    )
    assert one.polled_at == clock.now()
    assert (other.source, other.polled_at) == (SourceId("anderes"), None)


async def test_a_trouble_alarms_once_and_is_over_by_itself(home: House) -> None:
    for _ in range(3):
        await states(home).polled(DEFAULT_TENANT, POSTFACH, code="E-AWAY")
    told = await alarms(home)
    await states(home).polled(DEFAULT_TENANT, POSTFACH)

    assert told == {"E-AWAY": True}
    assert await alarms(home) == {"E-AWAY": False}
    assert len(await rows(home, "disturbances")) == 1


async def test_of_several_troubles_each_is_over_by_itself(home: House) -> None:
    both = ("E-SERVICE", "E-KEY")
    await states(home).polled(DEFAULT_TENANT, POSTFACH, troubles=both)
    await states(home).polled(DEFAULT_TENANT, POSTFACH, troubles=("E-KEY",))

    assert await alarms(home) == {"E-SERVICE": False, "E-KEY": True}
