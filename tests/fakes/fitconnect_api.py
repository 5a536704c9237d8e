"""FIT-Connect's interfaces as a script: what each request is answered with."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx

from adapters.base import Surroundings
from adapters.fitconnect.client.settings import (
    Credentials,
    Environment,
    parse_environment,
)
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.memory import MemoryNotes
from adapters.secrets import MachineSecrets
from schemas.clock import Clock
from schemas.fields import Fields
from schemas.secrets import FromEnvironment
from schemas.services import Setting
from tests.clocks import TestClock

HOST: Final = "https://fit.example.org"
SECRET: Final = "pst"
Act = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def environment(version: str = "v2", **more: Setting) -> Environment:
    """All interfaces on one host."""
    fields = Fields(
        {
            "version": version,
            "token_url": f"{HOST}/token",
            "submission_url": f"{HOST}/submission-api",
            "destination_url": f"{HOST}/destination-api",
            "routing_url": f"{HOST}/routing-api",
            "service_issuers": (f"{HOST}/submission-api",),
            **more,
        }
    )
    parsed = parse_environment(fields)
    assert not fields.finish()
    return parsed


def credentials() -> Credentials:
    return Credentials(
        client_id="client", client_secret=FromEnvironment(variable="FIT_SECRET")
    )


def surroundings(
    clock: Clock, environ: Mapping[str, str] | None = None, home: Path = Path("/")
) -> Surroundings:
    given = {"FIT_SECRET": SECRET} if environ is None else environ
    return Surroundings(
        secrets=MachineSecrets(environ=given, home=home),
        home=home,
        clock=clock,
        notes=MemoryNotes(),
    )


def token_answer(number: int = 1, expires_in: int = 1800) -> httpx.Response:
    return httpx.Response(
        200,
        json={
            "access_token": f"token-{number}",
            "token_type": "Bearer",
            "expires_in": expires_in,
        },
    )


def problem(status: int, name: str = "", title: str = "") -> httpx.Response:
    prefix = "https://schema.fitko.de/fit-connect/submission-api/problems/"
    return httpx.Response(
        status,
        json={"type": prefix + name, "title": title, "status": status, "new": 1},
        headers={"Content-Type": "application/problem+json"},
    )


@dataclass
class ScriptedApi:
    """Answers act by act; pauses of the client take no time."""

    script: deque[Act] = field(default_factory=deque)
    token_script: deque[Act] = field(default_factory=deque)
    requests: list[httpx.Request] = field(default_factory=list)
    token_requests: list[httpx.Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    clock: TestClock = field(default_factory=TestClock)
    closed: int = 0

    def then(self, *acts: Act) -> None:
        self.script.extend(acts)

    def client(
        self,
        version: str = "v2",
        *,
        environ: Mapping[str, str] | None = None,
        **more: Setting,
    ) -> FitConnectClient:
        """``more`` are settings of the environment."""
        return FitConnectClient(
            environment(version, **more),
            credentials(),
            surroundings(self.clock, environ),
            transport=httpx.MockTransport(self._handle),
            pause=self._pause,
        )

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            self.token_requests.append(request)
            number = len(self.token_requests)
            act = (
                self.token_script.popleft()
                if self.token_script
                else token_answer(number)
            )
        else:
            self.requests.append(request)
            act = self.script.popleft() if self.script else httpx.Response(200, json={})
        match act:
            case httpx.Response():
                return act
            case Exception():
                raise act
            case _:
                return act(request)
