"""``amtsweg destination check``: every adapter looks at its counterpart."""

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
from api.doctor.outside import check_destination
from api.doctor.tenants import looked_at
from schemas.errors import UnknownDestination
from schemas.services import Destination
from storage.settings import Settings, read_settings


def check_destinations(which: str, *, as_json: bool) -> None:
    """Print what was found.

    Raises UnknownTenant, UnknownDestination, Exit where not all is well.
    """
    settings = read_settings()
    configuration = configuration_of(settings)
    looked = looked_at(configuration.installation, chosen())
    known = configuration.of(*looked.at).destinations
    wanted = tuple(one for one in known.values() if which in {"", one.id})
    if which and not wanted:
        raise UnknownDestination(f"There are: {', '.join(sorted(known)) or 'none'}.")
    findings = asyncio.run(_look(settings, wanted))
    tell_findings(
        tuple(zip(wanted, findings, strict=True)),
        looked,
        nothing="There is no destination yet.",
        as_json=as_json,
    )


async def _look(
    settings: Settings, wanted: Sequence[Destination]
) -> list[tuple[Finding, ...]]:
    registry, progress = standard_registry(), Progress()
    progress.show(f"Checking {len(wanted)} destinations")
    surroundings = Surroundings(
        secrets=MachineSecrets(environ=os.environ, home=settings.home),
        home=settings.home,
        clock=CLOCK,
        notes=MemoryNotes(),
    )
    try:
        return await asyncio.gather(
            *(check_destination(one, registry, surroundings) for one in wanted)
        )
    finally:
        progress.end()
