"""Wraps data keys anew and dies of SIGKILL at one of its commits.

A program of its own: ``rotating URL KEYS BATCH BOUNDARY N`` dies when it comes to
that boundary for the n-th time.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from schemas.clock import SystemClock
from storage.database import Database
from storage.rewrap import Rewrapping
from storage.vault.keys import KeyRing


async def rotate(url: str, keys: Path, batch: int, death: tuple[str, int]) -> None:
    boundary, left = death

    def die(at: str) -> None:
        nonlocal left
        left -= at == boundary
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    database = Database(url, boundary=die)
    ring = KeyRing(keys, may_create=False, clock=SystemClock())
    ring.create()
    async for _ in Rewrapping(database, ring, batch=batch).round():
        pass


if __name__ == "__main__":
    URL, KEYS, BATCH, BOUNDARY, N = sys.argv[1:]
    asyncio.run(rotate(URL, Path(KEYS), int(BATCH), (BOUNDARY, int(N))))
