"""Findings about keys and certificates, for ``check`` and ``doctor``."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

from adapters.base import Finding
from adapters.fitconnect.jose.algorithms import Algorithms
from adapters.fitconnect.jose.keys import PrivateKey, PublicKey, thumbprint_of
from adapters.fitconnect.keyring.certificates import fault_of, read_chain, valid_until
from adapters.fitconnect.keyring.revocation import (
    Fetch,
    Policy,
    Revocation,
    revocation_fault,
    stops,
)

ORDER_NOW: Final = timedelta(days=60)
"""Ordering from the Verwaltungs-PKI takes weeks."""
LAST_CALL: Final = timedelta(days=14)
_SHOWN: Final = re.compile(r"[A-Za-z0-9_-]{8}")


def days_left(key: PublicKey | PrivateKey, *, at: datetime) -> int | None:
    """Whole days until its certificate expires; None where it has none."""
    until = valid_until(key)
    return None if until is None else (until - at).days


def certificate_findings(
    key: PublicKey | PrivateKey,
    *,
    role: str,
    roots: Sequence[x509.Certificate] = (),
    at: datetime,
) -> tuple[Finding, ...]:
    """Whether it is sound, and how long; ``role`` names the key for people."""
    subject = f"certificate of the {role} {shown(key)}"
    fault = fault_of(key, roots=roots, at=at)
    if fault is not None:
        remedy = f"{fault.value} {fault.remedy}"
        return (Finding(subject=subject, ok=False, remedy=remedy),)
    until, left = valid_until(key), days_left(key, at=at)
    if until is None or left is None:  # a sound one has both
        return ()
    said = f"{subject}, valid until {until.date().isoformat()}"
    return (Finding(subject=said, ok=not _remedy(left), remedy=_remedy(left)),)


def own_key_findings(
    *,
    decryption: Sequence[PrivateKey],
    signing: PrivateKey,
    roots: Sequence[x509.Certificate] = (),
    at: datetime,
) -> tuple[Finding, ...]:
    """For an inbox's ``check``: the keys that are used now and their certificates.

    Of several decryption keys the first is the current one; old ones only open what
    was encrypted before a rotation, and their certificates may have expired.
    """
    if not decryption:
        remedy = "Name one in `decryption_keys`; `amtsweg fitconnect keygen` makes it."
        return (Finding(subject="decryption key", ok=False, remedy=remedy),)
    current = decryption[0]
    found = (
        *certificate_findings(current, role="decryption key", roots=roots, at=at),
        *certificate_findings(signing, role="signing key", roots=roots, at=at),
    )
    if thumbprint_of(current) == thumbprint_of(signing):
        remedy = "Order a certificate of its own for each, then import both."
        return (*found, Finding(subject="one key for both", ok=False, remedy=remedy))
    return found


def algorithm_findings(
    *, decryption: PrivateKey, signing: PrivateKey, algorithms: Algorithms
) -> tuple[Finding, ...]:
    """The keys in use that are still taken, and would not be made like this now."""
    wanted = (
        ("decryption key", decryption, algorithms.key_encryption[0]),
        ("signing key", signing, algorithms.signature[0]),
    )
    return tuple(
        Finding(
            subject=f"algorithm of the {role} {shown(key)}",
            ok=False,
            remedy=f"It is for {key.algorithm}, new ones are for {algorithm}: replace "
            "it (`amtsweg fitconnect rotate` or `import-p12`, then `publish`).",
        )
        for role, key, algorithm in wanted
        if key.algorithm != algorithm
    )


def expiry_codes(
    keys: Sequence[PublicKey | PrivateKey], *, at: datetime
) -> frozenset[str]:
    """For an alarm: one code for each stage, so that each stage alarms."""
    left = [days for key in keys if (days := days_left(key, at=at)) is not None]
    soonest = min(left, default=ORDER_NOW.days)
    if soonest < 0:
        return frozenset({"E-FIT-CERTIFICATE-EXPIRED"})
    if soonest < LAST_CALL.days:
        return frozenset({"E-FIT-CERTIFICATE-LAST-DAYS"})
    if soonest < ORDER_NOW.days:
        return frozenset({"E-FIT-CERTIFICATE-EXPIRES"})
    return frozenset()


async def revocation_finding(
    key: PublicKey | PrivateKey,
    revocation: Revocation,
    *,
    roots: Sequence[x509.Certificate],
    fetch: Fetch,
    at: datetime,
) -> tuple[Finding, ...]:
    """Nothing where the policy is off or there is no certificate; else one finding."""
    try:
        chain = read_chain(key)
    except ValueError:
        return ()
    if not chain or revocation.policy is Policy.OFF:
        return ()
    fault = await revocation_fault(chain, revocation, roots=roots, fetch=fetch, at=at)
    subject = f"revocation of {shown(key)}"
    if fault is None:
        return (Finding(subject=subject, ok=True),)
    if not stops(fault, revocation.policy):
        return (Finding(subject=f"{subject}: not checked", ok=True),)
    return (Finding(subject=subject, ok=False, remedy=f"{fault.value} {fault.remedy}"),)


def shown(key: PublicKey | PrivateKey) -> str:
    """Enough of its id to tell it from others; nothing of what a stranger wrote."""
    found = _SHOWN.match(key.kid) or _SHOWN.match(thumbprint_of(key))
    return f"{found[0]}…" if found else ""


def _remedy(left: int) -> str:
    if left < LAST_CALL.days:
        return (
            f"It expires in {left} days: without a new one nothing can be received "
            "any more. Import it with `amtsweg fitconnect import-p12`."
        )
    if left < ORDER_NOW.days:
        return f"It expires in {left} days: order a new one now."
    return ""
