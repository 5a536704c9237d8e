"""Looks at a mailbox without changing anything: keys, login, destination, callback."""

import asyncio
from collections.abc import Sequence

from cryptography import x509

from adapters.base import Finding, Surroundings
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.events.errors import KeyNotPublished
from adapters.fitconnect.inbox import wire
from adapters.fitconnect.inbox.card import Card, CardIndex
from adapters.fitconnect.inbox.material import Cupboard
from adapters.fitconnect.inbox.settings import FitConnectSource
from adapters.fitconnect.jose.keys import PrivateKey, PublicKey, thumbprint_of
from adapters.fitconnect.keyring.certificates import read_roots
from adapters.fitconnect.keyring.checks import (
    algorithm_findings,
    own_key_findings,
    shown,
)
from schemas.errors import EngineError, SecretMissing

_ANEW = "Publish it with `amtsweg fitconnect publish`."


async def check_mailbox(
    source: FitConnectSource,
    surroundings: Surroundings,
    *,
    client: FitConnectClient,
    cupboard: Cupboard,
    card: CardIndex,
) -> tuple[Finding, ...]:
    """What was looked at, in order; stops where the rest cannot be told."""
    found: list[Finding] = []
    try:
        decryption = await asyncio.to_thread(cupboard.decryption)
        await asyncio.to_thread(cupboard.keyring)
        signing = await asyncio.to_thread(cupboard.signing)
        found.append(Finding(subject="keys", ok=True))
        found += algorithm_findings(
            decryption=decryption[0],
            signing=signing,
            algorithms=source.environment.algorithms,
        )
        found += await _certificates(source, surroundings, decryption, signing)
        found.append(await asyncio.to_thread(_callback, source, surroundings))
        await client.login()
        found.append(Finding(subject="login", ok=True))
        # Fresh, since it is asked for just when somebody has changed something.
        there = await card.fresh()
        found.append(_destination(there, decryption))
        found += await _published(
            source,
            client,
            kid=there.encryption_kid,
            decryption=decryption,
            signing=signing,
        )
        await wire.listing(client, source.destination)
        found.append(Finding(subject="submissions can be fetched", ok=True))
    except EngineError as error:
        said = f"{error.code} {error.sentence} {error.detail}".rstrip()
        found.append(_bad(said, error.remedy))
    return tuple(found)


async def _certificates(
    source: FitConnectSource,
    surroundings: Surroundings,
    decryption: Sequence[PrivateKey],
    signing: PrivateKey,
) -> Sequence[Finding]:
    if not decryption[0].certificates and not signing.certificates:
        # As a test environment and a sandbox allow; production asks for them.
        return [Finding(subject="certificates: none with the keys", ok=True)]
    try:
        roots = await asyncio.to_thread(_roots, source, surroundings)
    except ValueError:
        return [_bad("certificate_roots", "The file holds no PEM certificates.")]
    return own_key_findings(
        decryption=decryption,
        signing=signing,
        roots=roots,
        at=surroundings.clock.now(),
    )


def _roots(
    source: FitConnectSource, surroundings: Surroundings
) -> tuple[x509.Certificate, ...]:
    if source.certificate_roots is None:
        return ()
    return read_roots(surroundings.secrets.read(source.certificate_roots).encode())


def _callback(source: FitConnectSource, surroundings: Surroundings) -> Finding:
    if source.callback_secret is None:
        return Finding(subject="callback: none, the mailbox is polled", ok=True)
    try:
        surroundings.secrets.read(source.callback_secret)
    except SecretMissing as error:
        return _bad(f"callback secret {error.detail}", error.remedy)
    return Finding(subject="callback secret", ok=True)


def _destination(found: Card, decryption: Sequence[PrivateKey]) -> Finding:
    if found.status != "active":
        return _bad(
            "destination",
            "It is not active, so nobody can send: activate it in the portal.",
        )
    held = {kid for key in decryption for kid in (key.kid, thumbprint_of(key))}
    if found.encryption_kid not in held:
        return _bad(
            "destination",
            "Senders encrypt for a key that is not among `decryption_keys`: publish "
            "yours with `amtsweg fitconnect publish`, or name theirs there.",
        )
    return Finding(subject="destination", ok=True)


async def _published(
    source: FitConnectSource,
    client: FitConnectClient,
    *,
    kid: str,
    decryption: Sequence[PrivateKey],
    signing: PrivateKey,
) -> Sequence[Finding]:
    """What senders use, and what our answers are verified with."""
    current = [one for one in decryption if kid in {one.kid, thumbprint_of(one)}]
    findings = [await _same(source, client, kid, one) for one in current]
    return [*findings, await _same(source, client, signing.kid, signing)]


async def _same(
    source: FitConnectSource, client: FitConnectClient, kid: str, ours: PrivateKey
) -> Finding:
    subject = f"published key {shown(ours)}"
    try:
        theirs = await client.destination_key(source.destination, kid)
    except KeyNotPublished:
        return _bad(subject, _ANEW)
    if _numbers(theirs) != _numbers(ours.public()):
        return _bad(subject, f"Another key is published under this id. {_ANEW}")
    return Finding(subject=subject, ok=True)


def _numbers(key: PublicKey) -> tuple[int, int, str]:
    numbers = key.rsa.public_numbers()
    return numbers.n, numbers.e, key.algorithm


def _bad(subject: str, remedy: str) -> Finding:
    return Finding(subject=subject, ok=False, remedy=remedy)
