"""``amtsweg delivery replay``: plan, ask, start, follow, report."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import typer

from api.cli.asking import ask
from api.cli.delivery_report import delivery_json, show_views
from api.cli.house import House, decision
from api.cli.job_report import exit_code, follow, job_json, report
from api.cli.output import Json, note, say, say_json
from schemas.errors import ComesLater, StateForbids
from schemas.ids import CaseNumber
from storage.job_desk import JobDesk
from storage.jobs import Filter, JobStore, ReplayPlan
from storage.wake import notify

_NUMBER: Final = re.compile(r"[0-9]{4}-[0-9]{6,}")
_SHOWN: Final = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What was asked for."""

    wanted: Filter
    reason: str
    per_minute: int
    stop_after: int
    dry_run: bool
    yes: bool
    detach: bool
    as_json: bool


def refuse_what_comes_later(*, as_: str, to: str, payload: str) -> None:
    """Name it. Raises ComesLater, and BadParameter for another ``--as``."""
    if as_ not in {"then", "now"}:
        raise typer.BadParameter("Write `then`.", param_hint="--as")
    asked = (("--as now", as_ == "now"), ("--to", to), ("--payload", payload))
    for name, is_asked in asked:
        if is_asked:
            raise ComesLater(name)


def chosen(
    destination: str, code: str, cases: tuple[str, ...], *, everything: bool
) -> Filter:
    """Which dead letters are meant. Raises BadParameter; all of them by name only."""
    restricted = bool(destination or code or cases)
    if restricted == everything:
        raise typer.BadParameter(
            "Say which: --destination, --code or --case; or --all."
        )
    for case in cases:
        if not _NUMBER.fullmatch(case):
            raise typer.BadParameter(
                "Write numbers like 2026-000123.", param_hint="--case"
            )
    numbers = tuple(map(CaseNumber, dict.fromkeys(cases)))
    return Filter(destination=destination, code=code, numbers=numbers)


async def replay(house: House, order: Order) -> None:
    """From the plan to the report. Raises StateForbids, and Exit with the code."""
    store = JobStore(house.database)
    async with house.database.read() as connection:
        now = await house.database.now(connection)
    wanted = replace(order.wanted, until=now)
    plan = await store.plan(house.scope, wanted)
    _refuse_others(wanted, plan)
    _show(plan, order)
    if order.dry_run or not plan.deliveries:
        if order.as_json:
            say_json({"plan": _plan_json(plan), "dry_run": order.dry_run, "job": None})
        return
    if not order.yes:
        ask(
            f"Replay {_times(len(plan.deliveries), 'delivery')}?",
            otherwise="Nothing was changed.",
            look="--dry-run",
        )
    job = await store.create(
        house.scope,
        wanted,
        decision(order.reason),
        per_minute=order.per_minute,
        stop_after=order.stop_after,
    )
    await notify(house.database)
    note(f"Job {job}")
    await _until_end(house, order, job, plan)


async def _until_end(house: House, order: Order, job: str, plan: ReplayPlan) -> None:
    desk = JobDesk(house.database)
    if order.detach:
        view = await desk.find(house.scope, job)
        if order.as_json:
            say_json({"plan": _plan_json(plan), "job": job_json(view, ())})
        else:
            say(f"It runs in the background: amtsweg delivery job {job}")
        return
    view = await follow(house, job)
    items = await desk.items(job)
    if order.as_json:
        say_json({"plan": _plan_json(plan), "job": job_json(view, items)})
    else:
        report(view, items)
    raise typer.Exit(exit_code(view))


def _refuse_others(wanted: Filter, plan: ReplayPlan) -> None:
    """A case that was named and is no dead letter is a mistake, not nothing."""
    others = sorted(set(wanted.numbers) - {one.case for one in plan.deliveries})
    if others:
        raise StateForbids(f"No dead letter (or none like this): {', '.join(others)}.")


def _show(plan: ReplayPlan, order: Order) -> None:
    tell = note if order.as_json else say
    count = len(plan.deliveries)
    if not count:
        tell("No dead letter is like that: there is nothing to replay.")
        return
    tell(f"{_times(count, 'dead letter')} would be delivered again, as then:")
    for destination, number in plan.by_destination().items():
        tell(f"  {number} to {destination}")
    tell(
        f"{plan.replayed_before} of them were replayed before."
        if plan.replayed_before
        else "None of them was replayed before."
    )
    if order.dry_run and not order.as_json:
        show_views(plan.deliveries[:_SHOWN])
        if count > _SHOWN:
            note(f"… and {count - _SHOWN} more; --json has them all.")
    if order.dry_run:
        tell("This was a dry run: nothing was changed.")


def _plan_json(plan: ReplayPlan) -> Mapping[str, Json]:
    return {
        "count": len(plan.deliveries),
        "by_destination": plan.by_destination(),
        "replayed_before": plan.replayed_before,
        "deliveries": [delivery_json(one) for one in plan.deliveries],
    }


def _times(count: int, thing: str) -> str:
    if count == 1:
        return f"1 {thing}"
    return f"{count} {thing.removesuffix('y')}{'ies' if thing.endswith('y') else 's'}"
