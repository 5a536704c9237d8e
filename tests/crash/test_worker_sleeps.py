"""A worker that stands still past its lease can neither write nor send."""

import asyncio
from pathlib import Path

import pytest

from schemas.outcomes import Certainty
from tests.crash.killing import Moment, Work, stopped_at
from tests.crash.scene import LEASE_IS_OVER, Scene
from tests.crash.sleeping import SleepyLoop
from tests.house import SCOPE


def sleeping(scene: Scene) -> Work:
    """A worker that wakes up with the clock of somebody who has slept for long."""

    async def work(moment: Moment) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SleepyLoop)

        def sleep(name: str) -> None:
            moment(name)
            if name == stops_at:
                loop.slept = LEASE_IS_OVER.total_seconds()

        async with scene.house(at=sleep) as house:
            await house.work()

    stops_at = "before deliver"
    return work


OUTSIDE_OF_COMMITS = [
    "after lease",
    "after attempt",
    "before deliver",
    "stored at the counterpart",
    "after deliver",
    "after outcome",
    "before archive",
    "after archive",
]


@pytest.mark.parametrize("moment", OUTSIDE_OF_COMMITS)
def test_what_others_took_over_meanwhile_stays_theirs(
    database_url: str, tmp_path: Path, moment: str
) -> None:
    scene = Scene(url=database_url, folder=tmp_path)
    asyncio.run(scene.receive())

    with stopped_at(sleeping(scene), moment):
        asyncio.run(scene.recover())
        before = asyncio.run(history(scene))

    assert asyncio.run(history(scene)) == before
    asyncio.run(scene.assert_whole(1))


@pytest.mark.parametrize("moment", ["after attempt", "before deliver"])
def test_an_attempt_that_was_overslept_sends_no_second_copy(
    database_url: str, tmp_path: Path, moment: str
) -> None:
    scene = Scene(url=database_url, folder=tmp_path, certainty=Certainty.CAN_BE_ASKED)
    asyncio.run(scene.receive())

    with stopped_at(sleeping(scene), moment):
        asyncio.run(scene.recover())

    asyncio.run(scene.assert_whole(1))


async def history(scene: Scene) -> list[bytes]:
    """Everything that was ever written about the cases."""
    async with scene.house() as house:
        return [
            event.hash
            for case in await house.cases.list(SCOPE)
            for event in await house.cases.events(case)
        ]
