"""Two workers on one database: every case is one worker's, every copy the only one."""

import asyncio
from pathlib import Path

from schemas.outcomes import Certainty
from tests.crash.killing import Moment, Work, run_together
from tests.crash.scene import Scene

CASES, SLOTS = 200, 16


def working(scene: Scene) -> Work:
    async def work(_: Moment) -> None:
        async with scene.house() as house, house.worker(slots=SLOTS) as worker:
            await worker.run_until_idle()

    return work


def test_200_cases_arrive_exactly_once_each(database_url: str, tmp_path: Path) -> None:
    # It keeps whatever it is sent: a second copy would be seen.
    scene = Scene(url=database_url, folder=tmp_path, certainty=Certainty.CAN_BE_ASKED)
    asyncio.run(scene.receive(CASES))

    run_together(working(scene), working(scene))

    asyncio.run(scene.assert_whole(CASES))
    workers = asyncio.run(workers_of(scene))
    assert len(workers) == 2, "both have worked"


async def workers_of(scene: Scene) -> set[str]:
    async with scene.house() as house:
        return {
            event.actor
            for case in await scene.cases()
            for event in await house.cases.events(case)
            if event.actor.startswith("worker:")
        }
