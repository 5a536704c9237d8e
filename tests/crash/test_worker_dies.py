"""Whatever dies, and whenever: what was accepted arrives, exactly once."""

import asyncio
from pathlib import Path

import pytest

from schemas.outcomes import Certainty
from schemas.states import InReview
from tests.crash.killing import Moment, Work, kill_at, moments_of
from tests.crash.scene import Scene

STANDARD_MOMENTS = [
    "before register",
    "after register",
    "before lease",
    "after lease",
    "before attempt",
    "after attempt",
    "before deliver",
    "stored at the counterpart",
    "after deliver",
    "before outcome",
    "after outcome",
    "before archive",
    "after archive",
    "before archive,close",
    "after archive,close",
    "before retire",
    "after retire",
]


def working(scene: Scene) -> Work:
    """One worker that does what is due, and says when it passes a boundary."""

    async def work(moment: Moment) -> None:
        async with scene.house(at=moment) as house:
            await house.work()

    return work


def test_the_list_of_boundaries_is_complete(database_url: str, tmp_path: Path) -> None:
    scene = Scene(url=database_url, folder=tmp_path)
    asyncio.run(scene.receive())

    assert moments_of(working(scene)) == STANDARD_MOMENTS


@pytest.mark.parametrize("moment", STANDARD_MOMENTS)
def test_a_case_survives_its_worker(
    database_url: str, tmp_path: Path, moment: str
) -> None:
    scene = Scene(url=database_url, folder=tmp_path)
    asyncio.run(scene.receive(2))

    kill_at(working(scene), moment)
    asyncio.run(scene.recover())

    asyncio.run(scene.assert_whole(2))


AROUND_THE_CALL = ["after attempt", "stored at the counterpart", "before outcome"]


@pytest.mark.parametrize("moment", AROUND_THE_CALL)
def test_a_counterpart_that_can_be_asked_gets_one_copy(
    database_url: str, tmp_path: Path, moment: str
) -> None:
    scene = Scene(url=database_url, folder=tmp_path, certainty=Certainty.CAN_BE_ASKED)
    asyncio.run(scene.receive())

    kill_at(working(scene), moment)
    asyncio.run(scene.recover())

    asyncio.run(scene.assert_whole(1))


@pytest.mark.parametrize("moment", AROUND_THE_CALL)
def test_what_nobody_can_know_is_left_to_a_person(
    database_url: str, tmp_path: Path, moment: str
) -> None:
    scene = Scene(url=database_url, folder=tmp_path, certainty=Certainty.NEITHER)
    asyncio.run(scene.receive())

    kill_at(working(scene), moment)
    asyncio.run(scene.recover())

    [case] = asyncio.run(scene.cases())
    assert isinstance(case.state, InReview)
