"""A whole door on fakes, and somebody who knocks."""

import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
from fastapi import FastAPI

from adapters.base import Finding
from api.app import create_app
from api.callbacks import Callbacks
from api.door import Door
from api.intake.limits import DoorLimits
from schemas.ids import (
    OfficeId,
    SenderId,
    ServiceId,
    ServiceKey,
    SnapshotHash,
    StepName,
)
from schemas.scope import DEFAULT_TENANT
from schemas.services import Configuration, Order, Service, Snapshot
from storage.ports import SenderToken
from tests.fakes.door import (
    GlassVault,
    MemoryCases,
    MemoryIntake,
    MemoryTokens,
    StandingClock,
)

WOHNGELD = ServiceKey("99107023017000")
HUNDESTEUER = ServiceKey("99102008012000")
UNKNOWN_SERVICE = ServiceKey("99999999999999")
TOKEN = "amtsweg_" + "a" * 32
OTHER_TOKEN = "amtsweg_" + "b" * 32
NARROW_TOKEN = "amtsweg_" + "c" * 32
SENDER = SenderId("formserver")
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<antrag>Müller</antrag>'.encode()
BOUNDARY = "grenze"
SUBMISSIONS = "/api/v1/submissions"


def service(key: ServiceKey, office: str) -> Service:
    return Service(
        key=key,
        name="Leistung",
        tenant=DEFAULT_TENANT,
        office=OfficeId(office),
        process=(StepName("check"),),
        destinations=(),
        deadline=timedelta(days=30),
        retention_class="standard",
        order=Order.RECEIPT,
    )


def sender_token(**changes: frozenset[str]) -> SenderToken:
    return SenderToken(
        tenant=DEFAULT_TENANT,
        sender=SENDER,
        offices=frozenset(map(OfficeId, changes.get("offices", ()))),
        services=frozenset(map(ServiceKey, changes.get("services", ()))),
    )


SERVICES = {
    one.id: one
    for one in (service(WOHNGELD, "wohngeld"), service(HUNDESTEUER, "steuern"))
}
CONFIGURATION = Configuration(services=SERVICES, destinations={})


def glass_snapshots(configuration: Configuration) -> dict[ServiceId, Snapshot]:
    """One of each service, in which nothing stands."""
    return {
        (tenant, key): Snapshot(
            hash=SnapshotHash(f"{key}{tenant}".ljust(64, "0")), body=b"{}"
        )
        for tenant, key in configuration.services
    }


@dataclass
class Doorstep:
    """The fakes behind a door, and what came of knocking."""

    limits: DoorLimits = field(default_factory=DoorLimits)
    vault: GlassVault = field(default_factory=GlassVault)
    tokens: MemoryTokens = field(default_factory=MemoryTokens)
    cases: MemoryCases = field(default_factory=MemoryCases)
    clock: StandingClock = field(default_factory=StandingClock)
    configuration: Configuration = CONFIGURATION
    findings: tuple[Finding, ...] = ()
    woken: int = 0
    callbacks: Callbacks | None = None
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.intake = MemoryIntake(self.cases)

    def door(self) -> Door:
        return Door(
            intake=self.intake,
            cases=self.cases,
            tokens=self.tokens,
            vault=self.vault,
            configuration=self.configuration,
            snapshots=glass_snapshots(self.configuration),
            clock=self.clock,
            random_bytes=os.urandom,
            wake=self.wake,
            ready=self.ready,
            limits=self.limits,
            callbacks=self.callbacks,
            monotonic=lambda: self.seconds,
        )

    async def app(self) -> FastAPI:
        await self.tokens.create(sender_token(), TOKEN)
        other = SenderToken(
            tenant=DEFAULT_TENANT,
            sender=SenderId("anderer"),
            offices=frozenset(),
            services=frozenset(),
        )
        await self.tokens.create(other, OTHER_TOKEN)
        narrow = sender_token(offices=frozenset({"steuern"}))
        await self.tokens.create(narrow, NARROW_TOKEN)
        return create_app(self.door())

    def wake(self) -> None:
        self.woken += 1

    async def ready(self) -> tuple[Finding, ...]:
        return self.findings

    def is_untouched(self) -> bool:
        """Whether nothing is stored, under way, handed over or announced."""
        return self.vault.is_empty() and not self.intake.arrivals and not self.woken


def headers(**changes: str | None) -> dict[str, str]:
    """Headers of a good XML submission; ``None`` leaves one out."""
    good: dict[str, str | None] = {
        "authorization": f"Bearer {TOKEN}",
        "amtsweg-service": WOHNGELD,
        "idempotency-key": "k-1",
        "content-type": "application/xml",
    }
    good |= {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in good.items() if value is not None}


def part(header: str, content: bytes) -> bytes:
    return header.encode() + b"\r\n\r\n" + content


def main_part(content: bytes = XML, media_type: str = "application/xml") -> bytes:
    disposition = 'Content-Disposition: form-data; name="main"'
    return part(f"{disposition}\r\nContent-Type: {media_type}", content)


def attachment(filename: str = "beleg.pdf", content: bytes = b"%PDF-1.7") -> bytes:
    disposition = (
        f'Content-Disposition: form-data; name="attachment"; filename="{filename}"'
    )
    return part(f"{disposition}\r\nContent-Type: application/pdf", content)


def multipart(*parts: bytes, boundary: str = BOUNDARY) -> bytes:
    line = b"--" + boundary.encode()
    body = b"".join(line + b"\r\n" + each + b"\r\n" for each in parts)
    return body + line + b"--\r\n"


def form_headers(**changes: str | None) -> dict[str, str]:
    changes.setdefault("content_type", f"multipart/form-data; boundary={BOUNDARY}")
    return headers(**changes)


async def pieces(body: bytes, size: int = 7) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def client(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://door")


async def post(
    step: Doorstep,
    body: bytes | AsyncIterator[bytes] = XML,
    given: Mapping[str, str] | list[tuple[str, str]] | None = None,
    *,
    query: str = "",
) -> httpx.Response:
    async with client(await step.app()) as knocking:
        return await knocking.post(
            SUBMISSIONS + query,
            content=body,
            headers=headers() if given is None else given,
        )


async def get(step: Doorstep, path: str, token: str = TOKEN) -> httpx.Response:
    async with client(await step.app()) as knocking:
        return await knocking.get(path, headers={"authorization": f"Bearer {token}"})


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    """The shape every refusal has."""
    document = answer.json()
    assert (answer.status_code, document["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert document["type"] == f"urn:amtsweg:problem:{code}"
    assert document["status"] == status
    assert all(document[name] for name in ("title", "detail", "instance", "next"))


async def refused(
    body: bytes,
    given_headers: dict[str, str],
    *,
    status: int,
    code: str,
    limits: DoorLimits | None = None,
) -> Doorstep:
    """Send it whole and in pieces; nothing may be left behind either way."""
    step = Doorstep(limits=limits or DoorLimits())
    for sent in (body, pieces(body, 13)):
        answer = await post(step, sent, given_headers)

        assert_problem(answer, status, code)
        assert step.is_untouched()
    return step
