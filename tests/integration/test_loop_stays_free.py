"""Nothing keeps the event loop busy for long: whoever computes does it elsewhere."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from flows.checking.checker import Checker
from schemas.packs.library import shipped_packs
from storage.archive.local import LocalArchive
from storage.vault.keys import KeyRing
from storage.vault.local import LocalVault
from tests.clocks import TestClock
from tests.documents import unterhaltsvorschuss
from tests.fakes.counterpart import Counterpart
from tests.house import FACHVERFAHREN, House, destination

BIG = b"<a>" + b"<b>x</b>" * 1_000_000 + b"</a>"
SHARE = 0.25
"""Of what reading the document takes; a few milliseconds, on any machine."""


class LongestTurn:
    """CPU seconds of the longest callback that the loop ran."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        run: Callable[[asyncio.Handle], None] = asyncio.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            began = time.thread_time()
            run(handle)
            self.seconds = max(self.seconds, time.thread_time() - began)

        monkeypatch.setattr(asyncio.Handle, "_run", timed)


def reading() -> float:
    """CPU seconds for making a tree of the big document."""
    began = time.thread_time()
    etree.fromstring(BIG)
    return time.thread_time() - began


async def test_a_big_document_is_read_hashed_sealed_and_checked_beside_the_loop(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, checker = TestClock(), Checker([shipped_packs()])
    house = House(
        sqlite_url,
        clock=clock,
        outboxes={FACHVERFAHREN: Counterpart()},
        vault=LocalVault(
            tmp_path / "vault", KeyRing(tmp_path / "keys", may_create=True, clock=clock)
        ),
        archive=LocalArchive(tmp_path / "archive"),
        checker=checker,
    )
    await house.destinations.sync([destination()])
    bodies = (unterhaltsvorschuss(), BIG)
    for body in bodies:
        # Once without looking: statements are compiled, processes are started.
        await house.receive(body=body)
        await house.work()

    longest = LongestTurn(monkeypatch)
    for body in bodies:
        await house.receive(body=body)
        await house.work()

    assert 0 < longest.seconds < SHARE * reading()
    await checker.aclose()
    await house.close()
