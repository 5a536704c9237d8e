"""Looks at a destination without delivering: secrets, certificates, reachability."""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final

import httpx
from cryptography import x509

from adapters.base import Finding, Surroundings
from adapters.http import codec
from adapters.http.client import HttpClient
from adapters.http.codec import Progress
from adapters.http.settings import (
    CONNECT_DEADLINE,
    Address,
    ClientCertificate,
    HttpConnection,
)
from schemas.errors import SecretMissing

EXPIRES_SOON: Final = timedelta(days=21)
"""Issuing a new certificate takes an administration about so long."""


async def check_connection(
    client: HttpClient, connection: HttpConnection, surroundings: Surroundings
) -> tuple[Finding, ...]:
    """What was looked at, in order; stops where the rest cannot be told."""
    findings = [_encryption(connection.address)]
    try:
        await client.prepare()
        findings.append(Finding(subject="secrets and certificates", ok=True))
        findings += await asyncio.to_thread(_own_certificate, connection, surroundings)
    except SecretMissing as error:
        findings.append(_bad(f"secret {error.detail}", error.remedy))
        return tuple(findings)
    reached = await _reach(client, connection.address, surroundings.clock.now())
    findings += reached
    if all(finding.ok for finding in reached):
        findings += [await _ask_for(client, path) for path in connection.check_path]
    return tuple(findings)


def _encryption(address: Address) -> Finding:
    if address.secure or _is_loopback(address.host):
        return Finding(subject="encryption", ok=True)
    return _bad("encryption", "Use https: applications travel in the clear.")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _own_certificate(
    connection: HttpConnection, surroundings: Surroundings
) -> Sequence[Finding]:
    match connection.certificate:
        case ClientCertificate(certificate=reference):
            pem = surroundings.secrets.read(reference).encode()
            try:
                until = x509.load_pem_x509_certificate(pem).not_valid_after_utc
            except ValueError:
                return [_bad("our certificate", "The file holds no PEM certificate.")]
            return [_validity("our certificate", until, surroundings.clock.now())]
        case _:
            return []


async def _reach(
    client: HttpClient, address: Address, now: datetime
) -> Sequence[Finding]:
    context = client.tls_context()
    try:
        async with asyncio.timeout(CONNECT_DEADLINE.total_seconds()):
            _, writer = await asyncio.open_connection(
                address.host, address.port, ssl=context
            )
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or "refused"
        remedy = f"TLS says: {reason}. Compare `ca` and `certificate`."
        return [_bad("connection", remedy)]
    except (OSError, UnicodeError):
        remedy = "Nothing answers at `base_url`: look at address, firewall, server."
        return [_bad("connection", remedy)]
    tls = writer.get_extra_info("ssl_object")
    writer.transport.abort()
    found = Finding(subject="connection", ok=True)
    if not isinstance(tls, ssl.SSLObject):
        return [found]
    certificate = x509.load_der_x509_certificate(tls.getpeercert(True) or b"")
    until = certificate.not_valid_after_utc
    return [found, _validity("their certificate", until, now)]


async def _ask_for(client: HttpClient, path: str) -> Finding:
    subject = "login"
    try:
        async with asyncio.timeout(CONNECT_DEADLINE.total_seconds()):
            reply = await client.exchange(
                "GET", path, headers=[], content=None, wanted=lambda _: False
            )
    except TimeoutError:
        return _bad(subject, "No answer to `check_path` in time.")
    except Exception as error:  # noqa: BLE001 - a check never raises
        code = codec.broken_off(error, Progress.CONNECTED).code
        return _bad(subject, f"`check_path` failed with {code}.")
    if httpx.codes.is_success(reply.status):
        return Finding(subject=subject, ok=True)
    if reply.status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return _bad(subject, "The credentials are refused: renew the secret.")
    return _bad(subject, f"`check_path` answers {reply.status}.")


def _validity(subject: str, until: datetime, now: datetime) -> Finding:
    subject = f"{subject}, valid until {until.date().isoformat()}"
    if now >= until:
        return _bad(subject, "It has expired: install a new one.")
    if now + EXPIRES_SOON >= until:
        return _bad(subject, "It expires soon: order a new one now.")
    return Finding(subject=subject, ok=True)


def _bad(subject: str, remedy: str) -> Finding:
    return Finding(subject=subject, ok=False, remedy=remedy)
