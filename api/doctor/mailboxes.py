"""Sources as the workers see them: looked into, and nothing left without an answer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from api.doctor.results import Result, bad, doubtful, good
from schemas.ids import SourceId, TenantId
from schemas.rules.mailbox import day_owed
from schemas.scope import Scope
from schemas.sources import Source
from storage.database import Database
from storage.deadlines import Deadlines, Unanswered
from storage.source_states import SourceState, SourceStates

_LATE: Final = timedelta(minutes=10)
"""Without news a source's standing is written down every five minutes."""
_SOON: Final = timedelta(days=1)


async def standing(
    database: Database, tenant: TenantId, configured: Mapping[SourceId, Source]
) -> tuple[Result, ...]:
    """Each source in a line, and what somebody must answer soon."""
    if not configured:
        return ()
    scope = Scope(tenant=tenant)
    async with database.read() as connection:
        now = await database.now(connection)
    states = {one.source: one for one in await SourceStates(database).all(scope)}
    unanswered = await Deadlines(database).unanswered(scope)
    return (
        *(_fares(one, states.get(one.id), now) for one in configured.values()),
        *_owed(unanswered),
    )


def _fares(source: Source, state: SourceState | None, now: datetime) -> Result:
    subject = f"polling {source.id}"
    look = f"`amtsweg source check {source.id}` says more."
    if state is None or state.polled_at is None:
        return doubtful(subject, "Nobody has looked into it yet.", "Run a worker.")
    if now - state.polled_at > source.poll_every + _LATE:
        return bad(
            subject, f"Not looked into for {now - state.polled_at}.", "Run a worker."
        )
    if state.code:
        return bad(subject, f"The last round failed: {state.code}.", look)
    if state.pending:
        detail = f"{state.pending} submissions wait there and cannot be taken."
        return bad(subject, detail, "The disturbances say why.")
    return good(subject, "looked into, nothing waits")


def _owed(unanswered: tuple[Unanswered, ...]) -> tuple[Result, ...]:
    return tuple(
        bad(
            f"answer {one.number}",
            _overdue(one),
            f"`amtsweg fitconnect trace {one.number}` says what to do.",
        )
        for one in unanswered
        if one.age > _SOON and day_owed(one.age).within < _SOON
    )


def _overdue(one: Unanswered) -> str:
    owed = day_owed(one.age)
    if owed.within.total_seconds() < 0:
        return f"Day {owed.day} is over, and the channel has no answer."
    return f"Day {owed.day} comes, and the channel has no answer."
