"""The engine's side: database, workers, what is due, what needs somebody."""

from datetime import datetime, timedelta
from typing import Final

from api.doctor.advice import advice
from api.doctor.results import Result, bad, doubtful, good
from api.doctor.tenants import Looked
from schemas.clock import BERLIN
from schemas.ids import DestinationId, TenantId
from schemas.replies import reply_place
from schemas.rules.destinations import Held, Paused
from schemas.rules.replies import what_to_do
from schemas.rules.wording import case_word
from schemas.scope import Scope
from storage.cases import SqlCases
from storage.database import Database
from storage.destinations import SqlDestinations
from storage.key_register import KeyRegister
from storage.replies import ReplyStore
from storage.steps_in_use import check_steps
from storage.versions import check_version, versions
from storage.vitals import living_workers, loads, open_disturbances

_LONG: Final = timedelta(minutes=5)
_TOO_LONG: Final = timedelta(hours=1)
_NEEDS_SOMEBODY: Final = {
    "Quarantined": "`amtsweg case list --state Quarantined`",
    "Undeliverable": "`amtsweg delivery list`",
    "InReview": "`amtsweg case list --state InReview`",
}


async def database_version(database: Database) -> Result:
    """Reachable, and at this version. Raises what stands in the way."""
    await check_version(database)
    at = await versions(database)
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    return good("database", f"{kind}, version {at.found}")


async def steps(database: Database) -> Result:
    """Open cases can be carried on. Raises StepsLacking."""
    await check_steps(database)
    return good("steps of open cases")


async def work(database: Database, looked: Looked) -> tuple[Result, ...]:
    """Whether somebody works, and whether anything has waited too long for it."""
    async with database.read() as connection:
        now = await database.now(connection)
    due = {one: await _oldest_due(database, Scope(tenant=one)) for one in looked.at}
    return (
        await _workers(database, is_due=any(due.values())),
        *(
            result
            for one, since in due.items()
            for result in looked.told(one, (_waiting(since, now),))
        ),
    )


async def _workers(database: Database, *, is_due: bool) -> Result:
    workers = await living_workers(database)
    if workers:
        hosts = sorted({worker.host for worker in workers if worker.host})
        where = f" on {', '.join(hosts)}" if hosts else ""
        return good("workers", f"{len(workers)} alive{where}")
    if is_due:
        return bad("workers", "None is alive, and cases wait.", "Run `amtsweg work`.")
    return doubtful("workers", "None is alive.", "Run `amtsweg work` or `up`.")


async def disturbances(database: Database, tenant: TenantId) -> tuple[Result, ...]:
    """Open ones, and destinations that a person holds."""
    scope = Scope(tenant=tenant)
    found = [
        doubtful(
            "disturbance",
            f"{one.subject}: {one.reason} since "
            f"{one.opened_at.astimezone(BERLIN):%d.%m.%Y %H:%M}",
            advice(one.subject, one.reason),
        )
        for one in await open_disturbances(database, scope)
    ]
    found += [
        doubtful(
            "destination",
            f"{one.id} is held by a person: {one.state.reason}",
            f"`amtsweg destination resume {one.id}` when it may go on.",
        )
        for one in await SqlDestinations(database).list(scope)
        if isinstance(one.state, Held)
    ]
    return tuple(found) or (good("disturbances", "none"),)


async def cases(database: Database, tenant: TenantId) -> tuple[Result, ...]:
    """How many need somebody."""
    counts = await SqlCases(database).count_by_state(Scope(tenant=tenant))
    found = tuple(
        doubtful("cases", f"{counts[kind]} {case_word(kind)} ({kind})", remedy)
        for kind, remedy in _NEEDS_SOMEBODY.items()
        if counts.get(kind)
    ) + await _replies(database, Scope(tenant=tenant))
    return found or (good("cases", f"{sum(counts.values())}, none needs anybody"),)


async def used_keys(database: Database, there: frozenset[str]) -> tuple[Result, ...]:
    """Keys that wrap something are still there."""
    return tuple(
        bad(
            f"key {key.name}",
            f"It is not there, and {key.uses} cases cannot be read without it.",
            "Put its export back with `amtsweg key restore FILE`.",
        )
        for key in await KeyRegister(database).list()
        if key.uses and key.name not in there
    )


async def _replies(database: Database, scope: Scope) -> tuple[Result, ...]:
    # Where nobody looks for replies any more, these would be named for ever.
    told = {one.subject for one in await open_disturbances(database, scope)}
    return tuple(
        doubtful(
            f"reply {one.number}",
            f"{one.place} answered on {one.since.astimezone(BERLIN):%d.%m.%Y}, and "
            "nobody has accepted it.",
            f"`{what_to_do(one.number)}`",
        )
        for one in await ReplyStore(database).unanswered(scope)
        if reply_place(DestinationId(one.place)) in told
    )


def _waiting(due: datetime | None, now: datetime) -> Result:
    if due is None:
        return good("oldest waiting case", "none is due")
    age = now - due
    detail = f"due for {int(age.total_seconds())} s"
    remedy = "Start more workers, or look into their log."
    if age > _TOO_LONG:
        return bad("oldest waiting case", detail, remedy)
    if age > _LONG:
        return doubtful("oldest waiting case", detail, remedy)
    return good("oldest waiting case", detail)


async def _oldest_due(database: Database, scope: Scope) -> datetime | None:
    """Of those that wait for us, not for a destination that is away."""
    away = {
        one.id
        for one in await SqlDestinations(database).list(scope)
        if isinstance(one.state, Paused | Held)
    }
    return min(
        (
            load.oldest_due
            for load in await loads(database, scope)
            if load.oldest_due is not None and load.destination not in away
        ),
        default=None,
    )
