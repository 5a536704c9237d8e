"""A pack that is added while a worker runs is there a moment later."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from flows.current_packs import CurrentPacks
from schemas.checking.policy import CheckPolicy
from schemas.errors import PackBroken
from schemas.findings import CheckResult


class Numbered:
    """A checker that says which one it is, when it is let."""

    def __init__(self, number: int, gate: asyncio.Event) -> None:
        self.number, self.gate, self.is_closed = number, gate, False

    async def check(
        self,
        chunks: AsyncIterator[bytes],
        *,
        size: int,
        media_type: str,
        policy: CheckPolicy,
        on: date,
    ) -> CheckResult:
        await self.gate.wait()
        assert not self.is_closed
        return CheckResult(
            pack=None, message=str(self.number), engines=(), stages=(), findings=()
        )

    async def aclose(self) -> None:
        self.is_closed = True


class Scene:
    """A folder of packs, a clock, and every checker that was opened."""

    def __init__(self, place: Path) -> None:
        self.place, self.seconds, self.is_broken = place, 0.0, False
        self.gate = asyncio.Event()
        self.gate.set()
        self.opened: list[Numbered] = []
        self.packs = CurrentPacks(
            places=(place,), open=self._open, clock=lambda: self.seconds
        )

    def _open(self) -> Numbered:
        if self.is_broken:
            raise PackBroken
        self.opened.append(Numbered(len(self.opened), self.gate))
        return self.opened[-1]

    async def check(self) -> str:
        result = await self.packs.check(
            nothing(),
            size=0,
            media_type="application/xml",
            policy=CheckPolicy(),
            on=date(2026, 3, 2),
        )
        return result.message

    def add(self, name: str, *, seconds: float = 2.0) -> None:
        folder = self.place / name
        folder.mkdir(parents=True)
        # Two changes within one tick of a file system's clock look like one.
        os.utime(self.place, ns=(0, 10**9 * (len(self.opened) + 1)))
        self.seconds += seconds


async def nothing() -> AsyncIterator[bytes]:
    return
    yield b""


@pytest.fixture
async def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "packs")


async def test_as_long_as_nothing_changes_one_checker_does_all(scene: Scene) -> None:
    first = await scene.check()
    scene.seconds += 3600

    assert [first, await scene.check()] == ["0", "0"]


async def test_a_pack_that_was_added_is_used_a_moment_later(scene: Scene) -> None:
    await scene.check()
    scene.add("demo-1.0", seconds=0.1)
    at_once = await scene.check()
    scene.seconds += 1.0

    assert (at_once, await scene.check()) == ("0", "1")
    assert [one.is_closed for one in scene.opened] == [True, False]


async def test_an_activation_counts_as_a_change(scene: Scene) -> None:
    scene.place.mkdir()
    os.utime(scene.place, ns=(0, 0))
    await scene.check()
    (scene.place / ".activations").mkdir()
    os.utime(scene.place, ns=(0, 0))
    scene.seconds += 2

    assert await scene.check() == "1"


async def test_who_is_being_checked_is_checked_to_the_end(scene: Scene) -> None:
    scene.gate.clear()
    slow = asyncio.create_task(scene.check())
    await asyncio.sleep(0.05)
    scene.add("demo-1.0")
    quick = asyncio.create_task(scene.check())
    await asyncio.sleep(0.05)
    assert [one.is_closed for one in scene.opened] == [False, False]
    scene.gate.set()

    assert [await slow, await quick] == ["0", "1"]
    assert [one.is_closed for one in scene.opened] == [True, False]


async def test_packs_that_cannot_be_read_leave_those_of_a_moment_ago(
    scene: Scene,
) -> None:
    await scene.check()
    scene.add("demo-1.0")
    scene.is_broken = True
    meanwhile = await scene.check()
    scene.is_broken = False
    scene.seconds += 2

    assert [meanwhile, await scene.check()] == ["0", "1"]


async def test_without_any_there_is_an_error(scene: Scene) -> None:
    scene.is_broken = True

    with pytest.raises(PackBroken):
        await scene.check()


async def test_closing_closes_what_is_open(scene: Scene) -> None:
    await scene.check()
    await scene.packs.aclose()
    await scene.packs.aclose()

    assert [one.is_closed for one in scene.opened] == [True]
