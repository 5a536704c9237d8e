"""``amtsweg source check`` and ``destination check``: adapters look at their places."""

import asyncio
from collections.abc import Sequence

from adapters.base import Finding
from adapters.registry import standard_registry
from api.cli.findings import tell_findings
from api.cli.house import configuration_of
from api.cli.output import Progress
from api.cli.tenant import chosen
from api.doctor.outside import Place, check_places
from api.doctor.tenants import Looked, looked_at
from schemas.errors import UnknownDestination, UnknownSource
from schemas.services import Configuration
from storage.settings import Settings, read_settings


def check_sources(which: str, *, as_json: bool) -> None:
    """Print what was found.

    Raises UnknownTenant, UnknownSource, Exit where not all is well.
    """
    settings, looked, configuration = _configured()
    known = tuple(configuration.sources.values())
    wanted = _wanted(known, which, UnknownSource)
    _check(settings, wanted, looked, "source", as_json=as_json)


def check_destinations(which: str, *, as_json: bool) -> None:
    """Print what was found.

    Raises UnknownTenant, UnknownDestination, Exit where not all is well.
    """
    settings, looked, configuration = _configured()
    known = tuple(configuration.destinations.values())
    wanted = _wanted(known, which, UnknownDestination)
    _check(settings, wanted, looked, "destination", as_json=as_json)


def _configured() -> tuple[Settings, Looked, Configuration]:
    settings = read_settings()
    configuration = configuration_of(settings)
    looked = looked_at(configuration.installation, chosen())
    return settings, looked, configuration.of(*looked.at)


def _wanted(
    known: Sequence[Place],
    which: str,
    unknown: type[UnknownSource | UnknownDestination],
) -> tuple[Place, ...]:
    wanted = tuple(one for one in known if which in {"", one.id})
    if which and not wanted:
        names = ", ".join(sorted(one.id for one in known))
        raise unknown(f"There are: {names or 'none'}.")
    return wanted


def _check(
    settings: Settings,
    wanted: Sequence[Place],
    looked: Looked,
    kind: str,
    *,
    as_json: bool,
) -> None:
    findings = asyncio.run(_look(settings, wanted, kind))
    tell_findings(
        tuple(zip(wanted, findings, strict=True)),
        looked,
        nothing=f"There is no {kind} yet.",
        as_json=as_json,
    )


async def _look(
    settings: Settings, wanted: Sequence[Place], kind: str
) -> list[tuple[Finding, ...]]:
    progress = Progress()
    progress.show(f"Checking {len(wanted)} {kind}s")
    try:
        return await check_places(wanted, standard_registry(), settings)
    finally:
        progress.end()
