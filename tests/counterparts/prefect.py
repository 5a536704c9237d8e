"""One Prefect server for a whole test run, and a look into what it keeps."""

import asyncio
import os
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterator,
)
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import pytest

from flows.prefect_engine.circuit import SKIP_SECONDS
from flows.prefect_engine.engine import PrefectEngine
from flows.prefect_engine.rest import Address
from flows.prefect_server import (
    Child,
    PrefectSite,
    deploy,
    start_ops_worker,
    start_server,
)
from flows.prefect_settings import prefect_home
from tests.counterparts.ports import free_ports

ROOT: Final = Path(__file__).resolve().parents[2]
FINAL: Final = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
_SEEN_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.1
_BUSY_TRIES: Final = 10

Answer = TypeVar("Answer")
Found = dict[str, Any]


class PrefectCounterpart:
    """A server of our own with everything deployed; may be held, killed, restarted."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="amtsweg-prefect-server-"))
        self.site = PrefectSite(
            home=self.home,
            logs=self.home / "log",
            root=ROOT,
            port=free_ports(1)[0],
            environment=os.environ | {"AMTSWEG_HOME": str(self.home)},
        )
        # Processes belong to a loop that outlives the tests'.
        self._thread = ThreadPoolExecutor(1, "prefect")
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._server: Child | None = None
        self._ops_worker: Child | None = None

    @property
    def address(self) -> Address:
        """For engines."""
        return self.site.address

    def start(self) -> None:
        """Also after ``kill``: on the same port with the same database."""
        self._server = self._run(start_server(self.site))

    def deploy(self) -> None:
        """As ``amtsweg up`` does; what the database is then is kept."""
        self._run(deploy(self.site))
        with (
            closing(sqlite3.connect(self._database)) as ours,
            closing(sqlite3.connect(self._new)) as kept,
        ):
            ours.backup(kept)

    def run_what_is_scheduled(self) -> None:
        """What people have started in Prefect's pages, by an ops worker."""
        self._ops_worker = self._run(start_ops_worker(self.site, once=True))
        self._run(self._ops_worker.wait())

    def hold(self) -> None:
        """It accepts connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def let_go(self) -> None:
        """It goes on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """As kill -9 does."""
        self._signal(signal.SIGKILL)
        if self._server is not None:
            self._run(self._server.wait())

    def close(self) -> None:
        """Stop everything and remove it."""
        for child in (self._ops_worker, self._server):
            if child is not None:
                self._run(child.stop())
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()
        shutil.rmtree(self.home, ignore_errors=True)

    async def ask(self, method: str, path: str, body: Found | None = None) -> Any:  # noqa: ANN401 - JSON
        """One request to its API; again while its SQLite is busy, as its clients do."""
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            for _ in range(_BUSY_TRIES):
                answer = await client.request(method, self.site.url + path, json=body)
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    break
                await asyncio.sleep(1)
            answer.raise_for_status()
            return answer.json() if answer.content else None

    async def runs_tagged(
        self, tag: str, *, states: Collection[str] = FINAL, count: int = 1
    ) -> list[Found]:
        """All runs with a tag, once so many of them are in one of these states."""
        body: Found = {
            "flow_runs": {"tags": {"all_": [tag]}},
            "sort": "EXPECTED_START_TIME_ASC",
        }

        async def look() -> list[Found]:
            found: list[Found] = await self.ask("POST", "/flow_runs/filter", body)
            there = [run for run in found if run["state_type"] in states]
            return found if len(there) >= count else []

        return await eventually(look)

    async def run_tagged(self, tag: str, *, states: Collection[str] = FINAL) -> Found:
        """The only run with a tag, once it is in one of these states."""
        (run,) = await self.runs_tagged(tag, states=states)
        return run

    async def tasks_of(self, run: str, *, ended: int) -> dict[str, Found]:
        """Task runs by name, once so many have ended."""
        body: Found = {"flow_runs": {"id": {"any_": [run]}}}

        async def look() -> dict[str, Found]:
            found: list[Found] = await self.ask("POST", "/task_runs/filter", body)
            over = sum(task["state_type"] in FINAL for task in found)
            return {task["name"]: task for task in found} if over >= ended else {}

        return await eventually(look)

    async def artifacts_of(self, run: str) -> list[str]:
        """What artifacts of a run say."""
        body: Found = {"artifacts": {"flow_run_id": {"any_": [run]}}}
        found: list[Found] = await self.ask("POST", "/artifacts/filter", body)
        return [artifact["data"] for artifact in found]

    def columns_with(self, text: str) -> set[str]:
        """Every ``table.column`` of its database in which a text stands."""
        uri = f"file:{self._database}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return {
                f"{table}.{column}"
                for table, column in _columns(connection)
                if _holds(connection, table, column, text)
            }

    def give_new_database(self, home: Path) -> None:
        """One that no run is in yet, for a server of another installation."""
        there = prefect_home(home)
        there.mkdir(parents=True, mode=0o700)
        shutil.copy(self._new, there / self._database.name)

    @property
    def _database(self) -> Path:
        return prefect_home(self.home) / "prefect.db"

    @property
    def _new(self) -> Path:
        return self.home / "new.db"

    def _signal(self, number: signal.Signals) -> None:
        assert self._server is not None
        os.kill(self._server.pid, number)

    def _run(self, work: Coroutine[object, object, Answer]) -> Answer:
        return self._thread.submit(self._runner.run, work).result()


async def eventually(look: Callable[[], Awaitable[Answer]]) -> Answer:
    """What looking finds, as soon as it finds something."""
    async with asyncio.timeout(_SEEN_SECONDS):
        while not (found := await look()):  # noqa: ASYNC110 - it is no event of ours
            await asyncio.sleep(_LOOK_SECONDS)
    return found


@asynccontextmanager
async def running_engine(
    server: PrefectCounterpart, *, skip_seconds: float = SKIP_SECONDS
) -> AsyncIterator[PrefectEngine]:
    """An engine that has heard from the server."""
    engine = PrefectEngine(server.address, skip_seconds=skip_seconds)
    await engine.start()
    try:
        await is_ready(engine)
        yield engine
    finally:
        await engine.stop()


async def is_ready(engine: PrefectEngine) -> None:
    """Wait until it has heard from the server."""

    async def look() -> bool:
        return engine.is_ready

    await eventually(look)


def _columns(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return [
        (table, column[1])
        for (table,) in tables.fetchall()
        for column in connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    ]


def _holds(connection: sqlite3.Connection, table: str, column: str, text: str) -> bool:
    found = connection.execute(
        f'SELECT 1 FROM "{table}"'
        f' WHERE instr(CAST("{column}" AS BLOB), CAST(? AS BLOB)) LIMIT 1',
        (text,),
    )
    return found.fetchone() is not None


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[PrefectCounterpart]:
    """Files that use it stand in tests/scheduling.py, so that it is one."""
    counterpart = PrefectCounterpart()
    try:
        counterpart.start()
        counterpart.deploy()
        yield counterpart
    finally:
        counterpart.close()
