"""A full disk: nothing half stored, nothing lost, and afterwards everything goes on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.cases import Accepted
from schemas.errors import StorageFull
from schemas.limits import MIB
from schemas.states import Closed, Delivered
from storage.archive.local import LocalArchive
from storage.vault.keys import KeyRing
from storage.vault.local import LocalVault
from tests.clocks import TestClock
from tests.fakes.counterpart import Counterpart
from tests.fakes.disks import files_below, small_disk
from tests.house import FACHVERFAHREN, SCOPE, House, destination
from tests.looking import assert_chains_hold, rows, sizes

ROOM = 2 * MIB
TOO_BIG = b"<a>" + b"x" * (3 * MIB) + b"</a>"


@asynccontextmanager
async def house_on(
    url: str, tmp_path: Path, *, vault: Path, archive: Path
) -> AsyncIterator[House]:
    clock = TestClock()
    house = House(
        url,
        clock=clock,
        outboxes={FACHVERFAHREN: Counterpart()},
        vault=LocalVault(
            vault, KeyRing(tmp_path / "keys", may_create=True, clock=clock)
        ),
        archive=LocalArchive(archive),
    )
    await house.destinations.sync([destination()])
    yield house
    await house.close()


async def test_a_door_on_a_full_disk_keeps_nothing_and_takes_the_retry(
    database_url: str, tmp_path: Path
) -> None:
    vault = tmp_path / "vault"
    async with house_on(
        database_url, tmp_path, vault=vault, archive=tmp_path / "archive"
    ) as house:
        before = await sizes(house)
        with small_disk(vault, ROOM):
            with pytest.raises(StorageFull):
                await house.hand_in(key="k", body=TOO_BIG)
            left = files_below(vault)
            kept = await sizes(house)

        assert (left, kept) == ([], before)
        reception = await house.hand_in(key="k", body=TOO_BIG)
        assert isinstance(reception, Accepted)
        assert reception.case.number == "2026-000001"


async def test_a_full_archive_pauses_and_goes_on_by_itself(
    database_url: str, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    async with house_on(
        database_url, tmp_path, vault=tmp_path / "vault", archive=archive
    ) as house:
        big = await house.receive(body=TOO_BIG)
        with small_disk(archive, ROOM):
            await house.work()
            waiting = await house.cases.by_number(SCOPE, big.number)
            [opened] = await rows(house, "disturbances")
            row = (await rows(house, "cases"))[0]
            location = f"v1/{big.service}/2026/{big.id}/p0001"
            half = await house.archive.verify_package(location)

        assert waiting.state == Delivered()
        assert (opened["subject"], opened["reason"]) == (".archive", "E-STORAGE-FULL")
        assert (row["own_failures"], half) == (0, None)

        small = await house.receive()
        assert isinstance(house.clock, TestClock)
        for _ in range(3):
            house.clock.advance(timedelta(minutes=1))
            await house.work()
        closed = [await house.cases.by_number(SCOPE, c.number) for c in (big, small)]
        for case in closed:
            assert isinstance(case.state, Closed)
            assert await house.archive.verify_package(case.state.package) is not None
        [over] = await rows(house, "disturbances")
        assert over["closed_at"] is not None
        await assert_chains_hold(house, *closed)
