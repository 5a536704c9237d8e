"""Clocks that jump while workers die: everything ends, and nothing waits for 2037."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.outcomes import Certainty
from tests.crash.killing import Moment, Work, kill_at
from tests.crash.scene import LEASE_IS_OVER, Scene

DAY = timedelta(days=1)


def working(scene: Scene, later: timedelta) -> Work:
    async def work(moment: Moment) -> None:
        async with scene.house(later=later, at=moment) as house:
            await house.take_over()
            await house.work()

    return work


@pytest.mark.parametrize("jump", [4000 * DAY, -400 * DAY], ids=["ahead", "back"])
@pytest.mark.parametrize(
    "moment", ["after lease", "after attempt", "stored at the counterpart"]
)
def test_a_worker_that_died_under_a_wrong_clock_is_recovered_from(
    database_url: str, tmp_path: Path, jump: timedelta, moment: str
) -> None:
    scene = Scene(url=database_url, folder=tmp_path, certainty=Certainty.CAN_BE_ASKED)
    asyncio.run(scene.receive(2))

    kill_at(working(scene, jump), moment)
    asyncio.run(scene.recover(rounds=3))

    asyncio.run(scene.assert_whole(2))


def test_every_step_may_be_done_at_another_time(
    database_url: str, tmp_path: Path
) -> None:
    scene = Scene(url=database_url, folder=tmp_path)
    asyncio.run(scene.receive(3))

    jumps = [9 * DAY, 4000 * DAY, -400 * DAY]
    moments = ["after attempt", "after outcome", "after archive,close"]
    for jump, moment in zip(jumps, moments, strict=True):
        asyncio.run(look_around(scene, jump))
        kill_at(working(scene, jump + LEASE_IS_OVER), moment)
    asyncio.run(scene.recover(rounds=3))

    asyncio.run(scene.assert_whole(3))


async def look_around(scene: Scene, later: timedelta) -> None:
    """The leases of the dead are brought into this time, and end a minute later."""
    async with scene.house(later=later) as house:
        await house.take_over()
