"""All processes of one machine in one terminal: what ``up`` starts, watches, stops."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from api.cli.children import Child, Program
from schemas.errors import ChildNotReady
from storage.database import Database
from storage.settings import Settings
from storage.vitals import LivingWorker, living_workers

_LOOK_EVERY: Final = 0.1
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 11.0
"""A worker lets its cases come to an end for ten."""


@dataclass(kw_only=True)
class Together:
    """The children of one ``up``."""

    settings: Settings
    say: Callable[[str], None]
    _children: dict[str, Child] = field(default_factory=dict)
    _keeping: list[asyncio.Task[None]] = field(default_factory=list)

    def keep(self, name: str, *arguments: str, **environ: str) -> None:
        """Start one of our own commands, and keep it running."""
        child = self._child(name, arguments, environ)
        self._keeping.append(asyncio.create_task(child.keep()))

    async def run_once(
        self, name: str, *arguments: str, lines: Callable[[str], None]
    ) -> int:
        """Run one of our own commands to its end; ``lines`` gets what it says."""
        return await self._child(name, arguments, {}, lines).run_once()

    async def stop(self) -> None:
        """End all of them; whatever happens, no child is left."""
        await asyncio.gather(
            *(child.stop(_STOP_SECONDS) for child in self._children.values())
        )
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)

    def _child(
        self,
        name: str,
        arguments: tuple[str, ...],
        environ: dict[str, str],
        lines: Callable[[str], None] | None = None,
    ) -> Child:
        program = Program(
            name=name,
            command=(sys.executable, "-m", "api.cli", *arguments, "--until-eof"),
            environ=os.environ | {"AMTSWEG_HOME": str(self.settings.home)} | environ,
            log=log_of(self.settings, name),
            lines=lines,
        )
        self._children[name] = Child(program=program, say=self.say)
        return self._children[name]


def log_of(settings: Settings, name: str) -> Path:
    """Where a child's words go."""
    return settings.logs_folder / f"{name}.log"


async def until_door_answers(settings: Settings) -> None:
    """Raises ChildNotReady when it takes too long."""
    url = f"http://{settings.host}:{settings.port}/health/ready"
    async with httpx.AsyncClient(trust_env=False) as client:
        await _until("door", settings, lambda: _answers(client, url))


async def until_specialist_answers(settings: Settings, port: int) -> None:
    """Raises ChildNotReady when it takes too long."""
    url = f"http://127.0.0.1:{port}/_sandbox"
    async with httpx.AsyncClient(trust_env=False) as client:
        await _until("specialist", settings, lambda: _answers(client, url))


async def until_fitconnect_answers(settings: Settings) -> None:
    """Its first start makes keys. Raises ChildNotReady when it takes too long."""
    url = f"http://127.0.0.1:{settings.fitconnect_port}/_sandbox"
    async with httpx.AsyncClient(trust_env=False) as client:
        await _until("fitconnect", settings, lambda: _answers(client, url))


async def until_worker_lives(
    settings: Settings, database: Database, before: tuple[LivingWorker, ...]
) -> None:
    """One that was not there before. Raises ChildNotReady when it takes too long."""
    known = {worker.id for worker in before}

    async def registered() -> bool:
        return any(one.id not in known for one in await living_workers(database))

    await _until("worker", settings, registered)


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).is_success
    except httpx.TransportError:
        return False


async def _until(
    name: str, settings: Settings, holds: Callable[[], Awaitable[bool]]
) -> None:
    try:
        async with asyncio.timeout(_START_SECONDS):
            while not await holds():  # noqa: ASYNC110 - another process
                await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError as error:
        raise ChildNotReady(f"{name}; see {log_of(settings, name)}") from error
