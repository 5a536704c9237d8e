"""Jobs on the command line: followed to their end, reported item by item."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import typer

from api.cli.errors import OK, UNREACHED
from api.cli.house import House
from api.cli.output import (
    Json,
    Progress,
    local,
    note,
    say,
    say_fields,
    say_json,
    say_table,
    stamp,
)
from schemas.rules.wording import case_word, job_word
from storage.job_desk import JobDesk, JobItem, JobView
from storage.jobs import JobStore
from storage.vitals import living_workers

_PAUSE_SECONDS: Final = 0.5
_ALL_ITEMS: Final = 100
"""Up to so many items are all shown; of more, those that are not done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What is to become of a job."""

    stop: bool
    resume: bool
    stop_after: int
    follow: bool


async def show_jobs(house: House, limit: int, *, as_json: bool) -> None:
    """Print the list."""
    jobs = await JobDesk(house.database).list(house.scope, limit=limit)
    if as_json:
        say_json([job_json(job, ()) for job in jobs])
        return
    if not jobs:
        note("There has been no replay yet.")
        return
    say_table(
        ("JOB", "BEGUN", "STATE", "ITEMS", "DONE", "FAILED", "WAITING", "BY", "REASON"),
        [
            (
                job.id[:8],
                local(job.created_at),
                job_word(job.state),
                str(job.total),
                str(_done(job)),
                str(_failed(job)),
                str(_waiting(job)),
                job.actor,
                job.reason,
            )
            for job in jobs
        ],
    )


async def deal_with_job(
    house: House, which: str, change: Change, *, as_json: bool
) -> None:
    """Stop, resume, follow; then show. Raises UnknownJob."""
    desk = JobDesk(house.database)
    job = (await desk.find(house.scope, which)).id
    if change.stop:
        await JobStore(house.database).set_running(job, running=False)
    if change.resume:
        await desk.resume(house.scope, job, stop_after=change.stop_after)
    view = (
        await follow(house, job) if change.follow else await desk.find(house.scope, job)
    )
    items = await desk.items(job)
    if as_json:
        say_json(job_json(view, items))
    else:
        report(view, items)
    if change.follow:
        raise typer.Exit(exit_code(view))


async def follow(house: House, job: str) -> JobView:
    """Until the job is done or stopped, or only people can bring it on."""
    desk, progress = JobDesk(house.database), Progress()
    warned = False
    try:
        while True:
            view = await desk.find(house.scope, job)
            progress.show(_so_far(view))
            if view.state != "running" or await _only_people(desk, view):
                return view
            if not warned and not await living_workers(house.database):
                warned = True
                progress.end()
                note("No worker is alive; the job waits for `amtsweg work`.")
            await asyncio.sleep(_PAUSE_SECONDS)
    except asyncio.CancelledError:
        progress.end()
        note(f"The job goes on: amtsweg delivery job {job[:8]} --follow")
        raise
    finally:
        progress.end()


def exit_code(view: JobView) -> int:
    """3 where anything is not as it was wished."""
    return OK if view.state == "done" and not _failed(view) else UNREACHED


def report(view: JobView, items: Sequence[JobItem]) -> None:
    """Print a job with its items."""
    say_fields(
        (
            ("Job", view.id),
            ("State", f"{job_word(view.state)} ({view.state})"),
            ("Begun", f"{local(view.created_at)} by {view.actor}"),
            ("Reason", view.reason),
            ("Rate", f"{view.per_minute} a minute"),
            ("Result", _so_far(view)),
            ("Next", _next(view)),
        )
    )
    shown = [item for item in items if len(items) <= _ALL_ITEMS or item.state != "done"]
    if shown:
        say()
        say_table(
            ("CASE", "DESTINATION", "ITEM", "CODE", "CASE STATE", "SINCE"),
            [
                (
                    item.number,
                    item.destination,
                    job_word(item.state),
                    item.code,
                    case_word(item.case_state),
                    local(item.at),
                )
                for item in shown
            ],
        )


def job_json(view: JobView, items: Sequence[JobItem]) -> dict[str, Json]:
    """A job for a program."""
    return {
        "id": view.id,
        "kind": view.kind,
        "state": view.state,
        "word": job_word(view.state),
        "actor": view.actor,
        "reason": view.reason,
        "created_at": stamp(view.created_at),
        "per_minute": view.per_minute,
        "stop_after": view.stop_after,
        "total": view.total,
        "done": _done(view),
        "failed": _failed(view),
        "waiting": _waiting(view),
        "items": [
            {
                "case": item.number,
                "delivery": item.delivery,
                "destination": item.destination,
                "state": item.state,
                "code": item.code,
                "case_state": item.case_state,
                "at": stamp(item.at),
            }
            for item in items
        ],
    }


async def _only_people(desk: JobDesk, view: JobView) -> bool:
    """Nothing is left but items whose outcome somebody must decide."""
    waiting = _waiting(view)
    return bool(waiting) and await desk.in_review(view.id) == waiting


def _so_far(view: JobView) -> str:
    return (
        f"{_done(view)} of {view.total} delivered, {_failed(view)} failed, "
        f"{_waiting(view)} to go"
    )


def _next(view: JobView) -> str:
    begin = f"amtsweg delivery job {view.id[:8]}"
    match view.state:
        case "stopped":
            return f"`{begin} --resume` once the cause is removed"
        case "running":
            return f"`{begin} --follow`, or --stop"
        case _ if _failed(view):
            return "`amtsweg delivery list` shows what is dead"
        case _:
            return ""


def _done(view: JobView) -> int:
    return view.counts.get("done", 0)


def _failed(view: JobView) -> int:
    return view.counts.get("failed", 0) + view.counts.get("skipped", 0)


def _waiting(view: JobView) -> int:
    return view.counts.get("planned", 0) + view.counts.get("released", 0)
