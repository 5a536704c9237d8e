"""Where a database is, and where this version of the code wants it.

Without Alembic, which every command would have to load to ask one question.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Select, String, column, inspect, select, table

from schemas.errors import DatabaseNewer, DatabaseOutdated
from storage.database import Database

_MIGRATIONS: Final = Path(__file__).parent / "migrations" / "versions"
_TABLE: Final = "alembic_version"
_FOUND: Final[Select[str]] = select(column("version_num", String)).select_from(
    table(_TABLE)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Versions:
    """Where a database is, and where this version of the code wants it."""

    found: str
    """"" = nothing is there yet."""
    wanted: str
    is_known: bool
    """False: a newer version has written ``found``."""


def known_versions() -> tuple[str, ...]:
    """What migrations lead to, in their order; their files begin with it."""
    files = _MIGRATIONS.glob("[0-9]*_*.py")
    return tuple(sorted(file.name.partition("_")[0] for file in files))


def wanted_version() -> str:
    """Where this version of the code wants a database."""
    return known_versions()[-1]


async def versions(database: Database) -> Versions:
    """Where the database is; changes nothing."""
    async with database.read() as connection:
        found = await connection.run_sync(_found)
    is_known = not found or found in known_versions()
    return Versions(found=found, wanted=wanted_version(), is_known=is_known)


async def check_version(database: Database) -> None:
    """Raises DatabaseOutdated, DatabaseNewer unless it is at this version."""
    at = await versions(database)
    if not at.is_known:
        raise DatabaseNewer(at.found)
    if at.found != at.wanted:
        raise DatabaseOutdated


def _found(connection: Connection) -> str:
    if not inspect(connection).has_table(_TABLE):
        return ""
    return str(connection.execute(_FOUND).scalar() or "")
