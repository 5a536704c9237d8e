"""kill -9 again and again, at any moment, with two workers under load."""

import asyncio
import secrets
import signal
import time
from pathlib import Path
from random import Random

from schemas.errors import Poisoned
from schemas.outcomes import Certainty
from schemas.states import Quarantined
from storage.decisions import Decision
from tests.crash.killing import Moment, Work, begin_work, run_together
from tests.crash.scene import LEASE_IS_OVER, Scene
from tests.house import SCOPE

NOT_ITS_FAULT = Decision(actor="erika", reason="the machine was killed, not the case")
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


async def release_poisoned(scene: Scene, life: int) -> None:
    """Three deaths in a row on one case look like its fault; a person says no."""
    async with scene.house(later=life * LEASE_IS_OVER) as house:
        for case in await house.cases.list(SCOPE, limit=CASES):
            if isinstance(case.state, Quarantined):
                assert case.state.code == Poisoned.code
                await house.decisions.release(SCOPE, case.number, NOT_ITS_FAULT)


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
    asyncio.run(release_poisoned(scene, last))
    # Those two were not the only ones that took over at the same time.
    run_together(working(scene, last + 1))

    asyncio.run(scene.assert_whole(CASES))
