"""Killed between any two statements: of what belongs together all is there, or none."""

import asyncio
from pathlib import Path

import pytest

from schemas.cases import Accepted, Repeated
from schemas.ids import DeliveryId
from schemas.scope import DEFAULT_TENANT
from schemas.states import Closed, Undeliverable
from schemas.work import LeasedCase
from storage.transmissions import TransmissionStore
from tests.contract.channelling import (
    POSTFACH,
    answering,
    arrive,
    arrived,
    leased,
    store,
    submission,
)
from tests.contract.following import CODE, replay
from tests.crash.killing import Moment, kill_at
from tests.crash.scene import Scene
from tests.crash.statements import die_everywhere
from tests.house import SCOPE, House
from tests.looking import assert_chains_hold, rows


def test_a_submission_is_there_with_its_case_or_not_at_all(
    database_url: str, tmp_path: Path
) -> None:
    scene = Scene(url=database_url, folder=tmp_path)
    asyncio.run(scene.receive(0))

    async def receive(house: House) -> None:
        assert isinstance(await arrive(house, submission(house)), Accepted)

    assert die_everywhere(scene, receive) > 6

    async def again() -> object:
        async with scene.house() as house:
            return await arrive(house, submission(house))

    assert isinstance(asyncio.run(again()), Repeated)


def test_an_answer_is_owed_with_its_step_or_not_at_all(
    database_url: str, tmp_path: Path
) -> None:
    scene = Scene(url=database_url, folder=tmp_path)

    async def prepare() -> LeasedCase:
        await scene.receive(0)
        async with scene.house() as house:
            return await leased(house, await arrived(house, submission(house)))

    held = asyncio.run(prepare())

    assert (
        die_everywhere(
            scene, lambda house: house.ports.ledger.commit(held, answering())
        )
        > 1
    )

    async def owed() -> int:
        async with scene.house() as house:
            return len(await store(house).owed(DEFAULT_TENANT, POSTFACH, 9))

    assert asyncio.run(owed()) == 1


async def closed(scene: Scene) -> DeliveryId:
    await scene.receive(1)
    async with scene.house() as house:
        await house.work()
        [row] = await rows(house, "deliveries")
        return DeliveryId(row["id"])


def test_a_late_rejection_is_whole_or_has_not_happened(
    database_url: str, tmp_path: Path
) -> None:
    scene = Scene(url=database_url, folder=tmp_path)
    delivery = asyncio.run(closed(scene))

    assert (
        die_everywhere(
            scene,
            lambda house: TransmissionStore(house.database).reopen(delivery, CODE, ()),
        )
        > 6
    )

    async def look() -> None:
        async with scene.house() as house:
            [case] = await house.cases.list(SCOPE)
            assert isinstance(case.state, Undeliverable)
            await assert_chains_hold(house, case)

    asyncio.run(look())


@pytest.mark.parametrize("moment", ["before archive", "after archive"])
def test_who_dies_while_archiving_again_leaves_one_second_package(
    database_url: str, tmp_path: Path, moment: str
) -> None:
    scene = Scene(url=database_url, folder=tmp_path)

    async def rejected() -> None:
        delivery = await closed(scene)
        async with scene.house() as house:
            await TransmissionStore(house.database).reopen(delivery, CODE, ())

    async def replaying(passed: Moment) -> None:
        async with scene.house(at=passed) as house:
            await replay(house)

    asyncio.run(rejected())
    kill_at(replaying, moment)
    written = packages(tmp_path)
    asyncio.run(scene.recover())

    [case] = asyncio.run(scene.cases())
    assert isinstance(case.state, Closed)
    assert case.state.package.endswith("/p0002")
    after = packages(tmp_path)
    assert {path.split("/")[4] for path in after} == {"p0001", "p0002"}
    # What was written before the death stands there byte for byte.
    assert written.items() <= after.items()


def packages(folder: Path) -> dict[str, bytes]:
    """Every file of the archive."""
    root = folder / "archive" / "v1"
    return {
        path.relative_to(root.parent).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
