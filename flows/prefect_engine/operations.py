"""What the operators' flows do: they watch and tidy; the work is Amtsweg's."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.client.schemas.objects import State
from prefect.settings import get_current_settings
from sqlalchemy.engine import make_url

from flows.prefect_engine.bodies import state_of
from flows.prefect_engine.crossing import code_of
from flows.prefect_engine.names import (
    closed_runs,
    completed,
    failed,
    followed,
    progress,
    progress_text,
)
from flows.prefect_engine.reconcile import close_abandoned
from flows.prefect_engine.rest import Address, PrefectApi
from schemas.errors import DatabaseOutdated, PrefectAway
from storage.database import Database
from storage.jobs import JobStatus, JobStore
from storage.runs import RunStore
from storage.settings import read_settings

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
_FOLLOWED_SECONDS: Final = 86_400.0


class Jobs(Protocol):
    """Where a job's progress stands."""

    async def status(self, job: str) -> JobStatus:
        """Raises UnknownJob."""
        ...


Show = Callable[[JobStatus], Awaitable[None]]


async def reconcile_now() -> State[Any]:
    """Close runs that nobody works on, and say how many."""
    try:
        settings = get_current_settings().api
        auth = settings.auth_string.get_secret_value() if settings.auth_string else ""
        if not settings.url:
            raise PrefectAway
        async with (
            _database() as database,
            PrefectApi(Address(url=settings.url, auth=auth)) as api,
        ):
            done = await close_abandoned(api, await RunStore(database).living_workers())
    except Exception as error:  # noqa: BLE001 - Prefect is told codes only
        return state_of(failed(code_of(error)))
    return state_of(completed(closed_runs(done.closed, done.alive)))


async def follow_job(job: str) -> State[Any]:
    """Look at a job until it ends; it is the worker that executes it."""
    try:
        async with _database() as database:
            status = await follow(job, JobStore(database), await _shown_as_artifact())
    except Exception as error:  # noqa: BLE001 - Prefect is told codes only
        return state_of(failed(code_of(error)))
    return state_of(followed(status))


async def follow(job: str, jobs: Jobs, show: Show) -> JobStatus:
    """Until it is done or stopped, or a day is over. Raises UnknownJob."""
    pause, deadline = _FIRST_PAUSE, time.monotonic() + _FOLLOWED_SECONDS
    shown = None
    while True:
        status = await jobs.status(job)
        if status != shown:
            await show(status)
            shown, pause = status, _FIRST_PAUSE
        if status.state != "running" or time.monotonic() > deadline:
            return status
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def _shown_as_artifact() -> Show:
    artifact = await acreate_progress_artifact(progress=0.0)

    async def show(status: JobStatus) -> None:
        await aupdate_progress_artifact(
            artifact_id=artifact,
            progress=progress(status),
            description=progress_text(status),
        )

    return show


@asynccontextmanager
async def _database() -> AsyncIterator[Database]:
    settings = read_settings()
    url = make_url(settings.database)
    # Connecting would make an empty one.
    if url.get_backend_name() == "sqlite" and not _exists(url.database):
        raise DatabaseOutdated
    database = Database(settings.database, pool_size=1)
    try:
        yield database
    finally:
        await database.close()


def _exists(path: str | None) -> bool:
    return bool(path) and Path(path or "").exists()
