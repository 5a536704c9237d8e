"""kill -9 again and again, at any moment, with two workers under load."""

import asyncio
import secrets
import signal
import time
from pathlib import Path
from random import Random

from schemas.outcomes import Certainty
from tests.crash.killing import Moment, Work, begin_work, run_together
from tests.crash.scene import LEASE_IS_OVER, Scene

CASES = 100
ROUNDS = 6


def working(scene: Scene, life: int) -> Work:
    """A worker that comes when the leases of those before it are over."""

    async def work(moment: Moment) -> None:
        async with scene.house(later=life * LEASE_IS_OVER, at=moment) as house:
            await house.take_over()
            await house.work()

    return work


def kill_two_workers(scene: Scene, life: int, chance: Random) -> None:
    """Both get to work, and then they are gone: in a commit, in a call, anywhere."""
    children = [begin_work(working(scene, life)) for _ in range(2)]
    for child in children:
        # So many boundaries make sure that some case gets ahead in every life.
        child.passes(chance.randint(20, 60))
        time.sleep(chance.random() * 0.02)
        assert child.kill() in {0, -signal.SIGKILL}


def test_whatever_is_killed_and_whenever_all_cases_end_whole(
    database_url: str, tmp_path: Path
) -> None:
    seed = secrets.randbits(32)
    print(f"seed: {seed}")  # noqa: T201 - pytest shows it when it matters
    chance = Random(seed)
    scene = Scene(url=database_url, folder=tmp_path, certainty=Certainty.CAN_BE_ASKED)
    asyncio.run(scene.receive(CASES))

    for life in range(1, ROUNDS + 1):
        kill_two_workers(scene, life, chance)
    last = ROUNDS + 1
    run_together(working(scene, last), working(scene, last))
    # Those two were not the only ones that took over at the same time.
    run_together(working(scene, last + 1))

    asyncio.run(scene.assert_whole(CASES))
