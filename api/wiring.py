"""From settings to the ports of the HTTP door."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sqlalchemy import text

from adapters.base import Finding
from adapters.registry import standard_registry
from adapters.secrets import MachineSecrets
from api.callbacks import Callbacks, callers_of
from api.door import Door
from api.waking import waking
from schemas.configuration.snapshot import snapshots
from schemas.errors import DatabaseAway
from storage.cases import SqlCases
from storage.database import Database
from storage.intake import SqlIntake
from storage.settings import Settings
from storage.source_states import SourceStates
from storage.tokens import SqlTokens
from storage.wiring import load_configuration, mode_of, open_stores


@asynccontextmanager
async def open_door(settings: Settings) -> AsyncIterator[Door]:
    """Everything behind the door, opened for this event loop.

    Raises ConfigurationInvalid, KeyMissing, and what ``open_stores`` raises.
    """
    configuration = load_configuration(settings, standard_registry().validate)
    mode = mode_of(settings, configuration.installation)
    async with open_stores(settings, mode) as stores, waking(stores.database) as wake:
        # Here and not with the first submission: without a key nothing is taken.
        stores.keys.current_name()
        yield Door(
            intake=SqlIntake(stores.database),
            cases=SqlCases(stores.database),
            tokens=SqlTokens(stores.database, stores.clock),
            vault=stores.vault,
            configuration=configuration,
            snapshots=snapshots(configuration),
            clock=stores.clock,
            random_bytes=os.urandom,
            wake=wake,
            ready=_ready(stores.database),
            callbacks=Callbacks(
                callers=callers_of(configuration),
                secrets=MachineSecrets(environ=os.environ, home=settings.home),
                wish=SourceStates(stores.database).wish,
            ),
        )


def _ready(database: Database) -> Callable[[], Awaitable[tuple[Finding, ...]]]:
    async def ready() -> tuple[Finding, ...]:
        try:
            async with database.read() as connection:
                await connection.execute(text("SELECT 1"))
        except DatabaseAway as away:
            return (Finding(subject="database", ok=False, remedy=away.remedy),)
        return (Finding(subject="database", ok=True),)

    return ready
