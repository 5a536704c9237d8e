"""A look into the tables behind a house, past every store."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, func, select, update

from schemas.cases import Case
from schemas.events import first_break
from storage.tables.base import metadata
from tests.house import House


async def rows(house: House, name: str) -> list[RowMapping]:
    """Every row of a table."""
    async with house.database.read() as connection:
        return list(
            (await connection.execute(select(metadata.tables[name]))).mappings()
        )


async def row_of(house: House, case: Case) -> RowMapping:
    """A case as its row has it."""
    [found] = [row for row in await rows(house, "cases") if row["id"] == case.id]
    return found


async def sizes(house: House) -> dict[str, int]:
    """How many rows each table has; those that have none are left out."""
    async with house.database.read() as connection:
        counts = {
            name: (
                await connection.execute(select(func.count()).select_from(table))
            ).scalar_one()
            for name, table in metadata.tables.items()
        }
    return {name: count for name, count in counts.items() if count}


async def change(house: House, name: str, values: Mapping[str, Any]) -> None:
    """Set columns of every row of a table."""
    async with house.database.write("test") as connection:
        await connection.execute(update(metadata.tables[name]).values(dict(values)))


async def change_case(house: House, case: Case, values: Mapping[str, Any]) -> None:
    """Set columns of one case's row."""
    table = metadata.tables["cases"]
    async with house.database.write("test") as connection:
        await connection.execute(
            update(table).where(table.c.id == case.id).values(dict(values))
        )


async def assert_chains_hold(house: House, *cases: Case) -> None:
    """Every chain verifies, and its head is the one the case has."""
    for case in cases:
        events = await house.cases.events(case)
        row = await row_of(house, case)
        assert first_break(events) is None
        assert (row["seq"], row["head"]) == (len(events), events[-1].hash)


def assert_gapless(numbers: Iterable[str]) -> None:
    """Case numbers of one year, in any order, from 1 without a gap."""
    found = sorted(int(number.partition("-")[2]) for number in numbers)
    assert found == list(range(1, len(found) + 1))


async def due_moments(house: House) -> list[datetime]:
    """When the cases that nobody works on become due, each moment once."""
    cases = metadata.tables["cases"]
    async with house.database.read() as connection:
        found = await connection.execute(
            select(cases.c.due_at)
            .where(cases.c.owner.is_(None), cases.c.due_at.is_not(None))
            .distinct()
        )
        return list(found.scalars())
