"""Which steps open cases name: code that lacks one of them must not start."""

from typing import Final, get_args

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.configuration.snapshot import decode
from schemas.errors import StepsLacking
from schemas.ids import StepName
from schemas.rules.process import VOCABULARY, Vocabulary, lacking
from schemas.states import CaseState, Closed, Refused
from storage.database import Database
from storage.tables import CaseRow, SnapshotRow
from storage.tables.base import table

CASES, SNAPSHOTS = table(CaseRow), table(SnapshotRow)
_OPEN: Final = tuple(
    kind.__name__ for kind in get_args(CaseState) if kind not in {Closed, Refused}
)
"""Named, so that the index over states finds them among millions of closed cases."""


async def steps_in_use(database: Database) -> frozenset[StepName]:
    """The steps of every process that an open case goes by."""
    async with database.read() as connection:
        bodies = await _snapshots_of_open_cases(connection)
    return frozenset(step for body in bodies for step in decode(body).process)


async def check_steps(database: Database, vocabulary: Vocabulary = VOCABULARY) -> None:
    """Raises StepsLacking where an open case names a step that cannot be run."""
    missing = lacking(await steps_in_use(database), vocabulary)
    if missing:
        raise StepsLacking(", ".join(missing))


async def _snapshots_of_open_cases(connection: AsyncConnection) -> list[bytes]:
    tenants = await connection.execute(select(SNAPSHOTS.c.tenant_id).distinct())
    bodies: list[bytes] = []
    for tenant in tenants.scalars().all():
        used = (
            select(CASES.c.snapshot)
            .where(CASES.c.tenant_id == tenant, CASES.c.state.in_(_OPEN))
            .distinct()
        )
        found = await connection.execute(
            select(SNAPSHOTS.c.body).where(
                SNAPSHOTS.c.tenant_id == tenant, SNAPSHOTS.c.hash.in_(used)
            )
        )
        bodies.extend(found.scalars())
    return bodies
