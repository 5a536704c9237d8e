"""Whether a certificate was revoked: asked by OCSP, looked up in lists (CRL).

It is asked about the key's own certificate; authorities are the affair of whoever
keeps the roots. Only addresses that the operator configured are asked, never those
that stand in a certificate: a stranger's must not choose where we connect to.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from adapters.fitconnect.keyring.faults import UNREADABLE, CertificateFault
from adapters.fitconnect.keyring.ocsp import OcspAnswer, ask, read_answer
from schemas.errors import EngineError
from schemas.secrets import FromFile

DEADLINE_SECONDS: Final = 10.0
Source = str | FromFile
"""An address, or a file that somebody renews."""


class Policy(Enum):
    """What revocation decides."""

    OFF = "off"
    WARN = "warn"
    """What could not be checked is said, and does not stop anything."""
    REQUIRE = "require"


class Fetch(Protocol):
    """Gets bytes from a source; with a body it is a POST of an OCSP request."""

    async def __call__(self, source: Source, body: bytes = b"", /) -> bytes:
        """Raises OSError or any EngineError."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Revocation:
    """As configured: ``revocation``, ``ocsp`` and ``crl``."""

    policy: Policy = Policy.OFF
    ocsp: str = ""
    """Of the issuer of the keys' certificates; "" for none."""
    lists: tuple[Source, ...] = ()


async def revocation_fault(
    chain: Sequence[x509.Certificate],
    revocation: Revocation,
    *,
    roots: Sequence[x509.Certificate],
    fetch: Fetch,
    at: datetime,
) -> CertificateFault | None:
    """REVOKED, NOT_CHECKED or None. With ``off`` nothing is asked.

    Whether NOT_CHECKED stops anything is the policy's affair; see ``stops``.
    """
    if revocation.policy is Policy.OFF:
        return None
    own = chain[0]
    issuer = _issuer_of(own, (*chain[1:], *roots))
    if issuer is None:
        return CertificateFault.NOT_CHECKED
    answers = [OcspAnswer.UNKNOWN]
    if revocation.ocsp:
        raw = await _fetched(fetch, revocation.ocsp, ask(own, issuer))
        answers.append(read_answer(raw, own, issuer, at))
    for source in revocation.lists:
        if OcspAnswer.GOOD in answers or OcspAnswer.REVOKED in answers:
            break
        raw = await _fetched(fetch, source)
        # Lists may have megabytes.
        answers.append(await asyncio.to_thread(_look_up, raw, own, issuer, at))
    if OcspAnswer.REVOKED in answers:
        return CertificateFault.REVOKED
    return None if OcspAnswer.GOOD in answers else CertificateFault.NOT_CHECKED


def stops(fault: CertificateFault, policy: Policy) -> bool:
    """Whether a key with this fault must not be used."""
    return fault is not CertificateFault.NOT_CHECKED or policy is Policy.REQUIRE


def _issuer_of(
    own: x509.Certificate, others: Sequence[x509.Certificate]
) -> x509.Certificate | None:
    for one in others:
        try:
            own.verify_directly_issued_by(one)
        except (*UNREADABLE, InvalidSignature):
            continue
        return one
    return None


def _look_up(
    raw: bytes, own: x509.Certificate, issuer: x509.Certificate, at: datetime
) -> OcspAnswer:
    """A list counts only if the issuer signed it, and as long as it says."""
    try:
        crl = _read_list(raw)
        until = crl.next_update_utc
        if crl.issuer != issuer.subject or own.issuer != issuer.subject:
            return OcspAnswer.UNKNOWN
        if crl.last_update_utc > at or until is None or until < at:
            return OcspAnswer.UNKNOWN
        key = issuer.public_key()
        if not isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
            return OcspAnswer.UNKNOWN
        if not crl.is_signature_valid(key):
            return OcspAnswer.UNKNOWN
    except UNREADABLE:
        return OcspAnswer.UNKNOWN
    found = crl.get_revoked_certificate_by_serial_number(own.serial_number)
    return OcspAnswer.GOOD if found is None else OcspAnswer.REVOKED


def _read_list(raw: bytes) -> x509.CertificateRevocationList:
    if raw.lstrip().startswith(b"-----BEGIN"):
        return x509.load_pem_x509_crl(raw)
    return x509.load_der_x509_crl(raw)


async def _fetched(fetch: Fetch, source: Source, body: bytes = b"") -> bytes:
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await fetch(source, body)
    except (OSError, EngineError):
        return b""
