"""A Prefect server for a run, as ``amtsweg up`` starts it, but on PostgreSQL."""

import os
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import asyncpg
from sqlalchemy.engine import make_url

from bench.stage import Stage, free_port
from flows.prefect_server import PrefectSite, deploy
from flows.prefect_settings import merged, server_environment
from tests.counterparts.postgres import as_asyncpg

_DATABASE = "prefect"
_ROOT = Path(__file__).resolve().parents[1]


async def prefect_server(stage: Stage) -> str:
    """Start it on a database of its own, deploy, and say where its API is."""
    connection = await asyncpg.connect(as_asyncpg(stage.postgres.url))
    try:
        await connection.execute(f"CREATE DATABASE {_DATABASE}")
    finally:
        await connection.close()
    home, port = stage.folder / "home", free_port()
    database = make_url(stage.postgres.url).set(database=_DATABASE)
    address = database.render_as_string(hide_password=False)
    settings = server_environment(home, port) | {
        "PREFECT_API_DATABASE_CONNECTION_URL": address,
    }
    site = PrefectSite(
        home=home, logs=stage.folder, root=_ROOT, port=port, environment=os.environ
    )
    stage.start(
        "prefect",
        ["-m", "prefect", "server", "start"],
        ready=_answers(f"{site.url}/health"),
        environment=merged(os.environ, settings),
    )
    await deploy(site)
    return site.url


def _answers(url: str) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            with urlopen(url, timeout=1) as answer:  # noqa: S310 - our own server
                return bool(answer.status == 200)
        except OSError:
            return False

    return ready
