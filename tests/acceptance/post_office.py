"""An installation that fetches from a FIT-Connect of the test's own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.wiring import work
from schemas.cases import Case
from storage.cases import SqlCases
from storage.database import Database
from storage.settings import read_settings
from tests.command_line import CommandLine, install
from tests.counterparts.fitconnect import Pointed
from tests.counterparts.fitconnect_party import Party
from tests.house import SCOPE

POST = "post"


def source_file(sandbox: Pointed, *, version: str = "v2", every: int = 5) -> str:
    """``sources/post.toml`` for its main destination."""
    return f"""
id = "{POST}"
name = "Zustellpunkt des Kreises"
adapter = "fitconnect"
poll_every = {every}

[connection]
version = "{version}"
token_url = "{sandbox.token_url}"
submission_url = "{sandbox.base_url}"
destination = "{sandbox.destination}"
client_id = "{sandbox.subscriber.client_id}"
client_secret = "env:TEST_FIT_SECRET"
decryption_keys = ["file:{sandbox.decryption_key}"]
signing_key = "file:{sandbox.signing_key}"
callback_secret = "env:TEST_FIT_CALLBACK"
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class PostOffice:
    """The installation, the sandbox, and somebody who sends."""

    line: CommandLine
    sandbox: Pointed
    sender: Party

    async def cases(self) -> list[Case]:
        """The oldest first."""
        database = Database(self.line.url)
        try:
            found = await SqlCases(database).list(SCOPE, limit=10_000)
        finally:
            await database.close()
        return list(found)[::-1]

    @asynccontextmanager
    async def working(self, workers: int = 1) -> AsyncIterator[None]:
        """Workers as they are composed."""
        stop = asyncio.Event()
        settings = read_settings()
        tasks = [asyncio.create_task(work(settings, stop)) for _ in range(workers)]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)

    async def submissions_are(self, seconds: float = 60.0, **counted: int) -> None:
        """Until the sandbox has so many in these states, and none in others."""

        async def so_it_is() -> bool:
            return bool((await self.sandbox.state())["submissions"] == counted)

        await until(so_it_is, seconds)

    async def cases_are(self, state: str, count: int, seconds: float = 60.0) -> None:
        """Until so many cases stand there."""

        async def so_it_is() -> bool:
            kinds = [type(case.state).__name__ for case in await self.cases()]
            return kinds == [state] * count

        await until(so_it_is, seconds)


def open_post_office(
    folder: Path,
    url: str,
    sandbox: Pointed,
    monkeypatch: pytest.MonkeyPatch,
    *,
    version: str = "v2",
    every: int = 5,
) -> CommandLine:
    """Write the configuration; secrets stand in the environment."""
    line = install(folder / "home", url, monkeypatch.setenv)
    monkeypatch.setenv("TEST_FIT_SECRET", sandbox.subscriber.client_secret)
    monkeypatch.setenv("TEST_FIT_CALLBACK", sandbox.callback_secret)
    sources = line.home / "config" / "sources"
    sources.mkdir()
    text = source_file(sandbox, version=version, every=every)
    (sources / f"{POST}.toml").write_text(text, encoding="utf-8")
    return line


async def until(is_so: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
    """On a machine that others use too."""
    async with asyncio.timeout(seconds):
        while not await is_so():  # noqa: ASYNC110 - other processes tell nobody
            await asyncio.sleep(0.1)
