"""Commits of a worker on a leased case; every one checks the epoch."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.cases import Lane
from schemas.errors import LeaseLost
from schemas.events import AttemptStarted, Event
from schemas.outcomes import DeliveryConfirmed
from schemas.rules.destinations import STEADY, Open, after_failure
from schemas.rules.queues import destination_queue, queue_destination
from schemas.rules.settlement import Settlement, settle, told
from schemas.rules.transitions import leaves_line
from schemas.rules.waits import OWN_WAITS, wait_after
from schemas.states import Delivering
from schemas.steps import Away
from schemas.work import (
    AttemptEnd,
    AttemptOpening,
    DueIn,
    Keep,
    LeasedCase,
    Progress,
    Rest,
    Then,
)
from storage.attempts import (
    close_attempt,
    note_job_item,
    open_attempt,
    resolve_attempt,
    with_attempt,
)
from storage.chain import links
from storage.channel_rows import order_answer
from storage.codec import STATES
from storage.database import Database
from storage.destinations import open_disturbance, states_of
from storage.moving import Move, move
from storage.permits import excuse, has_room, keep_state, note_success

_REMEMBERED: Final = ("own_failures", "trying_since")
_SERVED: Final[Mapping[str, object]] = {"trying_since": None, "warned": 0}
"""Where the case goes next, giving up begins to count anew."""


class _NoRoom(Exception):
    """Roll the attempt back: the destination takes no more."""


class Ledger:
    """What one worker commits. Every method raises LeaseLost and DatabaseAway."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def commit(self, leased: LeasedCase, progress: Progress) -> LeasedCase:
        """State, events and step results in one transaction."""
        label = ",".join(done.step for done in progress.steps) or "state"
        async with self._database.write(label) as connection:
            now = await self._database.now(connection)
            if progress.steps and leased.permit:
                await note_success(connection, leased.permit, now)
                leased = replace(leased, permit="")
                return await _write(connection, leased, progress, now, **_SERVED)
            return await _write(connection, leased, progress, now)

    async def put_off(
        self, leased: LeasedCase, progress: Progress, away: Away
    ) -> LeasedCase:
        """A step's counterpart is away: it pauses, the case waits in its queue."""
        queue = destination_queue(leased.case.tenant, away.counterpart)
        async with self._database.write("put off") as connection:
            now = await self._database.now(connection)
            state = (await states_of(connection, [queue], lock=True))[queue].state
            fate = after_failure(
                state, case=leased.case.id, code=away.code, whole=away.whole, now=now
            )
            if fate.state != state:
                await keep_state(connection, queue, fate.state, now)
            failures = max(0, leased.own_failures + fate.charge)
            wait = wait_after(max(1, failures)) or OWN_WAITS[-1]
            due = now + (wait if isinstance(fate.state, Open) else timedelta(0))
            progress = replace(progress, then=DueIn(queue=queue, at=due))
            await excuse(connection, queue, fate.excused, now)
            return await _write(
                connection, leased, progress, now, own_failures=failures
            )

    async def open_attempt(
        self, leased: LeasedCase, progress: Progress, opening: AttemptOpening
    ) -> LeasedCase | None:
        """Commit an attempt before its first byte leaves.

        None: the destination has no room now, or others stand in line before;
        what was in ``progress`` is committed and the case waits in its queue.
        """
        queue = destination_queue(leased.case.tenant, opening.destination)
        # Out of a strict line only leasing knows who stands before.
        if leased.permit == queue or not leased.ordering_key:
            with contextlib.suppress(_NoRoom):
                return await self._go(leased, progress, opening, queue=queue)
        await self.wait(leased, progress, queue)
        return None

    async def wait(self, leased: LeasedCase, progress: Progress, queue: str) -> None:
        """Commit what was gathered; the case waits in a queue, due at once."""
        async with self._database.write("wait") as connection:
            now = await self._database.now(connection)
            waits = replace(progress, then=DueIn(queue=queue, at=now))
            await _write(connection, leased, waits, now)

    async def _go(
        self,
        leased: LeasedCase,
        progress: Progress,
        opening: AttemptOpening,
        *,
        queue: str,
    ) -> LeasedCase:
        async with self._database.write("attempt") as connection:
            now = await self._database.now(connection)
            started = AttemptStarted(
                delivery=opening.delivery,
                destination=opening.destination,
                payload=opening.payload,
                number=opening.number,
            )
            progress = replace(
                progress,
                state=Delivering(destination=opening.destination, since=now),
                events=(*progress.events, started),
            )
            # First whether the case is ours: the next owner may have this number.
            # Probes go to others than those who have just been tried.
            tried = {"permit": queue, "probed_at": now}
            written = await _write(connection, leased, progress, now, **tried)
            await open_attempt(connection, leased, opening, now)
            # Last: the destination's row is locked for everybody until the commit.
            if leased.permit != queue and not await has_room(
                connection, leased, queue, now
            ):
                raise _NoRoom
        return with_attempt(
            replace(written, permit=queue), opening, "open", started_at=now
        )

    async def resolve_attempt(
        self, leased: LeasedCase, opening: AttemptOpening, *, outcome: str, code: str
    ) -> LeasedCase:
        """Say of an earlier attempt that it is unknown, or did not arrive."""
        async with self._database.write("resolve attempt") as connection:
            now = await self._database.now(connection)
            await resolve_attempt(connection, opening, (outcome, code), now)
            progress = Progress(
                state=leased.case.state,
                events=(told(opening.delivery, opening.destination, outcome, code),),
            )
            written = await _write(connection, leased, progress, now)
        return with_attempt(written, opening, outcome, started_at=now)

    async def end_attempt(
        self, leased: LeasedCase, end: AttemptEnd, delivered: Progress
    ) -> LeasedCase | None:
        """What came of it. None: the case waits, rests or is given up.

        ``delivered`` is committed when the delivery is confirmed.
        """
        queue = destination_queue(leased.case.tenant, end.destination)
        async with self._database.write("outcome") as connection:
            now = await self._database.now(connection)
            confirmed = isinstance(end.outcome, DeliveryConfirmed)
            fares = (await states_of(connection, [queue], lock=not confirmed))[queue]
            if confirmed and fares.state != STEADY:
                # Its state will change: what is read without a lock may be old.
                fares = (await states_of(connection, [queue], lock=True))[queue]
            settled = settle(
                replace(leased, permit=queue),
                end,
                destination=fares.state,
                limit=fares.limit,
                now=now,
            )
            if settled.destination != fares.state:
                await keep_state(connection, queue, settled.destination, now)
            await excuse(connection, queue, settled.excused, now)
            await close_attempt(connection, end, settled, now)
            if leased.lane is Lane.BULK:
                await note_job_item(connection, leased.case.id, settled, now)
            written = await _write(
                connection,
                replace(leased, permit=""),
                _progress_after(leased, end, settled, delivered),
                now,
                permit="",
                own_failures=settled.own_failures,
                **(_SERVED if confirmed else {}),
            )
        return written if confirmed else None


def _progress_after(
    leased: LeasedCase, end: AttemptEnd, settled: Settlement, delivered: Progress
) -> Progress:
    if settled.attempt == "delivered":
        return delivered
    events: tuple[Event, ...] = (
        told(end.delivery, end.destination, settled.attempt, settled.code),
        *settled.aside,
    )
    return Progress(
        state=settled.state,
        events=events,
        then=settled.then,
        came_from=leased.case.state,
        disturbances=settled.troubles,
    )


async def _write(
    connection: AsyncConnection,
    leased: LeasedCase,
    progress: Progress,
    now: datetime,
    **values: object,
) -> LeasedCase:
    rows, head = links(
        progress.events,
        case=leased.case.id,
        seq=leased.seq,
        head=leased.head,
        at=now,
        actor=f"worker:{leased.worker}",
    )
    values = _values(leased, progress, now, head) | values
    values["seq"] = leased.seq + len(rows)
    one = Move(leased=leased, values=values, links=rows, steps=progress.steps, now=now)
    if not await move(connection, one):
        raise LeaseLost
    for place, code in progress.disturbances:
        await open_disturbance(connection, (leased.case.tenant, place), code, now=now)
    if progress.answer is not None:
        await order_answer(connection, leased.case.id, progress.answer, now)
    remembered: dict[str, Any] = {
        name: values[name] for name in _REMEMBERED if name in values
    }
    return replace(
        leased,
        case=replace(leased.case, state=progress.state, changed_at=now),
        version=leased.version + 1,
        seq=leased.seq + len(rows),
        head=head,
        done=leased.done + tuple(done.step for done in progress.steps),
        **remembered,
    )


def _values(
    leased: LeasedCase, progress: Progress, now: datetime, head: bytes
) -> dict[str, object]:
    kind, body = STATES.dump(progress.state)
    values = _released(leased, progress.then, now)
    if progress.steps:
        values["takeovers"] = 0
    if leaves_line(progress.state):
        values["line"] = ""
    if progress.came_from is not None:
        values["came_from"], body_before = STATES.dump(progress.came_from)
        values["came_from_body"] = body_before.decode()
    return values | {
        "state": kind,
        "state_body": body.decode(),
        "changed_at": now,
        "version": leased.version + 1,
        "head": head,
    }


def _released(leased: LeasedCase, then: Then, now: datetime) -> dict[str, object]:
    match then:
        case Keep():
            return {} if leased.permit else {"permit": ""}
        case DueIn(queue=queue, at=at):
            waits: dict[str, object] = {
                "owner": None,
                "permit": "",
                "queue": queue,
                "due_at": at,
            }
            if queue_destination(queue) and leased.trying_since is None:
                waits["trying_since"] = now
            return waits
        case Rest():
            return {"owner": None, "permit": "", "due_at": None}
