"""A tiny delivery service for senders, whose every step a test holds in its hand."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx

from adapters.base import DeliveryNotes, Surroundings
from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.events.tokens import (
    SET_SCHEMA,
    EventProblem,
    Kind,
    SetClaims,
    make_claims,
)
from adapters.fitconnect.jose.algorithms import PRESCRIBED, Algorithms
from adapters.fitconnect.jose.jws import sign
from adapters.fitconnect.outbox.adapter import FitConnectOutbox
from adapters.fitconnect.outbox.parsing import parse_connection
from adapters.memory import MemoryNotes
from schemas.fields import Fields
from schemas.ids import DeliveryId
from schemas.services import Setting
from tests.clocks import TestClock
from tests.fakes.fitconnect_api import HOST, problem, surroundings, token_answer
from tests.fitconnect_keys import jwk_of, key_for

DESTINATION: Final = "0a3f1c52-93ad-4d36-8f6e-2f6b0a1d9c11"
SERVICE: Final = "urn:de:fim:leika:leistung:99107023017000"
SCHEMA: Final = "urn:example:wohngeld:1.0"
BASE: Final = f"{HOST}/submission-api"
MAPPING: Final[dict[str, Setting]] = {"destination": DESTINATION, "schema": SCHEMA}

Step = Callable[[str], Awaitable[None]]


@dataclass(kw_only=True)
class Kept:
    """A submission as the service has it."""

    case: str
    announced: tuple[str, ...]
    body: Mapping[str, str] = field(default_factory=dict)
    """What was submitted beside the attachments."""
    attachments: dict[str, str] = field(default_factory=dict)
    tags: Tags | None = None
    deleted: bool = False
    events: list[str] = field(default_factory=list)


class TinyService:
    """Announces, takes, submits and proves, at once and without a network."""

    def __init__(self, clock: TestClock, algorithms: Algorithms = PRESCRIBED) -> None:
        """``algorithms`` are those of its own keys and of the destination's."""
        self.clock = clock
        self.algorithms = algorithms
        self.submissions: dict[str, Kept] = {}
        self.description: dict[str, Any] = {
            "destinationId": DESTINATION,
            "status": "active",
            "encryptionKid": jwk_of("destination")["kid"],
            "metadataVersions": ["1.0.0", "2.1.0"],
            "publicServices": [
                {
                    "identifier": SERVICE,
                    "submissionSchemas": [
                        {"schemaUri": SCHEMA, "mimeType": "application/xml"}
                    ],
                }
            ],
        }
        self.key: dict[str, object] = dict(jwk_of("destination", algorithms))
        self.hidden = 0
        """So many looks at a log miss its newest event."""

    @property
    def visible(self) -> list[str]:
        """What the recipient can see."""
        return [one for one, kept in self.submissions.items() if kept.tags]

    def pass_a_day(self) -> None:
        """Whatever is incomplete is deleted."""
        for submission, kept in self.submissions.items():
            if kept.tags is None and not kept.deleted:
                kept.deleted = True
                self._log(submission, Kind.DELETE)

    def reject(self, submission: str, *, type_: str = "") -> None:
        """As the recipient does it."""
        prefix = "https://schema.fitko.de/fit-connect/events/problems/"
        found = EventProblem(type=type_ or f"{prefix}technical-error", instance="other")
        self._log(submission, Kind.REJECT, problems=(found,))

    def accept(self, submission: str, tags: Tags | None = None) -> None:
        """As the recipient does it."""
        proved = tags or self.submissions[submission].tags
        self._log(submission, Kind.ACCEPT, tags=proved)

    def reply(self, submission: str) -> None:
        """The recipient answers within the case."""
        kept = self.submissions[submission]
        said = SetClaims(
            id=str(uuid4()),
            issuer=BASE,
            submission="",
            reply=str(uuid4()),
            case=kept.case,
            kind="submit-reply",
            at=self.clock.now(),
        )
        key = key_for("service", self.algorithms)
        kept.events.append(sign(key, make_claims(said)).decode())

    def answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        """Do what is asked."""
        path = request.url.path.removeprefix("/submission-api").split("/")[1:]
        match request.method, path:
            case "POST", ["token"]:
                return token_answer()
            case "GET", [".well-known", "jwks.json"]:
                return httpx.Response(200, json={"keys": [self._jwk("service")]})
            case "GET", [_, "destinations", str()]:
                return httpx.Response(200, json=self.description)
            case "GET", [_, "destinations", _, "keys", str(kid)]:
                name = "sign-destination" if self.key["kid"] != kid else ""
                return httpx.Response(200, json=self._jwk(name) if name else self.key)
            case "POST", [_, "submissions"]:
                return self._announce(json.loads(body))
            case "PUT", [_, "submissions", str(one), "attachments", str(part)]:
                return self._attach(one, part, body)
            case "PUT", [_, "submissions", str(one)]:
                return self._submit(one, json.loads(body))
            case "GET", [_, "cases", str(case), "events"]:
                return self._events(case)
            case _:
                return problem(404, "not-found")

    def _announce(self, body: Mapping[str, Any]) -> httpx.Response:
        submission, case = str(uuid4()), str(uuid4())
        self.submissions[submission] = Kept(
            case=case, announced=tuple(body["announcedAttachments"])
        )
        self._log(submission, Kind.CREATE)
        ids = {"submissionId": submission, "caseId": case}
        return httpx.Response(201, json=ids)

    def _attach(self, submission: str, part: str, body: bytes) -> httpx.Response:
        kept = self.submissions[submission]
        if kept.deleted:
            return problem(404, "submission-not-found")
        if kept.tags:
            return problem(409, "already-submitted")
        assert part in kept.announced
        kept.attachments[part] = body.decode()
        return httpx.Response(204)

    def _submit(self, submission: str, body: Mapping[str, str]) -> httpx.Response:
        kept = self.submissions[submission]
        if kept.deleted:
            return problem(404, "submission-not-found")
        if kept.tags:
            return problem(409, "already-submitted")
        assert set(kept.attachments) == set(kept.announced)
        kept.body = body
        kept.tags = Tags(
            metadata=_tag(body["encryptedMetadata"]),
            data=_tag(body["encryptedData"]),
            attachments={one: _tag(jwe) for one, jwe in kept.attachments.items()},
        )
        self._log(submission, Kind.SUBMIT, tags=kept.tags)
        return httpx.Response(200, json={})

    def _events(self, case: str) -> httpx.Response:
        log = [
            token
            for kept in self.submissions.values()
            if kept.case == case
            for token in kept.events
        ]
        if self.hidden:
            self.hidden -= 1
            log = log[:-1] or log
        body = {"offset": 0, "count": len(log), "totalCount": len(log)}
        return httpx.Response(200, json={**body, "eventLog": log})

    def _log(
        self,
        submission: str,
        kind: Kind,
        *,
        tags: Tags | None = None,
        problems: tuple[EventProblem, ...] = (),
    ) -> None:
        is_theirs = kind in {Kind.ACCEPT, Kind.REJECT}
        kept = self.submissions[submission]
        claims = make_claims(
            SetClaims(
                id=str(uuid4()),
                issuer=DESTINATION if is_theirs else BASE,
                submission=submission,
                case=kept.case,
                kind=kind.value,
                at=self.clock.now(),
                schema=SET_SCHEMA,
                tags=tags,
                problems=problems,
            )
        )
        name = "sign-destination" if is_theirs else "service"
        key = key_for(name, self.algorithms)
        kept.events.append(sign(key, claims).decode())

    def _jwk(self, name: str) -> dict[str, object]:
        return jwk_of(name, self.algorithms)


class Held(httpx.AsyncBaseTransport):
    """One process's way to the service; ``step`` decides about every request."""

    def __init__(self, service: TinyService, step: Step) -> None:
        self._service = service
        self._step = step

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        what = f"{request.method} {request.url.path}"
        await self._step(f"before {what}")
        body = b"".join([chunk async for chunk in request.stream])  # type: ignore[union-attr]
        answer = self._service.answer(request, body)
        await self._step(f"after {what}")
        return answer


class HeldNotes:
    """Notes as one process sees them; the store is everybody's."""

    def __init__(self, store: MemoryNotes, step: Step) -> None:
        self._store = store
        self._step = step

    async def read(self, delivery: DeliveryId) -> Mapping[str, str]:
        await self._step("read notes")
        return await self._store.read(delivery)

    async def keep(
        self, delivery: DeliveryId, notes: Mapping[str, str]
    ) -> Mapping[str, str]:
        await self._step("keep notes")
        return await self._store.keep(delivery, notes)


async def go_on(_: str) -> None:
    """Every step is taken at once."""


async def no_pause(_: float) -> None:
    """Time is nobody's here, but others get their turn."""
    await asyncio.sleep(0)


def process(
    service: TinyService,
    store: DeliveryNotes,
    step: Step = go_on,
    transport: httpx.AsyncBaseTransport | None = None,
    **more: Setting,
) -> FitConnectOutbox:
    """A way out as one process has it; ``more`` are settings of the connection."""
    fields = Fields(
        {
            "token_url": f"{HOST}/token",
            "submission_url": BASE,
            "client_id": "client",
            "client_secret": "env:FIT_SECRET",
            **more,
        },
        "connection",
    )
    connection = parse_connection(fields)
    assert not fields.finish()
    around = surroundings(service.clock)
    return FitConnectOutbox(
        connection,
        Surroundings(
            secrets=around.secrets, home=around.home, clock=around.clock, notes=store
        ),
        mapping=MAPPING,
        transport=transport or Held(service, step),
        pause=no_pause,
    )


def _tag(jwe: str) -> str:
    return jwe.rpartition(".")[2]
