"""The outside: destinations, Prefect, and what the archive has been left with."""

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

import httpx

from adapters.base import Finding, Inbox, Surroundings, WayOut
from adapters.memory import MemoryNotes
from adapters.registry import Registry
from adapters.secrets import MachineSecrets
from api.doctor.results import Result, bad, doubtful, good
from schemas.clock import SystemClock
from schemas.errors import ConfigurationInvalid, EngineError
from schemas.services import Destination
from schemas.sources import Source
from storage.archive.local import LocalArchive
from storage.settings import Settings

CHECK_SECONDS: Final = 30.0
_PREFECT_SECONDS: Final = 2.0
_LEFT_SECONDS: Final = 600
"""A package that nobody touched for so long is not being written any more."""
Place: TypeAlias = Destination | Source


def surroundings_of(settings: Settings) -> Surroundings:
    """This machine; what is noted of deliveries stays in memory."""
    return Surroundings(
        secrets=MachineSecrets(environ=os.environ, home=settings.home),
        home=settings.home,
        clock=SystemClock(),
        notes=MemoryNotes(),
        config=settings.config_folder,
    )


async def check_places(
    places: Sequence[Place], registry: Registry, settings: Settings
) -> list[tuple[Finding, ...]]:
    """What the adapter of each found, in order; never raises."""
    surroundings = surroundings_of(settings)
    return await asyncio.gather(
        *(_checked(one, registry, surroundings) for one in places)
    )


async def _checked(
    place: Place, registry: Registry, surroundings: Surroundings
) -> tuple[Finding, ...]:
    try:
        outside: WayOut | Inbox = (
            registry.build_source(place, surroundings)
            if isinstance(place, Source)
            else registry.build(place, surroundings)
        )
    except ConfigurationInvalid as error:
        return _where(error)
    except EngineError as error:
        return (_is_wrong(error),)
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await outside.check()
    except TimeoutError:
        remedy = f"It took more than {CHECK_SECONDS:.0f} s; look at the network."
        return (Finding(subject="answer in time", ok=False, remedy=remedy),)
    finally:
        await outside.aclose()


def _where(error: ConfigurationInvalid) -> tuple[Finding, ...]:
    """File and line of each problem, where it is one of a file."""
    return tuple(
        Finding(
            subject=f"{one.file}:{one.line}: {one.sentence.removesuffix('.')}",
            ok=False,
            remedy=one.remedy,
        )
        for one in error.problems
    ) or (_is_wrong(error),)


def _is_wrong(error: EngineError) -> Finding:
    """Its sentence goes on where it is told: in a list, or in another sentence."""
    subject = error.sentence.rstrip(".:")
    return Finding(subject=subject, ok=False, remedy=error.remedy)


def of_findings(place: Place, findings: tuple[Finding, ...]) -> Result:
    """A place in one line: the first thing that is wrong, or that all is well."""
    kind = "source" if isinstance(place, Source) else "destination"
    subject = f"{kind} {place.id}"
    wrong = [finding for finding in findings if not finding.ok]
    if wrong:
        names = ", ".join(finding.subject for finding in wrong)
        return bad(subject, f"Not well: {names}.", wrong[0].remedy)
    return good(subject, f"{len(findings)} things checked")


async def archive(settings: Settings) -> Result:
    """Packages without a manifest that nobody writes any more."""
    root = settings.archive_folder
    begun = await LocalArchive(root).incomplete()
    left = await asyncio.to_thread(_left, root, begun)
    if not left:
        return good("archive", "every package is complete")
    return doubtful(
        "archive",
        f"{len(left)} incomplete packages, such as {left[0]}",
        "Their cases complete them when they go on; look for cases in quarantine.",
    )


async def prefect(settings: Settings) -> Result:
    """Optional: the engine works without it, so it is never red."""
    if not settings.prefect_url:
        return good("prefect", "not used")
    name, _, password = settings.prefect_auth.get_secret_value().partition(":")
    try:
        async with httpx.AsyncClient(
            auth=(name, password) if name else None, timeout=_PREFECT_SECONDS
        ) as client:
            answer = await client.get(f"{settings.prefect_url.rstrip('/')}/health")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        what = f"It does not answer ({type(error).__name__})."
    else:
        if answer.is_success:
            return good("prefect", "answers")
        what = f"It answers with {answer.status_code}."
    return doubtful(
        "prefect", what, "Start it, or correct AMTSWEG_PREFECT_URL; work goes on."
    )


def _left(root: Path, begun: tuple[str, ...]) -> list[str]:
    limit = time.time() - _LEFT_SECONDS
    return [location for location in begun if _touched(root / location) < limit]


def _touched(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return time.time()
