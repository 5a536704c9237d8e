"""Duties that one worker holds for all: taking over, timers, jobs, the reconciler."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from schemas.clock import Clock
from schemas.errors import DatabaseAway
from schemas.limits import ORPHAN_AGE
from storage.archive.local import LocalArchive
from storage.duties import Duties
from storage.jobs import JobStore
from storage.papers import PaperStore
from storage.vault.local import LocalVault
from storage.wake import Wake
from storage.worklist import Worklist

_log = structlog.get_logger(__name__)
_DAY: Final = 86_400.0
_HELD_TIMES: Final = 5
"""A duty is held for so many of its rounds; then another worker may have it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Duty:
    """Something done every so often, by one worker at a time."""

    name: str
    every: float
    do: Callable[[], Awaitable[object]]


def duties_of(
    duties: Duties,
    worklist: Worklist,
    jobs: JobStore,
    wake: Wake,
    *,
    every: float = 5.0,
) -> tuple[Duty, ...]:
    """The engine's own duties."""

    async def take_over() -> None:
        if freed := await worklist.take_over():
            _log.warning("taken_over", cases=freed)
            wake()

    async def advance_jobs() -> None:
        if await jobs.advance():
            wake()

    return (
        Duty(name="takeover", every=every, do=take_over),
        Duty(name="jobs", every=min(1.0, every), do=advance_jobs),
        Duty(name="give-up", every=60.0, do=duties.give_up),
        Duty(name="quarantine", every=3600.0, do=duties.watch_quarantine),
        Duty(name="troubles", every=60.0, do=duties.close_troubles),
        Duty(name="forget", every=_DAY, do=duties.forget_dead_workers),
    )


def sweeping(
    vault: LocalVault, archive: LocalArchive, papers: PaperStore, clock: Clock
) -> Duty:
    """Uploads whose door died, and drafts of packages, go after two days."""

    async def sweep() -> None:
        before = clock.now() - ORPHAN_AGE
        objects = await vault.sweep(papers.knows, older_than=before)
        drafts = await archive.sweep(older_than=before)
        if objects or drafts:
            _log.info("swept", objects=objects, drafts=drafts)

    return Duty(name="sweep", every=_DAY, do=sweep)


async def keep_house(
    duties: Duties, rounds: tuple[Duty, ...], stop: asyncio.Event
) -> None:
    """Do every duty in turn until told to stop; a failure ends no duty."""
    async with asyncio.TaskGroup() as group:
        for duty in rounds:
            group.create_task(_repeat(duties, duty, stop))


async def _repeat(duties: Duties, duty: Duty, stop: asyncio.Event) -> None:
    held = timedelta(seconds=duty.every * _HELD_TIMES)
    now = asyncio.get_running_loop().time
    ours_until = now()
    while not stop.is_set():
        try:
            asked = now()
            # Claiming is a commit, and commits wake workers up: only when half
            # of what is held is over.
            if asked < ours_until:
                await duty.do()
            elif await duties.claim(duty.name, held):
                ours_until = asked + held.total_seconds() / 2
                await duty.do()
        except DatabaseAway:
            _log.warning("duty_waits_for_database", duty=duty.name)
        except Exception:  # noqa: BLE001 - a duty goes on
            _log.exception("duty_failed", duty=duty.name)
        try:
            async with asyncio.timeout(duty.every):
                await stop.wait()
        except TimeoutError:
            continue
