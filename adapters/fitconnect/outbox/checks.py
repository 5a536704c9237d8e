"""Looks at a way out without sending anything."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from adapters.base import Finding
from adapters.fitconnect.jose.keys import PublicKey
from adapters.fitconnect.keyring.certificates import valid_until
from adapters.fitconnect.outbox.counterpart import Counterpart, must_take
from adapters.fitconnect.outbox.describing import writable_version
from adapters.fitconnect.outbox.house import House
from adapters.fitconnect.outbox.settings import FitConnectMapping, Mime, Routed
from adapters.fitconnect.routing.territory import LEIKA_URN
from schemas.errors import EngineError

EXPIRES_SOON: Final = timedelta(days=14)
_UNSET: Final = "Mend `[mapping]` first: what is sent decides what is looked for."


async def check_way(
    house: House, mapping: FitConnectMapping | None
) -> tuple[Finding, ...]:
    """What was looked at, in order; stops where the rest cannot be told."""
    findings: list[Finding] = []
    try:
        await house.client.login()
        findings.append(_good("login"))
        if mapping is None:
            return (*findings, _bad("mapping", _UNSET))
        findings += await _destination(house, mapping)
    except EngineError as error:
        subject = "destination" if findings else "login"
        text = f"{error.sentence} {error.detail}".strip()
        findings.append(_bad(f"{subject}: {text}", error.remedy))
    return tuple(findings)


async def _destination(house: House, mapping: FitConnectMapping) -> Sequence[Finding]:
    leika = mapping.service.removeprefix(LEIKA_URN)
    if isinstance(mapping.target, Routed) and not leika:
        # Which service that is, only a case knows.
        return [_good("destination: found by each case's service")]
    counterpart = await house.counterparts.describe_active(
        await house.counterparts.find(mapping, leika)
    )
    findings = [_good("destination"), *_fit(counterpart, mapping)]
    key = await house.counterparts.key(counterpart)
    return [*findings, _key(house, key)]


def _fit(counterpart: Counterpart, mapping: FitConnectMapping) -> Sequence[Finding]:
    offers = {
        (offer.identifier, *schema)
        for offer in counterpart.offers
        for schema in offer.schemas
    }
    fitting = [
        (service, schema, mime)
        for service, schema, mime in sorted(offers)
        if mapping.service in {"", service} and mapping.mime.value in {_ANY, mime}
    ]
    service, _, mime = next(
        (one for one in fitting if one[1] == mapping.schema),
        (mapping.service, "", mapping.mime.value),
    )
    must_take(counterpart, service=service, schema=mapping.schema, mime=mime)
    version = writable_version(counterpart, mapping)
    return [_good("service and schema"), _good(f"metadata {version}")]


def _key(house: House, key: PublicKey) -> Finding:
    until = valid_until(key)
    subject = "destination's key"
    if until is None:
        return _good(f"{subject}, without a certificate")
    subject = f"{subject}, certificate valid until {until.date().isoformat()}"
    if house.clock.now() + EXPIRES_SOON >= until:
        remedy = "Tell the recipient: when it expires, nothing can be sent any more."
        return _bad(subject, remedy)
    return _good(subject)


def _good(subject: str) -> Finding:
    return Finding(subject=subject, ok=True)


def _bad(subject: str, remedy: str) -> Finding:
    return Finding(subject=subject, ok=False, remedy=remedy)


_ANY: Final = Mime.OF_DOCUMENT.value
