"""A case of which every worker dies: the others arrive, it is put aside."""

import asyncio
import os
import signal
from pathlib import Path

from schemas.cases import Case
from schemas.deliveries import Parcel
from schemas.ids import CaseNumber
from schemas.outcomes import AttemptOutcome
from schemas.states import Quarantined
from tests.crash.counterpart import FileCounterpart
from tests.crash.killing import Moment, Work, survives
from tests.crash.scene import LEASE_IS_OVER, Scene
from tests.house import FACHVERFAHREN, House
from tests.looking import rows

POISON = CaseNumber("2026-000032")
RUN = 64


class DeadlyCounterpart(FileCounterpart):
    """Kills whoever sends it one certain case: a step that crashes its process."""

    async def deliver(self, parcel: Parcel) -> AttemptOutcome:
        if parcel.case_number == POISON:
            # Its neighbours are on their way, too, when it happens.
            await asyncio.sleep(0.02)
            os.kill(os.getpid(), signal.SIGKILL)
        return await super().deliver(parcel)


def working(scene: Scene, life: int) -> Work:
    async def work(_: Moment) -> None:
        async with scene.house(later=life * LEASE_IS_OVER) as house:
            deadly = DeadlyCounterpart(
                scene.folder / "counterpart", scene.certainty, lambda _: None
            )
            house.outboxes[FACHVERFAHREN] = deadly
            await house.take_over()
            await house.work()

    return work


def test_of_a_run_of_64_the_others_arrive_and_one_is_quarantined(
    database_url: str, tmp_path: Path
) -> None:
    scene = Scene(url=database_url, folder=tmp_path)
    asyncio.run(scene.receive(RUN))

    lives = 1
    while not survives(working(scene, lives)):
        lives += 1

    assert lives == 4, "three died of it, the fourth has put it aside"
    asyncio.run(assert_only_the_poison_is_aside(scene))


async def assert_only_the_poison_is_aside(scene: Scene) -> None:
    cases = await scene.cases()
    aside = [case for case in cases if case.number == POISON]
    assert [state_code(case) for case in aside] == ["E-POISON"]
    for case in cases:
        if case.number != POISON:
            await scene.assert_arrived(case)
    async with scene.house() as house:
        await assert_alarmed(house)


def state_code(case: Case) -> str:
    return case.state.code if isinstance(case.state, Quarantined) else ""


async def assert_alarmed(house: House) -> None:
    [disturbance] = await rows(house, "disturbances")
    assert disturbance["reason"] == "E-POISON"
    assert disturbance["closed_at"] is None
