"""Key rotation: every data key is wrapped anew, in batches that anybody may resume.

Nothing is remembered about how far it is: a row says which key it is wrapped with.
Whoever comes, comes again, or comes twice at once, finds what is left.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from sqlalchemy import bindparam, func, select, update

from schemas.documents import WrappedKey
from schemas.errors import KeyMissing, ObjectDamaged
from schemas.ids import CaseId, KeyName, TenantId
from storage.columns import Found
from storage.database import Database
from storage.tables import DataKeyRow
from storage.tables.base import table

KEYS: Final = table(DataKeyRow)
BATCH: Final = 500
_FIRST: Final = ""
_CHANGE: Final = (
    update(KEYS)
    # Only what still is as it was read: another may have been faster.
    .where(KEYS.c.case_id == bindparam("of"), KEYS.c.wrapped == bindparam("old"))
    .values(kek=bindparam("by"), wrapped=bindparam("new"))
)


class Rewrapper(Protocol):
    """Holds the key-encryption keys (`KeyRing`)."""

    def current_name(self) -> KeyName:
        """The key that wraps from now on."""
        ...

    def rewrap(
        self, wrapped: WrappedKey, *, tenant: TenantId, case: CaseId
    ) -> WrappedKey:
        """The same data key under the current key. Raises KeyMissing, ObjectDamaged."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """How far a round is."""

    rewrapped: int = 0
    unreadable: int = 0
    """Rows whose key is missing or that do not verify; they stay as they are."""

    def __add__(self, other: "Done") -> "Done":
        return Done(
            rewrapped=self.rewrapped + other.rewrapped,
            unreadable=self.unreadable + other.unreadable,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Batch:
    """Rows with what they are to become; ``last`` is where the next batch begins."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    unreadable: int = 0
    last: str = _FIRST


class Rewrapping:
    """Wraps data keys anew; concurrent ones do not disturb each other."""

    def __init__(
        self, database: Database, keys: Rewrapper, *, batch: int = BATCH
    ) -> None:
        self._database = database
        self._keys = keys
        self._size = batch

    async def round(self) -> AsyncGenerator[Done, None]:
        """Once through all that is not under the current key; after each batch.

        What an upload commits behind its back is for the next round. Raises
        DatabaseAway, KeyMissing where there is no current key.
        """
        done = Done()
        for name in await names_in_use(self._database):
            after = _FIRST
            while name != await asyncio.to_thread(self._keys.current_name):
                rows = await self._rows(name, after)
                if not rows:
                    break
                batch = await asyncio.to_thread(self._rewrap, rows)
                changed = await self._write(batch.changes)
                done += Done(rewrapped=changed, unreadable=batch.unreadable)
                after = batch.last
                yield done

    async def some(self, batches: int = 20) -> Done:
        """A part of a round, for a worker that has other duties."""
        done = Done()
        async with aclosing(self.round()) as batches_done:
            async for so_far in batches_done:
                done = so_far
                batches -= 1
                if not batches:
                    break
        return done

    async def left(self) -> int:
        """How many data keys are not under the current key."""
        current = await asyncio.to_thread(self._keys.current_name)
        counts = await uses(self._database)
        return sum(count for name, count in counts.items() if name != current)

    async def _rows(self, name: KeyName, after: str) -> Sequence[Found]:
        async with self._database.read() as connection:
            found = await connection.execute(
                select(KEYS)
                .where(KEYS.c.kek == name, KEYS.c.case_id > after)
                .order_by(KEYS.c.case_id)
                .limit(self._size)
            )
            return found.all()

    def _rewrap(self, rows: Sequence[Found]) -> _Batch:
        changes: list[dict[str, Any]] = []
        unreadable = 0
        for row in rows:
            old = WrappedKey(kek=KeyName(row.kek), wrapped=row.wrapped)
            try:
                new = self._keys.rewrap(
                    old, tenant=TenantId(row.tenant_id), case=CaseId(row.case_id)
                )
            except (KeyMissing, ObjectDamaged):
                unreadable += 1
            else:
                changes.append(_change(row, new))
        return _Batch(changes=changes, unreadable=unreadable, last=rows[-1].case_id)

    async def _write(self, changes: list[dict[str, Any]]) -> int:
        """In the order of cases, so that two at once cannot lock each other out."""
        if not changes:
            return 0
        async with self._database.write("rewrap") as connection:
            result = await connection.execute(_CHANGE, changes)
        # PostgreSQL's driver does not count; who was slower has little to say.
        return result.rowcount if result.rowcount >= 0 else len(changes)


async def names_in_use(database: Database) -> tuple[KeyName, ...]:
    """Every key that wraps something, found by hopping through the index."""
    first = select(func.min(KEYS.c.kek).label("kek"))
    hops = first.cte("hops", recursive=True)
    following = (
        select(func.min(KEYS.c.kek)).where(KEYS.c.kek > hops.c.kek).scalar_subquery()
    )
    hops = hops.union_all(select(following).where(hops.c.kek.is_not(None)))
    async with database.read() as connection:
        names = await connection.execute(
            select(hops.c.kek).where(hops.c.kek.is_not(None))
        )
        return tuple(map(KeyName, names.scalars()))


async def uses(database: Database) -> dict[KeyName, int]:
    """How many data keys each key wraps; keys without any are left out."""
    async with database.read() as connection:
        rows = await connection.execute(
            select(KEYS.c.kek, func.count()).group_by(KEYS.c.kek)
        )
        return {KeyName(name): count for name, count in rows}


def _change(row: Found, new: WrappedKey) -> dict[str, Any]:
    return {
        "of": row.case_id,
        "old": row.wrapped,
        "by": new.kek,
        "new": new.wrapped,
    }
