"""Prefect's processes as children of ``amtsweg up``: start, readiness, stop."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import structlog

from flows.prefect_engine.rest import Address, PrefectApi
from flows.prefect_settings import (
    POOL,
    api_url,
    client_environment,
    merged,
    server_environment,
)
from schemas.errors import PrefectAway, PrefectNotStarted

_log = structlog.get_logger(__name__)
_READY_SECONDS: Final = 90.0
"""The first start makes the server's database: 15 s on two busy cores."""
_COMMAND_SECONDS: Final = 90.0
_POOL_TRIES: Final = 5
_LOOK_SECONDS: Final = 0.1
_STOP_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 1.0
_HEALTHY: Final = "true"


@dataclass(frozen=True, kw_only=True, slots=True)
class PrefectSite:
    """Where Prefect's processes run and what they are told."""

    home: Path
    """AMTSWEG_HOME."""
    logs: Path
    root: Path
    """The folder of prefect.yaml; entry points in it are relative."""
    port: int
    environment: Mapping[str, str]
    """What the processes inherit."""
    auth: str = ""

    @property
    def url(self) -> str:
        """Of the server's API."""
        return api_url(self.port)

    @property
    def address(self) -> Address:
        """For whoever talks to it."""
        return Address(url=self.url, auth=self.auth)


class Child:
    """A process of Prefect's with its whole process group."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self.log = log

    @property
    def pid(self) -> int:
        """Of the process; its group has the same number."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """By itself, or stopped."""
        return self._process.returncode is not None

    async def wait(self) -> int:
        """Until it ends; its exit code."""
        return await self._process.wait()

    async def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """Ask the process to end, then end its group whatever it does."""
        self._signal_group(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._process.wait()
        self._signal_group(signal.SIGKILL)
        await self._process.wait()

    def _signal_group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


async def start_server(site: PrefectSite) -> Child:
    """Start ``prefect server`` and wait until it answers. Raises PrefectNotStarted."""
    environment = server_environment(site.home, site.port, auth=site.auth)
    child = await _spawn(
        site,
        "prefect-server",
        ("server", "start"),
        merged(site.environment, environment),
    )
    try:
        await _until_ready(child, site.url)
    except BaseException:
        await child.stop()
        raise
    return child


async def deploy(site: PrefectSite) -> None:
    """Tell the server what operators can start.

    Raises PrefectNotStarted, PrefectAway, PrefectRefused.
    """
    await _make_pool(site)
    await _run(site, ("--no-prompt", "deploy", "--all"))


async def start_ops_worker(site: PrefectSite, *, once: bool = False) -> Child:
    """Start ``prefect worker``, which runs the operators' flows as processes.

    ``once``: it looks once, runs what is due to its end, and ends itself.
    """
    options = ("--run-once",) if once else ()
    command = ("worker", "start", "--pool", POOL, "--type", "process", *options)
    return await _spawn(site, "prefect-worker", command, _client_side(site))


@asynccontextmanager
async def prefect_running(site: PrefectSite) -> AsyncIterator[tuple[Child, Child]]:
    """Server and ops worker with everything deployed; both stopped at the end."""
    server = await start_server(site)
    try:
        await deploy(site)
        worker = await start_ops_worker(site)
        try:
            yield server, worker
        finally:
            await worker.stop()
    finally:
        await server.stop()


async def _make_pool(site: PrefectSite) -> None:
    """By two requests: Prefect's command for it takes seconds to load."""
    async with PrefectApi(site.address) as api:
        for _ in range(_POOL_TRIES):
            # It has only just started, and may be too busy to answer in time.
            with contextlib.suppress(PrefectAway):
                return await api.make_pool(POOL)
        return await api.make_pool(POOL)


async def _run(site: PrefectSite, command: tuple[str, ...]) -> None:
    child = await _spawn(site, "prefect-deploy", command, _client_side(site))
    try:
        async with asyncio.timeout(_COMMAND_SECONDS):
            code = await child.wait()
    except BaseException:
        await child.stop()
        raise
    if code:
        raise PrefectNotStarted(str(child.log))


def _client_side(site: PrefectSite) -> dict[str, str]:
    return merged(
        site.environment, client_environment(site.home, site.url, auth=site.auth)
    )


async def _spawn(
    site: PrefectSite,
    name: str,
    command: tuple[str, ...],
    environment: Mapping[str, str],
) -> Child:
    site.logs.mkdir(parents=True, exist_ok=True)
    path = site.logs / f"{name}.log"
    with path.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "flows.prefect_child",
            str(os.getpid()),
            *command,
            cwd=site.root,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-C is for whoever started it, who stops it in its order.
            start_new_session=True,
        )
    _log.info("prefect_process_started", process=name, pid=process.pid)
    return Child(process, path)


async def _until_ready(child: Child, url: str) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    async with httpx.AsyncClient(trust_env=False, timeout=_ANSWER_SECONDS) as client:
        while time.monotonic() < deadline and not child.has_ended:
            with contextlib.suppress(httpx.HTTPError):
                answer = await client.get(f"{url}/health")
                # Not whoever else may have come to its port meanwhile.
                if answer.is_success and answer.text == _HEALTHY:
                    return
            await asyncio.sleep(_LOOK_SECONDS)
    raise PrefectNotStarted(str(child.log))
