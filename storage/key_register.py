"""The register of key-encryption keys: which one wraps, and which may go."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.clock import BERLIN
from schemas.errors import KeyInUse, KeyMissing
from schemas.ids import KeyName
from schemas.limits import ORPHAN_AGE
from storage.database import Database
from storage.tables import DataKeyRow, KekRow
from storage.tables.base import table

REGISTER, DATA_KEYS = table(KekRow), table(DataKeyRow)
ACTIVE: Final = "active"
RETIRING: Final = "retiring"
RETIRED: Final = "retired"


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisteredKey:
    """A key by name; the key itself is never in the database."""

    name: KeyName
    state: str
    """active: it wraps. retiring: it only unwraps. retired: its file is gone."""
    created_at: datetime
    retired_at: datetime | None
    """Since when it does not wrap any more."""
    uses: int
    """How many data keys it wraps."""


class KeyRegister:
    """Follows the folder of keys; the folder decides."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def follow(self, names: Iterable[KeyName], current: KeyName) -> None:
        """Take over which keys are there, and which of them wraps."""
        async with self._database.write("key register") as connection:
            now = await self._database.now(connection)
            rows = (await connection.execute(select(REGISTER))).all()
            known = {row.name: row.state for row in rows}
            for name in names:
                state = ACTIVE if name == current else RETIRING
                if known.get(name) != state:
                    await _put(connection, name, state, now=now, before=known.get(name))

    async def list(self) -> tuple[RegisteredKey, ...]:
        """Every key there ever was, oldest first."""
        uses = (
            select(DATA_KEYS.c.kek, func.count().label("count"))
            .group_by(DATA_KEYS.c.kek)
            .subquery()
        )
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(REGISTER, func.coalesce(uses.c.count, 0).label("uses"))
                .join_from(REGISTER, uses, uses.c.kek == REGISTER.c.name, isouter=True)
                .order_by(REGISTER.c.created_at, REGISTER.c.name)
            )
            return tuple(
                RegisteredKey(
                    name=KeyName(row.name),
                    state=row.state,
                    created_at=row.created_at,
                    retired_at=row.retired_at,
                    uses=row.uses,
                )
                for row in rows
            )

    async def retire(self, name: KeyName) -> None:
        """Nothing needs the key any more; its file may go afterwards.

        Raises KeyInUse while it wraps anything, or an upload that began when it
        was current may still be committed. Raises KeyMissing for a strange name.
        """
        async with self._database.write("retire key") as connection:
            now = await self._database.now(connection)
            row = (
                await connection.execute(
                    select(REGISTER).where(REGISTER.c.name == name)
                )
            ).first()
            if row is None:
                raise KeyMissing(name)
            if row.state == ACTIVE:
                raise KeyInUse("It is the current key.")
            until = row.retired_at + ORPHAN_AGE
            if now < until:
                raise KeyInUse(
                    "An upload that began under it may still come in until "
                    f"{until.astimezone(BERLIN):%d.%m.%Y %H:%M}."
                )
            if await _wraps_something(connection, name):
                raise KeyInUse("It wraps the data keys of cases.")
            await connection.execute(
                update(REGISTER).where(REGISTER.c.name == name).values(state=RETIRED)
            )


async def _wraps_something(connection: AsyncConnection, name: KeyName) -> bool:
    found = await connection.execute(
        select(exists(select(1).where(DATA_KEYS.c.kek == name)))
    )
    return bool(found.scalar_one())


async def _put(
    connection: AsyncConnection,
    name: KeyName,
    state: str,
    *,
    now: datetime,
    before: str | None,
) -> None:
    values: dict[str, Any] = {"state": state}
    if before != RETIRED or state == ACTIVE:
        values["retired_at"] = None if state == ACTIVE else now
    if before is None:
        await connection.execute(
            insert(REGISTER).values(name=name, created_at=now, **values)
        )
    else:
        await connection.execute(
            update(REGISTER).where(REGISTER.c.name == name).values(values)
        )
