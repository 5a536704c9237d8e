"""Rows of several tables that belong together: on PostgreSQL in one statement.

Each round trip costs both sides more than the work it asks for (measured).
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import Insert, Table, insert
from sqlalchemy.ext.asyncio import AsyncConnection

Rows: TypeAlias = tuple[Table, Sequence[Mapping[str, Any]]]
"""New rows of one table; each has the same columns as the first."""


async def insert_together(connection: AsyncConnection, *rows: Rows) -> None:
    """All of them, within the transaction that is open."""
    batches = [(table, batch) for table, batch in rows if batch]
    if connection.dialect.name != "postgresql":
        for table, batch in batches:
            await connection.execute(_insert(table), list(batch))
        return
    shape = tuple((table.name, tuple(batch[0]), len(batch)) for table, batch in batches)
    values = [row[column] for _, batch in batches for row in batch for column in row]
    await connection.exec_driver_sql(_statement(shape), tuple(values))


@lru_cache(maxsize=32)
def _insert(table: Table) -> Insert:
    return insert(table)


@lru_cache(maxsize=64)
def _statement(shape: tuple[tuple[str, tuple[str, ...], int], ...]) -> str:
    """Names of tables and columns are ours, every value is a parameter."""
    number, parts = 0, list[str]()
    for place, (table, columns, count) in enumerate(shape):
        lines = []
        for _ in range(count):
            first, number = number + 1, number + len(columns)
            places = ", ".join(f"${one}" for one in range(first, number + 1))
            lines.append(f"({places})")
        into = f"INSERT INTO {table} ({', '.join(columns)})"
        parts.append(f"new_{place} AS ({into} VALUES {', '.join(lines)})")
    return f"WITH {', '.join(parts)} SELECT 1"
