"""Answers that were ordered in this process just now: their sources are due."""

import asyncio
import contextlib

from schemas.ids import SourceId


class Nudges:
    """Called after the commit that ordered an answer; waited for by the poller."""

    def __init__(self) -> None:
        self._sources: set[SourceId] = set()
        self._said = asyncio.Event()

    def __call__(self, source: SourceId) -> None:
        """An answer is owed there."""
        self._sources.add(source)
        self._said.set()

    def wake(self) -> None:
        """Let whoever waits look at once."""
        self._said.set()

    async def wait(self, seconds: float) -> None:
        """Until somebody says so, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._said.wait()
        self._said.clear()

    def take(self) -> frozenset[SourceId]:
        """Whose turn it is; each is told once."""
        taken = frozenset(self._sources)
        self._sources.clear()
        return taken
