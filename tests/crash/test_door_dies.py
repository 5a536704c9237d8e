"""A door killed around its commit: the retry finds one case, or makes it."""

import asyncio
from pathlib import Path

import pytest

from schemas.cases import Accepted, Repeated
from schemas.limits import INLINE_BYTES
from tests.crash.killing import Moment, Work, kill_at
from tests.crash.scene import Scene

SMALL, BIG = b"<antrag/>", b"<a>" + b"x" * INLINE_BYTES + b"</a>"


def handing_in(scene: Scene, key: str, body: bytes) -> Work:
    async def work(moment: Moment) -> None:
        async with scene.house(at=moment) as door:
            await door.hand_in(key=key, body=body)

    return work


@pytest.mark.parametrize("body", [SMALL, BIG], ids=["inline", "in the vault"])
@pytest.mark.parametrize(
    ("moment", "answer"), [("before receive", Accepted), ("after receive", Repeated)]
)
def test_a_retry_after_the_doors_death_ends_in_one_case(
    database_url: str, tmp_path: Path, body: bytes, moment: str, answer: type
) -> None:
    scene = Scene(url=database_url, folder=tmp_path)
    asyncio.run(scene.receive(0))
    kill_at(handing_in(scene, "first", body), moment)
    kill_at(handing_in(scene, "second", body), moment)

    async def retry() -> list[object]:
        async with scene.house() as door:
            return [
                await door.hand_in(key=key, body=body) for key in ("first", "second")
            ]

    assert [type(one) for one in asyncio.run(retry())] == [answer, answer]
    asyncio.run(scene.recover())
    asyncio.run(scene.assert_whole(2))
