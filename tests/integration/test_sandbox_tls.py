"""Deliveries over TLS: whom we trust, who we are, and when that ends."""

import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.base import Finding
from adapters.http import codec
from adapters.http.adapter import HttpOutbox
from adapters.http.sandbox import SpecialistSystem
from schemas.errors import FailureKind
from schemas.outcomes import (
    AttemptOutcome,
    DeliveryConfirmed,
    DeliveryFailed,
    OutcomeUnknown,
)
from tests.counterparts.certificates import Authority, Pem
from tests.integration.test_sandbox_delivery import outbox_to, parcel

REFUSED = DeliveryFailed(kind=FailureKind.AWAY, code=codec.TLS, whole_destination=True)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


@asynccontextmanager
async def serving(
    authority: Authority,
    pem: Pem,
    *,
    asks_clients: bool = False,
    version: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> AsyncIterator[SpecialistSystem]:
    context = authority.server_context(pem, asks_clients=asks_clients)
    context.maximum_version = version
    async with SpecialistSystem(tls=context) as system:
        yield system


def trusting(system: SpecialistSystem, home: Path, authority: Authority) -> HttpOutbox:
    return outbox_to(system.url, home, ca=f"file:{authority.path}")


def with_certificate(
    system: SpecialistSystem, home: Path, authority: Authority, pem: Pem
) -> HttpOutbox:
    return outbox_to(
        system.url,
        home,
        ca=f"file:{authority.path}",
        auth="certificate",
        certificate=f"file:{pem.certificate}",
        key=f"file:{pem.key}",
    )


async def tried(outbox: HttpOutbox) -> tuple[AttemptOutcome, tuple[Finding, ...]]:
    outcome = await outbox.deliver(parcel())
    findings = await outbox.check()
    await outbox.aclose()
    return outcome, findings


def unwell(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.subject.split(",")[0] for finding in findings if not finding.ok]


async def test_a_server_signed_by_the_named_authority_is_trusted(
    authority: Authority, tmp_path: Path
) -> None:
    async with serving(authority, authority.issue("server")) as system:
        outcome, findings = await tried(trusting(system, tmp_path, authority))

    assert isinstance(outcome, DeliveryConfirmed)
    assert unwell(findings) == []
    assert "their certificate" in findings[-1].subject


async def test_a_server_signed_by_somebody_else_gets_nothing(
    authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other")
    async with serving(other, other.issue("server")) as system:
        outcome, findings = await tried(trusting(system, tmp_path, authority))

    assert outcome == REFUSED
    assert unwell(findings) == ["connection"]
    assert system.counts() == {}


async def test_an_expired_server_gets_nothing(
    authority: Authority, tmp_path: Path
) -> None:
    pem = authority.issue("server", valid=timedelta(days=-1))
    async with serving(authority, pem) as system:
        outcome, _ = await tried(trusting(system, tmp_path, authority))

    assert outcome == REFUSED


async def test_a_certificate_that_ends_soon_is_found(
    authority: Authority, tmp_path: Path
) -> None:
    pem = authority.issue("server", valid=timedelta(days=7))
    async with serving(authority, pem) as system:
        outcome, findings = await tried(trusting(system, tmp_path, authority))

    assert isinstance(outcome, DeliveryConfirmed)
    assert unwell(findings) == ["their certificate"]


async def test_our_certificate_speaks_for_us(
    authority: Authority, tmp_path: Path
) -> None:
    server, client = authority.issue("server"), authority.issue("client")
    async with serving(authority, server, asks_clients=True) as system:
        outbox = with_certificate(system, tmp_path, authority, client)
        outcome, findings = await tried(outbox)

    assert isinstance(outcome, DeliveryConfirmed)
    assert unwell(findings) == []


async def test_without_a_certificate_the_handshake_of_tls_1_2_says_so(
    authority: Authority, tmp_path: Path
) -> None:
    server = authority.issue("server")
    async with serving(
        authority, server, asks_clients=True, version=ssl.TLSVersion.TLSv1_2
    ) as system:
        outcome, _ = await tried(trusting(system, tmp_path, authority))

    assert outcome == REFUSED
    assert system.counts() == {}


async def test_without_a_certificate_nothing_is_confirmed(
    authority: Authority, tmp_path: Path
) -> None:
    server = authority.issue("server")
    async with serving(authority, server, asks_clients=True) as system:
        outcome, _ = await tried(trusting(system, tmp_path, authority))

    assert outcome in {REFUSED, OutcomeUnknown(code=codec.BROKEN)}
    assert system.counts() == {}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_renewed_certificate_is_used_without_a_restart(
    authority: Authority, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    expired = authority.issue("client", valid=timedelta(days=-1))
    server = authority.issue("server")
    async with serving(authority, server, asks_clients=True, version=version) as system:
        outbox = with_certificate(system, tmp_path, authority, expired)
        before = await outbox.deliver(parcel())
        findings = await outbox.check()
        fresh = authority.issue("fresh")
        shutil.copy(fresh.certificate, expired.certificate)
        shutil.copy(fresh.key, expired.key)
        await outbox.deliver(parcel("d2"))
        after = await outbox.deliver(parcel("d3"))
        await outbox.aclose()

    assert before in {REFUSED, OutcomeUnknown(code=codec.BROKEN)}
    assert "our certificate" in unwell(findings)
    assert isinstance(after, DeliveryConfirmed)


@pytest.mark.parametrize("lost", ["certificate", "key"])
async def test_a_missing_file_lets_the_destination_wait(
    authority: Authority, tmp_path: Path, lost: str
) -> None:
    client = authority.issue("client")
    {"certificate": client.certificate, "key": client.key}[lost].unlink()
    async with serving(authority, authority.issue("server")) as system:
        outbox = with_certificate(system, tmp_path, authority, client)
        outcome, findings = await tried(outbox)

    assert isinstance(outcome, DeliveryFailed)
    assert (outcome.code, outcome.whole_destination) == ("E-SECRET-MISSING", True)
    assert len(unwell(findings)) == 1


async def test_a_key_that_does_not_fit_lets_the_destination_wait(
    authority: Authority, tmp_path: Path
) -> None:
    client, other = authority.issue("client"), authority.issue("other")
    shutil.copy(other.key, client.key)
    async with serving(authority, authority.issue("server")) as system:
        outbox = with_certificate(system, tmp_path, authority, client)
        outcome, _ = await tried(outbox)

    assert isinstance(outcome, DeliveryFailed)
    assert outcome.code == "E-SECRET-MISSING"


async def test_a_missing_authority_lets_the_destination_wait(
    authority: Authority, tmp_path: Path
) -> None:
    async with serving(authority, authority.issue("server")) as system:
        authority.path.unlink()
        outcome, _ = await tried(trusting(system, tmp_path, authority))

    assert isinstance(outcome, DeliveryFailed)
    assert outcome.code == "E-SECRET-MISSING"
