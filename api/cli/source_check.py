"""``amtsweg source check``: every mailbox is looked at from outside."""

import asyncio
import os
from collections.abc import Sequence

from adapters.base import Finding, Surroundings
from adapters.memory import MemoryNotes
from adapters.registry import standard_registry
from adapters.secrets import MachineSecrets
from api.cli.findings import tell_findings
from api.cli.house import CLOCK, configuration_of
from api.cli.output import Progress
from api.cli.tenant import chosen
from api.doctor.outside import check_source
from api.doctor.tenants import looked_at
from schemas.errors import UnknownSource
from schemas.sources import Source
from storage.settings import Settings, read_settings


def check_sources(which: str, *, as_json: bool) -> None:
    """Print what was found.

    Raises UnknownTenant, UnknownSource, Exit where not all is well.
    """
    settings = read_settings()
    configuration = configuration_of(settings)
    looked = looked_at(configuration.installation, chosen())
    known = configuration.of(*looked.at).sources
    wanted = tuple(one for one in known.values() if which in {"", one.id})
    if which and not wanted:
        raise UnknownSource(f"There are: {', '.join(sorted(known)) or 'none'}.")
    findings = asyncio.run(_look(settings, wanted))
    tell_findings(
        tuple(zip(wanted, findings, strict=True)),
        looked,
        nothing="There is no source yet.",
        as_json=as_json,
    )


async def _look(
    settings: Settings, wanted: Sequence[Source]
) -> list[tuple[Finding, ...]]:
    registry, progress = standard_registry(), Progress()
    progress.show(f"Checking {len(wanted)} sources")
    surroundings = Surroundings(
        secrets=MachineSecrets(environ=os.environ, home=settings.home),
        home=settings.home,
        clock=CLOCK,
        notes=MemoryNotes(),
        config=settings.config_folder,
    )
    try:
        return await asyncio.gather(
            *(check_source(one, registry, surroundings) for one in wanted)
        )
    finally:
        progress.end()
