"""The few answers of a Prefect server that the engine needs, from memory."""

import asyncio
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from flows.prefect_engine.rest import Address

Body = dict[str, Any]
T = TypeVar("T")


class FakePrefect:
    """Keeps runs; can be away, slow, busy, or refuse."""

    def __init__(self) -> None:
        self.runs: dict[str, Body] = {}
        self.artifacts: list[Body] = []
        self.events: list[Body] = []
        self.pools: list[str] = []
        self.requests: list[str] = []
        self.is_deployed = True
        self.is_away = False
        self.busy_answers = 0
        self.seconds = 0.0
        self.refuses = ""
        """Part of a path that is answered 422."""
        self.loses = ""
        """Path whose next request is served, and whose answer is lost."""

    @property
    def address(self) -> Address:
        return Address(
            url="http://prefect.test/api",
            transport=lambda: httpx.MockTransport(self.answer),
        )

    def named(self, name: str) -> Body:
        (run,) = [run for run in self.runs.values() if run["name"] == name]
        return run

    async def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api")
        self.requests.append(f"{request.method} {path}")
        await asyncio.sleep(self.seconds)
        if self.is_away:
            raise httpx.ConnectError("refused")
        if self.busy_answers:
            self.busy_answers -= 1
            return httpx.Response(503)
        if self.refuses and self.refuses in path:
            return httpx.Response(422)
        body = json.loads(request.content) if request.content else {}
        answer = self._answers(path)(path, body)
        if path == self.loses:
            self.loses = ""
            message = "closed"
            raise httpx.RemoteProtocolError(message)
        return answer

    def _answers(self, path: str) -> Callable[[str, Any], httpx.Response]:
        match path.strip("/").split("/"):
            case ["deployments", "name", *_]:
                return self._deployment
            case ["deployments", _, "create_flow_run"] | ["flow_runs"]:
                return self._create
            case ["flow_runs", "filter"]:
                return self._unfinished
            case ["flow_runs", _, "set_state"]:
                return self._set_state
            case ["work_pools", "filter"]:
                return self._pools
            case ["work_pools"]:
                return self._make_pool
            case ["artifacts"]:
                return lambda _, body: self._keep(self.artifacts, [body])
            case ["events"]:
                return lambda _, body: self._keep(self.events, body)
            case _:
                return lambda *_: httpx.Response(404)

    def _deployment(self, _: str, __: Body) -> httpx.Response:
        if not self.is_deployed:
            return httpx.Response(404)
        answer = {"id": "deployment", "flow_id": "flow", "work_pool_name": "pool"}
        return httpx.Response(200, json=answer)

    def _create(self, _: str, body: Body) -> httpx.Response:
        for run in self.runs.values():
            if run["idempotency_key"] == body["idempotency_key"]:
                return httpx.Response(200, json=run)
        moment = datetime.now(UTC).isoformat()
        run = {"id": str(uuid.uuid4()), "expected_start_time": moment} | body
        self.runs[run["id"]] = run
        return httpx.Response(201, json=run)

    def _set_state(self, path: str, body: Body) -> httpx.Response:
        self.runs[path.split("/")[2]]["state"] = body["state"]
        return httpx.Response(200, json={})

    def _unfinished(self, _: str, body: Body) -> httpx.Response:
        wanted = body["flow_runs"]
        states = wanted["state"]["type"]["any_"]
        before = wanted["expected_start_time"]["before_"]
        found = [
            run
            for run in self.runs.values()
            if run["state"]["type"] in states and run["expected_start_time"] <= before
        ]
        return httpx.Response(200, json=found[: body["limit"]])

    def _pools(self, _: str, body: Body) -> httpx.Response:
        wanted = body["work_pools"]["name"]["any_"]
        found = [{"name": name} for name in self.pools if name in wanted]
        return httpx.Response(200, json=found)

    def _make_pool(self, _: str, body: Body) -> httpx.Response:
        if body["name"] in self.pools:
            return httpx.Response(409)
        return self._keep(self.pools, [body["name"]])

    def _keep(self, kept: list[T], new: list[T]) -> httpx.Response:
        kept.extend(new)
        return httpx.Response(201, json={})
