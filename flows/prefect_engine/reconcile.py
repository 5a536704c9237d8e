"""Runs that nobody works on any more are closed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from flows.prefect_engine.names import ABANDONED, Ending, Verdict
from flows.prefect_engine.rest import PrefectApi, UnfinishedRun

AT_ONCE: Final = 200
_GRACE: Final = timedelta(seconds=60)
"""A worker that has just begun may not stand in our view of the leases yet."""
_BY_HAND: Final = timedelta(days=1)
"""A run that somebody has started in Prefect's pages; its pool looks after it."""
_CRASHED: Final = Ending(verdict=Verdict.CRASHED, name="Crashed", message=ABANDONED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reconciled:
    """How many runs were closed, and how many are being worked on."""

    closed: int
    alive: int


NOTHING: Final = Reconciled(closed=0, alive=0)


async def close_abandoned(
    api: PrefectApi, alive: frozenset[str], *, now: datetime | None = None
) -> Reconciled:
    """Set runs to Crashed whose worker is not among the living.

    At most 200 at once, oldest first. Raises PrefectAway, PrefectRefused.
    """
    now = now or datetime.now(UTC)
    deployment = await api.deployment()
    runs = await api.unfinished(deployment, before=now - _GRACE, limit=AT_ONCE)
    dead = [run for run in runs if _is_abandoned(run, alive, now)]
    for run in dead:
        await api.end(run.id, _CRASHED)
    return Reconciled(closed=len(dead), alive=len(runs) - len(dead))


def _is_abandoned(run: UnfinishedRun, alive: frozenset[str], now: datetime) -> bool:
    if not run.worker:
        return run.expected < now - _BY_HAND
    return run.worker not in alive
