"""The worker's pulse: a thread of its own renews the lease, whatever the loop does."""

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta

import structlog

from schemas.clock import Clock
from schemas.errors import DatabaseAway, LeaseLost
from schemas.ids import WorkerId
from schemas.limits import LEASE, RENEW_EVERY
from storage.database import Database
from storage.worklist import Worklist

_log = structlog.get_logger(__name__)


class Heartbeat:
    """Renews one worker's lease; one write for all its cases."""

    def __init__(
        self,
        url: str,
        worker: WorkerId,
        *,
        lost: Callable[[], None],
        clock: Clock | None = None,
        lease: timedelta = LEASE,
        every: timedelta = RENEW_EVERY,
    ) -> None:
        """``lost`` is called (from the thread) once others have taken over."""
        self._url, self._worker, self._clock = url, worker, clock
        self._lost, self._lease, self._every = lost, lease, every
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="amtsweg-heartbeat", daemon=True
        )

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """End before the worker retires."""
        self._stop.set()
        self._thread.join(timeout=self._every.total_seconds())

    def _run(self) -> None:
        asyncio.run(self._beat())

    async def _beat(self) -> None:
        database = Database(self._url, clock=self._clock, pool_size=1)
        worklist = Worklist(database, self._worker)
        try:
            while not await asyncio.to_thread(
                self._stop.wait, self._every.total_seconds()
            ):
                try:
                    await worklist.renew(self._lease)
                except LeaseLost:
                    _log.error("lease_lost", worker=self._worker)
                    self._lost()
                    return
                except DatabaseAway:
                    _log.warning("renewal_failed", worker=self._worker)
        finally:
            await database.close()
