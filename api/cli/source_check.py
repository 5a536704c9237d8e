"""``amtsweg source check``: every mailbox is looked at from outside."""

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
from api.cli.output import Json, Progress, note, say_json, say_table
from api.doctor.outside import check_source
from schemas.errors import UnknownSource
from schemas.sources import Source
from storage.settings import Settings, read_settings


def check_sources(which: str, *, as_json: bool) -> None:
    """Print what was found. Raises UnknownSource, Exit where not all is well."""
    settings = read_settings()
    known = configuration_of(settings).sources
    wanted = tuple(one for one in known.values() if which in {"", one.id})
    if which and not wanted:
        raise UnknownSource(f"There are: {', '.join(sorted(known)) or 'none'}.")
    findings = asyncio.run(_look(settings, wanted))
    if as_json:
        say_json([_json(*one) for one in zip(wanted, findings, strict=True)])
    else:
        _show(wanted, findings)
    if not all(finding.ok for found in findings for finding in found):
        raise typer.Exit(UNREACHED)


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


def _json(source: Source, found: tuple[Finding, ...]) -> dict[str, Json]:
    return {
        "source": source.id,
        "ok": all(finding.ok for finding in found),
        "findings": [
            {"subject": one.subject, "ok": one.ok, "remedy": one.remedy}
            for one in found
        ],
    }


def _show(wanted: Sequence[Source], findings: Sequence[tuple[Finding, ...]]) -> None:
    if not wanted:
        note("There is no source yet.")
        return
    say_table(
        ("SOURCE", "LOOKED AT", "RESULT", "REMEDY"),
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
