"""A door on a database and a vault on disk, in this process or in its own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from adapters.base import Finding
from api.app import create_app
from api.door import Door
from api.serving import door_server
from schemas.clock import SystemClock
from storage.cases import SqlCases
from storage.database import Database
from storage.intake import SqlIntake
from storage.migrate import upgrade_async
from storage.tokens import SqlTokens
from storage.vault.keys import KeyRing
from storage.vault.local import LocalVault
from tests.fakes.doorstep import CONFIGURATION, TOKEN, glass_snapshots, sender_token

VAULT = "vault"


@asynccontextmanager
async def real_door(url: str, home: Path) -> AsyncIterator[Door]:
    """The ports as they are in production; ``TOKEN`` opens it."""
    clock = SystemClock()
    database = Database(url)
    tokens = SqlTokens(database, clock)
    if await tokens.find(TOKEN) is None:
        await tokens.create(sender_token(), TOKEN)
    keys = KeyRing(home / "keys", may_create=True, clock=clock)
    try:
        yield Door(
            intake=SqlIntake(database),
            cases=SqlCases(database),
            tokens=tokens,
            vault=LocalVault(home / VAULT, keys),
            configuration=CONFIGURATION,
            snapshots=glass_snapshots(CONFIGURATION),
            clock=clock,
            random_bytes=os.urandom,
            wake=lambda: None,
            ready=_ready,
        )
    finally:
        await database.close()


async def _ready() -> tuple[Finding, ...]:
    return ()


async def _serve(url: str, home: Path) -> None:
    await upgrade_async(url)
    async with real_door(url, home) as door:
        server = door_server(create_app(door), host="127.0.0.1", port=0)
        serving = asyncio.create_task(server.serve())
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await serving


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(_serve(sys.argv[1], Path(sys.argv[2])))
