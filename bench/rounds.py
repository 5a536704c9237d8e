"""Rounds: a flood until everything is archived, or a trickle with its latencies."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from bench.contestants import Contestant
from bench.load import Posted, flood, trickle
from bench.stage import Stage
from tests.counterparts.postgres import as_asyncpg

_LOOK_SECONDS: Final = 0.05
_PATIENCE_SECONDS: Final = 300.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Flood:
    """What a flood cost."""

    cases_per_s: float
    cpu_ms: dict[str, float]
    """Per case and process."""

    @property
    def total_ms(self) -> float:
        """Over all processes but the form server's."""
        return sum(self.cpu_ms.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Trickle:
    """Milliseconds of each submission."""

    accepted: list[float]
    archived: list[float]


async def flooded(stage: Stage, contestant: Contestant, count: int) -> Flood:
    """POST so many as fast as they are taken; until the last is archived."""
    before, began = stage.cpu(), time.monotonic()
    await flood(contestant.door, count)
    await finished(contestant)
    seconds = time.monotonic() - began
    await _settled(contestant)
    after = stage.cpu()
    used = {name: 1000 * (after[name] - before[name]) / count for name in after}
    return Flood(cases_per_s=count / seconds, cpu_ms=used)


async def trickled(contestant: Contestant, count: int, per_second: float) -> Trickle:
    """POST at a rate; how long until the 202, and until archived."""
    posted = await trickle(contestant.door, count, per_second=per_second)
    await finished(contestant)
    archived = await _archived_at(contestant, posted)
    return Trickle(
        accepted=[1000 * one.took for one in posted],
        archived=[1000 * (archived[one.number] - one.at) for one in posted],
    )


async def finished(contestant: Contestant) -> None:
    """Until no case is open."""
    connection = await asyncpg.connect(as_asyncpg(contestant.database))
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while await connection.fetchval(  # noqa: ASYNC110 - nobody would tell us
                "SELECT EXISTS (SELECT FROM cases WHERE due_at IS NOT NULL)"
            ):
                await asyncio.sleep(_LOOK_SECONDS)
    finally:
        await connection.close()


async def grow(contestant: Contestant, count: int) -> None:
    """So many cases that have been closed long ago, with their events."""
    connection = await asyncpg.connect(as_asyncpg(contestant.database))
    try:
        names = await connection.fetch(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = 'cases' AND column_name NOT IN"
            " ('id', 'number', 'receipt', 'tracking_id')"
        )
        same = ", ".join(row["column_name"] for row in names)
        await connection.execute(
            f"INSERT INTO cases (id, number, receipt, tracking_id, {same})"  # noqa: S608
            f" SELECT md5(n::text), '2020-' || n, n, md5(n::text), {same}"
            " FROM (SELECT * FROM cases LIMIT 1) one, generate_series(1, $1) n",
            count,
        )
        await connection.execute(
            "INSERT INTO events SELECT e.tenant_id, e.office_id, c.id, e.seq, e.kind,"
            " e.at, e.actor, e.format, e.body, e.previous, e.hash FROM cases c,"
            " (SELECT * FROM events WHERE case_id ="
            " (SELECT case_id FROM events LIMIT 1)) e WHERE c.number LIKE '2020-%'"
        )
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _settled(contestant: Contestant) -> None:
    # What belongs to the last cases but comes after them (records of runs) counts.
    del contestant
    await asyncio.sleep(1.0)


async def _archived_at(
    contestant: Contestant, posted: list[Posted]
) -> dict[str, float]:
    connection = await asyncpg.connect(as_asyncpg(contestant.database))
    try:
        rows = await connection.fetch(
            "SELECT c.number, e.at FROM cases c JOIN events e ON e.case_id = c.id"
            " WHERE e.kind = 'PackageArchived' AND c.number = ANY($1)",
            [one.number for one in posted],
        )
    finally:
        await connection.close()
    return {row["number"]: _seconds(row["at"]) for row in rows}


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
