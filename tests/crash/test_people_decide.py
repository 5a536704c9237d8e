"""Decisions and replays killed at their commits: done or not begun, never twice."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.errors import CaseMoved
from schemas.outcomes import Certainty
from schemas.rules.waits import GIVE_UP_AFTER
from schemas.states import InReview, Undeliverable
from storage.decisions import Decision
from storage.jobs import Filter
from tests.clocks import TestClock
from tests.crash.killing import Moment, Work, kill_at, moments_of
from tests.crash.scene import Scene
from tests.house import FACHVERFAHREN, SCOPE, House
from tests.looking import rows

MINUTE = timedelta(minutes=1)
BY_ERIKA = Decision(actor="erika", reason="nachgesehen")
Act = Callable[[House], Awaitable[object]]


def acting(scene: Scene, act: Act) -> Work:
    async def work(moment: Moment) -> None:
        async with scene.house(at=moment) as house:
            await act(house)

    return work


async def settle(house: House) -> None:
    [case] = await house.cases.list(SCOPE)
    await house.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=True)


@pytest.mark.parametrize(
    ("moment", "decided"), [("before settle", False), ("after settle", True)]
)
def test_a_decision_is_taken_or_not_and_can_be_taken_once(
    database_url: str, tmp_path: Path, moment: str, *, decided: bool
) -> None:
    scene = Scene(url=database_url, folder=tmp_path, certainty=Certainty.NEITHER)
    asyncio.run(scene.receive())
    kill_at(working(scene), "stored at the counterpart")
    asyncio.run(scene.recover())
    [case] = asyncio.run(scene.cases())
    assert isinstance(case.state, InReview)

    kill_at(acting(scene, settle), moment)

    if decided:
        with pytest.raises(CaseMoved):
            asyncio.run(in_house(scene, settle))
    else:
        asyncio.run(in_house(scene, settle))
    asyncio.run(scene.recover())
    asyncio.run(scene.assert_whole(1))


def working(scene: Scene) -> Work:
    return acting(scene, lambda house: house.work())


async def in_house(scene: Scene, act: Act) -> None:
    async with scene.house() as house:
        await act(house)


def advance_clock(house: House, by: timedelta) -> None:
    assert isinstance(house.clock, TestClock)
    house.clock.advance(by)


async def give_up(house: House) -> None:
    await house.duties().give_up()


async def replay(house: House) -> None:
    await house.jobs.create(SCOPE, Filter(), BY_ERIKA, per_minute=6000, stop_after=0)
    await advance(house)


async def advance(house: House) -> None:
    await house.jobs.advance()


REPLAYING = ["before plan replay", "after plan replay", "before jobs", "after jobs"]
RELEASING = ["before release item", "after release item"]


async def dead_letters(house: House) -> None:
    """Three cases that waited for a destination for too long."""
    await house.destinations.pause(SCOPE, FACHVERFAHREN, "Wartung")
    await house.work()
    advance_clock(house, GIVE_UP_AFTER)
    await give_up(house)
    await house.destinations.resume(SCOPE, FACHVERFAHREN)


@pytest.mark.parametrize("moment", [*REPLAYING, *RELEASING])
def test_a_replay_that_was_killed_is_finished_by_the_next(
    database_url: str, tmp_path: Path, moment: str
) -> None:
    scene = Scene(url=database_url, folder=tmp_path, certainty=Certainty.CAN_BE_ASKED)
    asyncio.run(scene.receive(3))
    asyncio.run(in_house(scene, dead_letters))
    assert {type(case.state) for case in asyncio.run(scene.cases())} == {Undeliverable}

    kill_at(acting(scene, replay), moment)
    if moment == "before plan replay":
        asyncio.run(in_house(scene, replay))
    asyncio.run(finish(scene))

    asyncio.run(scene.assert_whole(3))


async def finish(scene: Scene) -> None:
    async with scene.house(later=GIVE_UP_AFTER) as house:
        for _ in range(2):
            await house.jobs.advance()
            await house.work()
            advance_clock(house, MINUTE)
        await house.jobs.advance()
        items = await rows(house, "job_items")
        jobs = await rows(house, "jobs")
    assert [item["state"] for item in items] == ["done"] * 3
    assert [job["state"] for job in jobs] == ["done"]


def test_the_list_of_boundaries_of_a_replay_is_complete(
    database_url: str, tmp_path: Path
) -> None:
    scene = Scene(url=database_url, folder=tmp_path)
    asyncio.run(scene.receive(1))
    asyncio.run(in_house(scene, dead_letters))

    assert moments_of(acting(scene, replay)) == [*REPLAYING, *RELEASING]
