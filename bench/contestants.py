"""The two that run against each other: the engine, and the straight line."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import asyncpg

from bench.district import configure
from bench.stage import TOKEN, Stage, free_port, listens
from tests.counterparts.postgres import as_asyncpg

_AMTSWEG: Final = ["-m", "api.cli"]
_WITHOUT_PREFECT: Final = "engine without Prefect"
_DESTINATION: Final = """id = "fachverfahren"
name = "Fachverfahren"
adapter = "http"
max_parallel = 16
[mapping]
path = "/antraege"
body = "main"
[connection]
base_url = "http://127.0.0.1:{port}"
auth = "none"
certainty = "idempotent"
receipt_path = "/antraege/{{delivery_id}}"
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contestant:
    """What is measured: where its door is, and where its cases are."""

    name: str
    door: str
    database: str


async def prepare(stage: Stage) -> int:
    """A token, a counter and a specialist system; its port."""
    connection = await asyncpg.connect(as_asyncpg(stage.postgres.url))
    try:
        await connection.execute(
            "INSERT INTO tokens"
            " (tenant_id, office_id, hash, sender, services, offices, created_at)"
            " VALUES ('standard', '*', $1, 'formserver', '[]', '[]', now())",
            hashlib.sha256(TOKEN.encode()).hexdigest(),
        )
        await connection.execute(
            "INSERT INTO counters VALUES (extract(year FROM now()), 0)"
        )
    finally:
        await connection.close()
    port = free_port()
    stage.start(
        "specialist",
        ["-m", "api.cli", "sandbox", "specialist", "--port", str(port)],
        ready=listens(port),
    )
    return port


def straight_line(stage: Stage, specialist: int) -> Contestant:
    """Two bare programs."""
    url, folder, door = stage.postgres.url, str(stage.folder), free_port()
    program = ["-m", "bench.straight_line"]
    stage.start(
        "door", [*program, "serve", url, folder, str(door)], ready=listens(door)
    )
    address = f"http://127.0.0.1:{specialist}"
    stage.start("worker", [*program, "work", url, folder, address])
    return Contestant(name="straight", door=f"http://127.0.0.1:{door}", database=url)


def engine(stage: Stage, specialist: int, *, prefect: str = "") -> Contestant:
    """Door and worker as people start them; with Prefect where its URL is given."""
    door = free_port()
    stage.shared = _environment(stage, specialist, door, prefect)
    stage.start(
        "door", [*_AMTSWEG, "serve"], ready=listens(door), environment=stage.shared
    )
    return engine_worker(stage, tasks=True)


def engine_worker(stage: Stage, *, tasks: bool) -> Contestant:
    """The worker of an engine whose door is open."""
    shows = {"AMTSWEG_PREFECT_TASKS": str(tasks)}
    stage.start("worker", [*_AMTSWEG, "work"], environment={**stage.shared, **shows})
    return Contestant(
        name="engine" if stage.shared["AMTSWEG_PREFECT_URL"] else _WITHOUT_PREFECT,
        door=f"http://127.0.0.1:{stage.shared['AMTSWEG_PORT']}",
        database=stage.postgres.url,
    )


def _environment(
    stage: Stage, specialist: int, door: int, prefect: str
) -> Mapping[str, str]:
    config = stage.folder / "config"
    place = {"destinations/fachverfahren.toml": _DESTINATION.format(port=specialist)}
    configure(config, "fachverfahren", place)
    return {
        "AMTSWEG_HOME": str(stage.folder / "home"),
        "AMTSWEG_CONFIG": str(config),
        "AMTSWEG_DATABASE_URL": stage.postgres.url,
        "AMTSWEG_PORT": str(door),
        "AMTSWEG_PREFECT_URL": prefect,
    }
