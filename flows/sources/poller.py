"""All sources of a worker: one look each second at who is due, and nothing more."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

import structlog

from flows.sources.nudges import Nudges
from flows.sources.ports import SourcePorts
from flows.sources.watch import SourceWatch
from schemas.errors import DatabaseAway
from schemas.ids import SourceId
from schemas.sources import Source

_log = structlog.get_logger("sources")
_TICK_SECONDS: Final = 1.0


class Poller:
    """Runs the watches; every worker has one, each source is one worker's."""

    def __init__(
        self,
        watches: Iterable[SourceWatch],
        ports: SourcePorts,
        nudges: Nudges,
        *,
        broken: Sequence[tuple[Source, str]] = (),
    ) -> None:
        """``broken`` are sources that could not be built, and why."""
        self._watches = {watch.source.id: watch for watch in watches}
        self._states, self._nudges = ports.states, nudges
        self._broken = list(broken)
        self._read_at = -_TICK_SECONDS

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; whatever fails, the next second comes."""
        if not self._watches and not self._broken:
            return
        told = asyncio.create_task(stop.wait())
        told.add_done_callback(lambda _: self._nudges.wake())
        try:
            while not stop.is_set():
                try:
                    await self._tick()
                except DatabaseAway:
                    _log.warning("sources_wait_for_database")
                except Exception:  # noqa: BLE001 - the next second comes
                    _log.exception("sources_failed")
                await self._nudges.wait(_TICK_SECONDS)
        finally:
            told.cancel()
            await self.leave()

    async def look(self) -> None:
        """Once into every source that no other worker looks after.

        Raises DatabaseAway; so does ``answer``.
        """
        await self._tell_broken()
        await asyncio.gather(*(watch.once() for watch in self._watches.values()))

    async def answer(self) -> None:
        """Send what has been ordered since; for other workers' sources they do it."""
        await self._heed_nudges()
        await asyncio.gather(*(watch.answer() for watch in self._watches.values()))

    async def leave(self) -> None:
        """Break off, and let every source go."""
        await asyncio.gather(
            *(watch.stop() for watch in self._watches.values()),
            return_exceptions=True,
        )

    async def _tick(self) -> None:
        await self._tell_broken()
        now = asyncio.get_running_loop().time()
        if now - self._read_at >= _TICK_SECONDS:
            self._read_at = now
            for tenant, name in await self._states.wished():
                watch = self._watches.get(SourceId(name))
                if watch is not None and watch.source.tenant == tenant:
                    watch.wanted()
        await self._heed_nudges()
        for watch in self._watches.values():
            await watch.tick()

    async def _tell_broken(self) -> None:
        while self._broken:
            source, code = self._broken[-1]
            _log.error("source_not_built", source=source.id, code=code)
            await self._states.polled(source.tenant, source.id, code=code)
            self._broken.pop()

    async def _heed_nudges(self) -> None:
        for nudged in self._nudges.take():
            if nudged in self._watches:
                await self._nudge(self._watches[nudged])

    async def _nudge(self, watch: SourceWatch) -> None:
        watch.owes()
        if not watch.is_ours:
            # Another worker's, perhaps: it reads the wishes once a second.
            await self._states.wish(watch.source.tenant, watch.source.id)
