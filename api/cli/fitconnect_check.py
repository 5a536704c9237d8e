"""What ``amtsweg fitconnect check`` looks at and prints."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer
from cryptography import x509

from adapters.base import Finding
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.jose.keys import proved
from adapters.fitconnect.keyring.certificates import read_roots
from adapters.fitconnect.keyring.checks import (
    certificate_findings,
    revocation_finding,
)
from adapters.fitconnect.keyring.fetching import Fetcher
from adapters.fitconnect.keyring.folder import PUBLIC, KeyFolder
from adapters.fitconnect.keyring.publishing import missing
from adapters.fitconnect.keyring.revocation import Policy, Revocation
from adapters.fitconnect.keyring.revocation import Source as ListSource
from adapters.registry import standard_registry
from api.cli.findings import tell_findings
from api.cli.fitconnect_sources import known_sources, settings_of
from api.cli.house import CLOCK, configuration_of
from api.cli.output import Progress
from api.cli.tenant import chosen
from api.doctor.outside import surroundings_of
from api.doctor.tenants import looked_at
from schemas.errors import EngineError
from schemas.secrets import FromFile, parse_reference
from schemas.sources import Source
from storage.settings import Settings, read_settings

CHECK_SECONDS: Final = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What to look at."""

    name: str
    roots: Path | None
    ocsp: str
    crl: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Aims:
    """The same, read."""

    roots: tuple[x509.Certificate, ...]
    revocation: Revocation


def check_sources(wanted: Wanted, *, as_json: bool) -> None:
    """Print what was found. Raises UnknownSource, Exit where not all is well."""
    settings = read_settings()
    configuration = configuration_of(settings)
    looked = looked_at(configuration.installation, chosen())
    known = known_sources(configuration.of(*looked.at), wanted.name)
    aims = _aims(wanted)
    progress = Progress()
    progress.show(f"Checking {', '.join(known) or 'no source'}")
    try:
        checked = tuple(
            (source, asyncio.run(_look(settings, source, aims)))
            for source in known.values()
        )
    finally:
        progress.end()
    nothing = "There is no FIT-Connect source yet; docs/configuration.md shows one."
    tell_findings(checked, looked, nothing=nothing, as_json=as_json)


async def _look(settings: Settings, source: Source, aims: _Aims) -> tuple[Finding, ...]:
    inbox = standard_registry().build_source(source, surroundings_of(settings))
    folder = KeyFolder(settings.keys_folder, source.id)
    own = await _own_keys(settings, folder, aims) if folder.exists() else ()
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            looked = await inbox.check()
            if folder.exists() and all(finding.ok for finding in looked):
                looked += await _old_signatures(settings, source, folder)
            return (*own, *looked)
    except TimeoutError:
        remedy = f"It took more than {CHECK_SECONDS:.0f} s; look at the network."
        return (*own, Finding(subject="answer in time", ok=False, remedy=remedy))
    finally:
        await inbox.aclose()


async def _own_keys(
    settings: Settings, folder: KeyFolder, aims: _Aims
) -> tuple[Finding, ...]:
    """What the mailbox itself does not look at."""
    try:
        waiting, current = folder.waiting(), folder.current()
        for key in (*folder.decryption(), current.signing):
            proved(key)
    except EngineError as error:
        return (Finding(subject=str(error), ok=False, remedy=error.remedy),)
    found = [Finding(subject="keys are sound", ok=True)]
    if waiting is not None:
        remedy = f"Run `amtsweg fitconnect publish {folder.name}`."
        found.append(Finding(subject="new keys wait", ok=False, remedy=remedy))
    for role, key in (("decryption", current.decryption), ("signing", current.signing)):
        if aims.roots:
            found += certificate_findings(
                key, role=f"{role} key", roots=aims.roots, at=CLOCK.now()
            )
        found += await revocation_finding(
            key,
            aims.revocation,
            roots=aims.roots,
            fetch=Fetcher(settings.home),
            at=CLOCK.now(),
        )
    return tuple(found)


async def _old_signatures(
    settings: Settings, source: Source, folder: KeyFolder
) -> tuple[Finding, ...]:
    """What old keys have signed must verify for as long as events are kept."""
    subject = "old signature keys are published"
    read = settings_of(source)
    client = FitConnectClient(
        read.environment, read.credentials, surroundings_of(settings)
    )
    try:
        lacking = await missing(client, read.destination, folder.old_signatures())
    except EngineError as error:
        return (Finding(subject=str(error), ok=False, remedy=error.remedy),)
    finally:
        await client.aclose()
    remedy = f"Publish them again from {folder.path / PUBLIC}, in the portal."
    return (Finding(subject=subject, ok=not lacking, remedy=remedy if lacking else ""),)


def _aims(wanted: Wanted) -> _Aims:
    roots: tuple[x509.Certificate, ...] = ()
    if wanted.roots is not None:
        try:
            roots = read_roots(wanted.roots.read_bytes())
        except (OSError, ValueError):
            raise typer.BadParameter(
                "The file holds no PEM certificates.", param_hint="--roots"
            ) from None
    lists: list[ListSource] = []
    for text in wanted.crl:
        place = parse_reference(text)
        lists.append(place if isinstance(place, FromFile) else text)
    # Whoever names an address wants an answer from it.
    policy = Policy.REQUIRE if lists or wanted.ocsp else Policy.OFF
    revocation = Revocation(policy=policy, ocsp=wanted.ocsp, lists=tuple(lists))
    return _Aims(roots=roots, revocation=revocation)
