"""kill -9 between pull, persist and accept: one case, one answer, none too early."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from flows.sources.answering import Answering
from flows.sources.round import MailboxRound
from schemas.channels import SOURCE_SENDER
from schemas.events import first_break
from schemas.states import Closed, Refused
from tests.crash.killing import Moment, Work, kill_at, moments_of, run_together
from tests.crash.mailbox import POST, FileMailbox
from tests.crash.scene import LEASE_IS_OVER, Scene
from tests.house import SCOPE
from tests.looking import rows
from tests.unit.sources.mailroom import source, source_ports

FETCHING = ["listed", "opened", "stored", "before receive", "after receive", "received"]
ANSWERING = [
    "before keep answer",
    "after keep answer",
    "signed",
    "answered",
    "before answered",
    "after answered",
    "answer kept",
]


def working(scene: Scene, life: int = 0) -> Work:
    """Fetch, work and answer; each life comes when the leases before are over."""

    async def work(moment: Moment) -> None:
        later = life * LEASE_IS_OVER + timedelta(seconds=life * 60)
        async with scene.house(later=later, at=moment) as house:
            ports = source_ports(house, at=moment)
            inbox = mailbox(scene)
            await MailboxRound(source(POST), inbox, ports).look()
            await house.take_over()
            await house.work()
            await Answering(source(POST), inbox, ports).send()

    return work


def mailbox(scene: Scene) -> FileMailbox:
    return FileMailbox(scene.folder / "mailbox")


def scene_with(url: str, folder: Path, *names: str, faulty: bool = False) -> Scene:
    scene = Scene(url=url, folder=folder)
    asyncio.run(scene.receive(0))
    for name in names:
        mailbox(scene).put(name, faulty=faulty)
    return scene


async def by_submission(scene: Scene) -> dict[str, list[str]]:
    """How the cases of each submission stand."""
    async with scene.house() as house:
        cases = await house.cases.list(SCOPE, limit=1000)
        assert all(case.sender == f"{SOURCE_SENDER}{POST}" for case in cases)
        kinds = {case.id: type(case.state).__name__ for case in cases}
        found: dict[str, list[str]] = {}
        for row in await rows(house, "channel_submissions"):
            found.setdefault(row["submission"], []).append(kinds[row["case_id"]])
        for case in cases:
            assert first_break(await house.cases.events(case)) is None
        return found


def assert_no_answer_without_a_case(scene: Scene) -> None:
    here = asyncio.run(by_submission(scene))
    assert mailbox(scene).answers().keys() <= here.keys()


def test_the_list_of_moments_is_complete(database_url: str, tmp_path: Path) -> None:
    scene = scene_with(database_url, tmp_path, "a")

    seen = moments_of(working(scene))

    assert seen[: len(FETCHING)] == FETCHING
    assert seen[-len(ANSWERING) :] == ANSWERING


@pytest.mark.parametrize("moment", [*FETCHING, "after attempt", *ANSWERING])
def test_whoever_dies_there_is_one_case_and_one_accept(
    database_url: str, tmp_path: Path, moment: str
) -> None:
    scene = scene_with(database_url, tmp_path, "a", "b")

    kill_at(working(scene), moment)
    assert_no_answer_without_a_case(scene)
    run_together(working(scene, 1))

    closed = [Closed.__name__]
    assert asyncio.run(by_submission(scene)) == {"a": closed, "b": closed}
    assert mailbox(scene).answers() == {"a": ["accept a"], "b": ["accept b"]}
    assert mailbox(scene).lying() == []


@pytest.mark.parametrize("moment", ["received", "signed", "answered"])
def test_whoever_dies_there_is_one_reject(
    database_url: str, tmp_path: Path, moment: str
) -> None:
    scene = scene_with(database_url, tmp_path, "a", faulty=True)

    kill_at(working(scene), moment)
    run_together(working(scene, 1))

    assert asyncio.run(by_submission(scene)) == {"a": [Refused.__name__]}
    assert mailbox(scene).answers() == {"a": ["reject a"]}


def test_two_who_fetch_at_the_same_time_make_one_case_each(
    database_url: str, tmp_path: Path
) -> None:
    names = [f"{number:02}" for number in range(20)]
    scene = scene_with(database_url, tmp_path, *names)

    run_together(working(scene), working(scene))
    run_together(working(scene, 1))

    assert asyncio.run(by_submission(scene)) == {
        name: [Closed.__name__] for name in names
    }
    assert set(mailbox(scene).answers()) == set(names)
