"""Leasing: who works on what, until when."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    case,
    delete,
    exists,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.errors import LeaseLost
from schemas.ids import WorkerId
from schemas.limits import CALL_DEADLINE, LEASE
from schemas.rules.queues import Candidate, share_of
from schemas.work import LeasedCase
from storage.database import Database
from storage.leased import leased_cases
from storage.tables import CaseRow, LeaseRow
from storage.tables.base import table
from storage.turns import Room, due_by, whose_turn

CASES, LEASES = table(CaseRow), table(LeaseRow)
_LOOKS: Final = 3
"""Where other workers are quicker it looks again; after that it can wait a moment."""


class Worklist:
    """Leases cases to one worker incarnation."""

    def __init__(self, database: Database, worker: WorkerId, *, host: str = "") -> None:
        self._database = database
        self._worker = worker
        self._host = host
        self._served = ""
        """The queue that came last when slots were given out."""

    async def register(self, lease: timedelta = LEASE) -> None:
        """Begin to exist; a worker that is not registered leases nothing."""
        async with self._database.write("register") as connection:
            now = await self._database.exactly_now(connection)
            await connection.execute(
                insert(LEASES).values(
                    name=_worker_name(self._worker),
                    holder=self._worker,
                    alive_until=now + lease,
                    host=self._host,
                )
            )

    async def renew(self, lease: timedelta = LEASE) -> None:
        """Live on. Raises LeaseLost when the row is gone: others took over."""
        async with self._database.write("renew") as connection:
            now = await self._database.exactly_now(connection)
            renewed = await connection.execute(
                update(LEASES)
                .where(LEASES.c.name == _worker_name(self._worker))
                .values(alive_until=now + lease)
            )
            if not renewed.rowcount:
                raise LeaseLost

    async def retire(self) -> None:
        """End in order: whatever is still leased is due again at once."""
        async with self._database.write("retire") as connection:
            now = await self._database.now(connection)
            await connection.execute(
                update(CASES)
                .where(CASES.c.owner == self._worker)
                .values(owner=None, permit="", due_at=now)
            )
            await connection.execute(
                delete(LEASES).where(LEASES.c.holder == self._worker)
            )

    async def anything_due(self) -> bool:
        """A cheap look; may say yes for a queue that is paused or full."""
        async with self._database.read() as connection:
            now = await self._database.now(connection)
            found = await connection.execute(
                select(exists(select(1).where(due_by(now))))
            )
            return bool(found.scalar_one())

    async def lease(self, room: Room) -> tuple[LeasedCase, ...]:
        """As many due cases as fit, fairly; each under a new epoch.

        Raises LeaseLost when this worker has been taken over: cases that it leased
        now would have an owner whom nobody waits for.
        """
        for _ in range(_LOOKS if room.free else 0):
            leased = await self._lease_once(room)
            if leased is not None:
                return leased
        return ()

    async def _lease_once(self, room: Room) -> tuple[LeasedCase, ...] | None:
        """None: other workers were quicker with everything that was chosen."""
        async with self._database.write("lease") as connection:
            now = await self._database.now(connection)
            chosen = await whose_turn(connection, room, now, served=self._served)
            if not chosen:
                return ()
            await self._must_exist(connection)
            rows = await self._take(connection, chosen, now)
            leased = await leased_cases(
                connection, rows, self._worker, share=share_of(room.slots)
            )
        self._served = chosen[-1].queue
        if not leased:
            return None
        return tuple(sorted(leased, key=lambda one: one.case.number))

    async def forfeit(
        self, leased: LeasedCase, *, after: timedelta = timedelta(0)
    ) -> None:
        """Give a case back of which we no longer know what was committed.

        ``after``: not before so long, and as if its worker had died of it.
        """
        async with self._database.write("forfeit") as connection:
            now = await self._database.now(connection)
            await connection.execute(
                update(CASES)
                .where(
                    CASES.c.id == leased.case.id,
                    CASES.c.owner == self._worker,
                    CASES.c.epoch == leased.epoch,
                )
                .values(
                    owner=None,
                    permit="",
                    due_at=now + after,
                    takeovers=CASES.c.takeovers + (1 if after else 0),
                )
            )

    async def take_over(self) -> int:
        """Free the cases of dead workers, once their last call must have ended."""
        async with self._database.write("take over") as connection:
            now = await self._database.exactly_now(connection)
            workers = LEASES.c.name.startswith("worker:")
            # No lease ends that late: the clock was set back since.
            await connection.execute(
                update(LEASES)
                .where(workers, LEASES.c.alive_until > now + 2 * LEASE)
                .values(alive_until=now + LEASE)
            )
            dead = delete(LEASES).where(
                workers, LEASES.c.alive_until < now - CALL_DEADLINE
            )
            names = (await connection.execute(dead.returning(LEASES.c.holder))).all()
            holders = [row.holder for row in names]
            # The lease goes first: whoever is leasing cases under it right now holds
            # it, and those cases are seen after that.
            freed = [await _free(connection, one, now) for one in holders]
            if holders:
                # Some are held for hours, and mailboxes are not looked into meanwhile.
                duties = LEASES.c.name.startswith("duty:")
                await connection.execute(
                    delete(LEASES).where(duties, LEASES.c.holder.in_(holders))
                )
            return sum(freed)

    async def _must_exist(self, connection: AsyncConnection) -> None:
        mine = select(LEASES.c.name).where(LEASES.c.name == _worker_name(self._worker))
        if not self._database.is_sqlite:
            # Bars the deletion only; renewals go on.
            mine = mine.with_for_update(read=True, key_share=True)
        if (await connection.execute(mine)).first() is None:
            raise LeaseLost

    async def _take(
        self, connection: AsyncConnection, chosen: Sequence[Candidate], now: datetime
    ) -> Sequence[Any]:
        # Looked at again: since it was chosen another worker may have had the case
        # and put it elsewhere, or brought it to its end.
        mine = select(CASES.c.id).where(
            tuple_(CASES.c.id, CASES.c.queue).in_(
                [(one.case, one.queue) for one in chosen]
            ),
            due_by(now),
        )
        if not self._database.is_sqlite:
            mine = mine.with_for_update(skip_locked=True)
        waits_for_destination = CASES.c.queue.startswith("d:")
        statement = (
            update(CASES)
            .where(CASES.c.id.in_(mine.scalar_subquery()))
            .values(
                owner=self._worker,
                epoch=CASES.c.epoch + 1,
                permit=case((waits_for_destination, CASES.c.queue), else_=""),
                probed_at=case((waits_for_destination, now), else_=CASES.c.probed_at),
            )
            .returning(CASES)
        )
        rows: Sequence[Any] = (await connection.execute(statement)).all()
        return rows


def _worker_name(worker: WorkerId) -> str:
    return f"worker:{worker}"


async def _free(connection: AsyncConnection, worker: str, now: datetime) -> int:
    freed = await connection.execute(
        update(CASES)
        .where(CASES.c.owner == worker)
        .values(
            owner=None,
            permit="",
            due_at=now,
            epoch=CASES.c.epoch + 1,
            takeovers=CASES.c.takeovers + 1,
        )
    )
    await connection.execute(delete(LEASES).where(LEASES.c.holder == worker))
    return int(freed.rowcount)
