"""Telling workers that a case is due: at most one message per few milliseconds."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from schemas.errors import DatabaseAway
from storage.database import Database
from storage.wake import notify

_PAUSE_SECONDS: Final = 0.01


class Waking:
    """Called after each commit, from the door's event loop; never blocks it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._due = asyncio.Event()

    def __call__(self) -> None:
        """A case is due."""
        self._due.set()

    async def run(self) -> None:
        """Pass it on, for ever. A message that is lost costs a second."""
        while True:
            await self._due.wait()
            self._due.clear()
            with contextlib.suppress(DatabaseAway):
                await notify(self._database)
            await asyncio.sleep(_PAUSE_SECONDS)


@asynccontextmanager
async def waking(database: Database) -> AsyncIterator[Waking]:
    """Works as long as it is open."""
    wake = Waking(database)
    task = asyncio.create_task(wake.run())
    try:
        yield wake
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
