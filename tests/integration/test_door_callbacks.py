"""Callbacks at the door: who is believed, and that a callback is only a wish."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from adapters.fitconnect.callbacks import MOST_BYTES, sign_callback
from api.callbacks import BURST, Callbacks, Caller, callers_of
from schemas.errors import SecretMissing
from schemas.ids import DestinationId, TenantId
from schemas.scope import DEFAULT_TENANT
from schemas.secrets import FromEnvironment, SecretReference
from tests.fakes.doorstep import CONFIGURATION, Doorstep, assert_problem, client
from tests.house import destination
from tests.unit.sources.mailroom import POST, source

SECRET = "insecure_unsafe_qHScgrg_kP-R31jHUwp3GkVkGJolvBchz65b74Lzue0"
BODY = b'{"type":"https://schema.fitko.de/fit-connect/submission-api/callbacks/x"}'


@dataclass
class Secrets:
    """What the environment has."""

    values: dict[str, str] = field(default_factory=lambda: {"POST": SECRET})

    def read(self, reference: SecretReference) -> str:
        assert isinstance(reference, FromEnvironment)
        if reference.variable not in self.values:
            raise SecretMissing(str(reference))
        return self.values[reference.variable]


class Somebody:
    """A door that source ``post`` may call, and what it was wished for."""

    def __init__(self) -> None:
        self.wished: list[tuple[TenantId, str]] = []
        caller = Caller(tenant=DEFAULT_TENANT, secret=FromEnvironment(variable="POST"))
        self.step = Doorstep(
            callbacks=Callbacks(
                callers={"post": caller}, secrets=Secrets(), wish=self.wish
            )
        )

    async def wish(self, tenant: TenantId, name: str) -> None:
        self.wished.append((tenant, name))

    async def calls(
        self,
        name: str = "post",
        *,
        body: bytes | AsyncIterator[bytes] = BODY,
        signed: bytes = BODY,
        secret: str = SECRET,
        ago: timedelta = timedelta(0),
        **changed: str,
    ) -> httpx.Response:
        at = self.step.clock.now() - ago
        headers = sign_callback(secret, signed, at=at)
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        async with client(await self.step.app()) as knocking:
            return await knocking.post(
                f"/api/v1/callbacks/fitconnect/{name}", content=body, headers=headers
            )


async def test_a_callback_that_is_believed_is_a_wish() -> None:
    somebody = Somebody()

    answer = await somebody.calls()

    assert answer.status_code == 202
    assert somebody.wished == [(DEFAULT_TENANT, "post")]


async def test_news_of_replies_are_a_wish_like_any_other() -> None:
    somebody = Somebody()
    body = (
        b'{"type":"https://schema.fitko.de/fit-connect/submission-api/callbacks/'
        b'new-replies","replies":[{"replyId":"e9228676-71c5-4c1a-9c83-a308f2f48a3c"}]}'
    )

    answer = await somebody.calls(body=body, signed=body)

    assert answer.status_code == 202
    assert somebody.wished == [(DEFAULT_TENANT, "post")]


async def test_whoever_replays_one_wakes_once_more_and_does_no_harm() -> None:
    somebody = Somebody()

    answers = [await somebody.calls(ago=timedelta(minutes=4)) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert set(somebody.wished) == {(DEFAULT_TENANT, "post")}


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "guessed"},
        {"signed": b"other"},
        {"ago": timedelta(minutes=6)},
        {"ago": -timedelta(minutes=6)},
        {"callback_authentication": ""},
        {"callback_timestamp": "soon"},
    ],
    ids=str,
)
async def test_what_is_not_believed_is_told_nothing(wrong: dict[str, Any]) -> None:
    somebody = Somebody()

    answer = await somebody.calls(**wrong)

    assert_problem(answer, 403, "E-CALLBACK")
    assert answer.json()["detail"] == answer.json()["title"]
    assert somebody.wished == []


async def test_a_name_that_nobody_has_is_nowhere() -> None:
    somebody = Somebody()

    assert_problem(await somebody.calls("other"), 404, "E-NOT-FOUND")
    somebody.step.callbacks = None
    assert_problem(await somebody.calls(), 404, "E-NOT-FOUND")


async def test_a_body_without_an_end_is_cut_off() -> None:
    somebody = Somebody()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MOST_BYTES // 1000 + 2):
            yield b"x" * 1000

    for body in (b"x" * (MOST_BYTES + 1), endless()):
        answer = await somebody.calls(body=body)
        assert_problem(answer, 413, "E-SUBMISSION-TOO-LARGE")
    assert somebody.wished == []


async def test_nobody_calls_more_often_than_anybody_needs() -> None:
    somebody = Somebody()
    app = await somebody.step.app()
    headers = sign_callback(SECRET, BODY, at=somebody.step.clock.now())
    async with client(app) as knocking:

        async def call() -> int:
            path = "/api/v1/callbacks/fitconnect/post"
            answer = await knocking.post(path, content=BODY, headers=headers)
            return answer.status_code

        first = [await call() for _ in range(int(BURST) + 1)]
        somebody.step.seconds += 1.0
        later = await call()

    assert first == [202] * int(BURST) + [429]
    assert later == 202


async def test_a_secret_that_is_not_there_is_ours() -> None:
    somebody = Somebody()
    assert somebody.step.callbacks is not None
    somebody.step.callbacks.secrets.values.clear()  # type: ignore[attr-defined]

    assert_problem(await somebody.calls(), 500, "E-INTERNAL")


def test_sources_and_destinations_with_a_secret_may_call() -> None:
    setting = {"callback_secret": "env:POST"}
    there = replace(destination("bund"), adapter="fitconnect", connection=setting)
    here = replace(source(), adapter="fitconnect", connection=setting)
    plain = replace(source("plain"), adapter="fitconnect")
    other = replace(source("other"), connection=setting)
    configured = replace(
        CONFIGURATION,
        destinations={DestinationId("bund"): there},
        sources={one.id: one for one in (here, plain, other)},
    )

    assert set(callers_of(configured)) == {"bund", POST}
