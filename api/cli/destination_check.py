"""``amtsweg destination check``: every adapter looks at its counterpart."""

import asyncio
import os
from collections.abc import Sequence

import typer

from adapters.base import Finding, Surroundings
from adapters.memory import MemoryNotes
from adapters.registry import standard_registry
from adapters.secrets import MachineSecrets
from api.cli.errors import UNREACHED
from api.cli.house import CLOCK, configuration_of
from api.cli.output import Progress, note, say_json, say_table
from api.doctor.outside import check_destination
from schemas.errors import UnknownDestination
from schemas.services import Destination
from storage.settings import Settings, read_settings


def check_destinations(which: str, *, as_json: bool) -> None:
    """Print what was found. Raises UnknownDestination, Exit where not all is well."""
    settings = read_settings()
    known = configuration_of(settings).destinations
    wanted = tuple(one for one in known.values() if which in {"", one.id})
    if which and not wanted:
        raise UnknownDestination(f"There are: {', '.join(sorted(known)) or 'none'}.")
    findings = asyncio.run(_look(settings, wanted))
    if as_json:
        say_json(
            [
                {
                    "destination": one.id,
                    "ok": all(finding.ok for finding in found),
                    "findings": [
                        {
                            "subject": finding.subject,
                            "ok": finding.ok,
                            "remedy": finding.remedy,
                        }
                        for finding in found
                    ],
                }
                for one, found in zip(wanted, findings, strict=True)
            ]
        )
    else:
        _show(wanted, findings)
    if not all(finding.ok for found in findings for finding in found):
        raise typer.Exit(UNREACHED)


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


def _show(
    wanted: Sequence[Destination], findings: Sequence[tuple[Finding, ...]]
) -> None:
    if not wanted:
        note("There is no destination yet.")
        return
    say_table(
        ("DESTINATION", "LOOKED AT", "RESULT", "REMEDY"),
        [
            (
                one.id,
                finding.subject,
                "ok" if finding.ok else "WRONG",
                "" if finding.ok else finding.remedy,
            )
            for one, found in zip(wanted, findings, strict=True)
            for finding in found
        ],
    )
