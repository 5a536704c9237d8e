"""The write of every commit: the case moves, its chain and its results grow.

Three statements say the same on both databases. PostgreSQL gets them as one: each
round trip costs both sides more than the work it asks for (measured).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import bindparam, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work import LeasedCase, StepDone
from storage.tables import CaseRow, EventRow, StepRow
from storage.tables.base import table

CASES, EVENTS, STEPS = table(CaseRow), table(EventRow), table(StepRow)
# Built once: making a statement costs more than sending it.
_MOVE: Final = update(CASES).where(
    CASES.c.id == bindparam("our_case"),
    CASES.c.epoch == bindparam("our_epoch"),
    CASES.c.version == bindparam("our_version"),
)
_APPEND, _GIVE_RESULTS = insert(EVENTS), insert(STEPS)
_FIXED: Final = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """What one commit writes, provided the case is still ours."""

    leased: LeasedCase
    values: dict[str, object]
    """Columns of the case."""
    links: Sequence[dict[str, Any]]
    """Events, chained to the last one that is known."""
    steps: Sequence[StepDone]
    now: datetime


async def move(connection: AsyncConnection, one: Move) -> bool:
    """Write it all; False, and nothing that may stay, if the case is not ours."""
    if connection.dialect.name == "postgresql":
        return await _at_once(connection, one)
    return await _one_by_one(connection, one)


async def _one_by_one(connection: AsyncConnection, one: Move) -> bool:
    case = one.leased.case
    guard = {
        "our_case": case.id,
        "our_epoch": one.leased.epoch,
        "our_version": one.leased.version,
    }
    changed = await connection.execute(_MOVE, guard | one.values)
    if not changed.rowcount:
        return False
    owner = {"tenant_id": case.tenant, "office_id": case.office}
    if one.links:
        await connection.execute(_APPEND, [link | owner for link in one.links])
    if one.steps:
        result = owner | {"case_id": case.id, "at": one.now, "epoch": one.leased.epoch}
        await connection.execute(
            _GIVE_RESULTS,
            [result | {"step": done.step, "result": done.result} for done in one.steps],
        )
    return True


async def _at_once(connection: AsyncConnection, one: Move) -> bool:
    case, links = one.leased.case, one.links
    first = links[0] if links else {"at": one.now, "actor": "", "format": 0}
    given: tuple[object, ...] = (
        case.id,
        one.leased.epoch,
        one.leased.version,
        case.tenant,
        case.office,
        first["at"],
        first["actor"],
        first["format"],
        [link["seq"] for link in links],
        [link["kind"] for link in links],
        [link["body"] for link in links],
        [link["previous"] for link in links],
        [link["hash"] for link in links],
        [done.step for done in one.steps],
        [done.result for done in one.steps],
    )
    statement = _statement(tuple(one.values))
    moved = await connection.exec_driver_sql(statement, (*given, *one.values.values()))
    return bool(moved.scalar_one())


@lru_cache(maxsize=64)
def _statement(columns: tuple[str, ...]) -> str:
    """All in one; the names of columns are ours, every value is a parameter.

    Rows that are there already belong to the next owner: then nothing has moved, and
    the transaction is rolled back.
    """
    changes = ", ".join(
        f"{name} = ${number}" for number, name in enumerate(columns, start=_FIXED + 1)
    )
    return f"""
        WITH moved AS (
            UPDATE cases SET {changes}
            WHERE id = $1 AND epoch = $2 AND version = $3 RETURNING id
        ), appended AS (
            INSERT INTO events (tenant_id, office_id, case_id, at, actor, format,
                                seq, kind, body, previous, hash)
            SELECT $4, $5, $1, $6::timestamptz, $7, $8::int, link.* FROM unnest(
                $9::int[], $10::text[], $11::bytea[], $12::bytea[], $13::bytea[]
            ) AS link ON CONFLICT DO NOTHING
        ), given AS (
            INSERT INTO steps (tenant_id, office_id, case_id, at, epoch, step, result)
            SELECT $4, $5, $1, $6::timestamptz, $2, done.* FROM unnest(
                $14::text[], $15::text[]
            ) AS done ON CONFLICT DO NOTHING
        )
        SELECT count(*) FROM moved
    """  # noqa: S608
