"""The few requests we make of Prefect's API ourselves, each with a deadline."""

import asyncio
import base64
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self, TypeAlias, TypeVar

import httpx

from flows.prefect_engine.names import DEPLOYMENT, Ending
from schemas.errors import PrefectAway, PrefectNotDeployed, PrefectRefused

T = TypeVar("T")
Answer: TypeAlias = Any
"""JSON as it came; read in the same breath."""
DEADLINE_SECONDS: Final = 2.0
"""Total, for creating a run as for everything else."""
_CONNECT_SECONDS: Final = 2.0
_JSON: Final = {"Content-Type": "application/json"}
_TOO_BUSY: Final = 503
_NOT_THERE: Final = 404
_CLOSED: Final = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
_PAUSES: Final = (0.02, 0.04, 0.08, 0.15, 0.3, 0.6)


class PatientTransport(httpx.AsyncBaseTransport):
    """Repeats at once what the server was too busy for.

    On SQLite the server answers 503 whenever two of its transactions meet, and closes
    the connection; its own client then waits two seconds and more (measured: up to
    seven). Everything we ask for may be asked twice.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport | None = None) -> None:
        self._inner = inner or httpx.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request, repeated for a second while the server is too busy."""
        for pause in _PAUSES:
            try:
                response = await self._inner.handle_async_request(request)
            except _CLOSED:
                pass
            else:
                if response.status_code != _TOO_BUSY:
                    return response
                await response.aread()
                await response.aclose()
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Of one Prefect server."""

    url: str
    """Of its API."""
    auth: str = ""
    """``name:password``; empty: it asks for none."""
    transport: Callable[[], httpx.AsyncBaseTransport] = PatientTransport


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """Where our runs belong."""

    id: str
    flow: str
    pool: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRun:
    """A run as we ask for it; ``key`` makes asking twice harmless."""

    key: str
    name: str
    tags: Sequence[str]
    batch: str
    worker: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UnfinishedRun:
    """A run that is Pending or Running, and who said they would work on it."""

    id: str
    worker: str
    expected: datetime
    """When it was to begin."""


class PrefectApi:
    """Requests to one Prefect server; used within one event loop.

    Every method raises PrefectAway, at the latest after the deadline, and
    PrefectRefused.
    """

    def __init__(self, address: Address) -> None:
        headers = {}
        if address.auth:
            token = base64.b64encode(address.auth.encode()).decode()
            headers["Authorization"] = f"Basic {token}"
        self._client = httpx.AsyncClient(
            base_url=address.url,
            headers=headers,
            transport=address.transport(),
            timeout=httpx.Timeout(DEADLINE_SECONDS, connect=_CONNECT_SECONDS),
        )
        # One by one: on SQLite our requests would only get in each other's way.
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def deployment(self) -> Deployment:
        """Raises PrefectNotDeployed where nobody has deployed ``prefect.yaml``."""
        path = f"/deployments/name/{DEPLOYMENT}"
        return await self._ask("GET", path, None, _deployment_of)

    async def make_pool(self, name: str) -> None:
        """A work pool for processes, where there is none of this name.

        Its first worker says what one of its runs may be told.
        """
        if await self._has_pool(name):
            return
        body = {"name": name, "type": "process"}
        try:
            await self._ask("POST", "/work_pools/", body, _nothing)
        except PrefectRefused:
            # Asked again because the first answer was lost: it is there by now.
            if not await self._has_pool(name):
                raise

    async def create(self, deployment: Deployment, run: NewRun) -> dict[str, Any]:
        """A pending run of the deployment, as Prefect describes it.

        Not by the deployment's own path, which reads before it writes: on SQLite
        every second request was answered 503 (measured).
        """
        body = _described(run, deployment) | {"state": {"type": "PENDING"}}
        return await self._ask("POST", "/flow_runs/", body, dict[str, Any])

    async def record(self, deployment: Deployment, run: NewRun, ending: Ending) -> str:
        """A finished run by one request; its id.

        Where the run exists already (its creation was answered too late, or its
        end was never reported) it is brought to this end.
        """
        state = _state(ending)
        body = _described(run, deployment) | {"state": state}
        known, ended = await self._ask("POST", "/flow_runs/", body, _known_run)
        if not state.items() <= ended.items():
            await self.end(known, ending)
        return known

    async def end(self, run: str, ending: Ending) -> None:
        """Bring a run to its end, whatever state it is in."""
        body = {"state": _state(ending), "force": True}
        await self._ask("POST", f"/flow_runs/{run}/set_state", body, _nothing)

    async def describe(self, run: str, markdown: str) -> None:
        """Give a run its artifact."""
        body = {"type": "markdown", "flow_run_id": run, "data": markdown}
        await self._ask("POST", "/artifacts/", body, _nothing)

    async def send_events(self, events: Sequence[str]) -> None:
        """Events as JSON objects."""
        content = f"[{','.join(events)}]"
        await self._ask("POST", "/events", content, _nothing)

    async def unfinished(
        self, deployment: Deployment, *, before: datetime, limit: int
    ) -> tuple[UnfinishedRun, ...]:
        """Runs that were to begin before a moment and have no end, oldest first."""
        body = {
            "flow_runs": {
                "deployment_id": {"any_": [deployment.id]},
                "state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}},
                "expected_start_time": {"before_": before.isoformat()},
            },
            "sort": "EXPECTED_START_TIME_ASC",
            "limit": limit,
        }
        return await self._ask("POST", "/flow_runs/filter", body, _unfinished_runs)

    async def _has_pool(self, name: str) -> bool:
        body = {"work_pools": {"name": {"any_": [name]}}}
        return await self._ask("POST", "/work_pools/filter", body, bool)

    async def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | str | None,
        read: Callable[[Any], T],
    ) -> T:
        async with _within_deadline(), self._turn:
            if isinstance(body, str):
                response = await self._client.request(
                    method, path, content=body, headers=_JSON
                )
            else:
                response = await self._client.request(method, path, json=body)
            if response.status_code == _NOT_THERE and "/deployments/" in path:
                raise PrefectNotDeployed
            if response.is_client_error:
                raise PrefectRefused(str(response.status_code))
            response.raise_for_status()
            return read(response.json() if response.content else None)


@asynccontextmanager
async def _within_deadline() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            yield
    except TimeoutError as error:
        raise PrefectAway from error
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise PrefectAway(type(error).__name__) from error


def _described(run: NewRun, deployment: Deployment) -> dict[str, Any]:
    return {
        "flow_id": deployment.flow,
        "deployment_id": deployment.id,
        # Somebody who retries it shall find a worker that says so: nothing to do.
        "work_pool_name": deployment.pool or None,
        "name": run.name,
        "tags": list(run.tags),
        "parameters": {"batch": run.batch, "worker": run.worker},
        "idempotency_key": run.key,
    }


def _state(ending: Ending) -> dict[str, str]:
    return {
        "type": ending.verdict.value,
        "name": ending.name,
        "message": ending.message,
    }


def _deployment_of(answer: Answer) -> Deployment:
    return Deployment(
        id=answer["id"],
        flow=answer["flow_id"],
        pool=answer["work_pool_name"] or "",
    )


def _known_run(answer: Answer) -> tuple[str, dict[str, Any]]:
    return answer["id"], answer["state"] or {}


def _unfinished_runs(answer: Answer) -> tuple[UnfinishedRun, ...]:
    return tuple(
        UnfinishedRun(
            id=run["id"],
            worker=str(run["parameters"].get("worker") or ""),
            expected=datetime.fromisoformat(run["expected_start_time"]),
        )
        for run in answer
    )


def _nothing(_: object) -> None:
    return
