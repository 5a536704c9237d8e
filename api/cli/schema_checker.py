"""The checker of cases, opened for one command."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from typing import TYPE_CHECKING

from api.cli.logs import warnings_only
from api.cli.schema_library import places
from schemas.checking.policy import CheckPolicy
from schemas.findings import CheckResult
from schemas.packs.building.samples import Measure
from schemas.packs.building.staging import places_of
from schemas.packs.library import PackLibrary

if TYPE_CHECKING:
    from flows.checking.checker import Checker, CheckLimits


@asynccontextmanager
async def open_checker() -> AsyncIterator["Checker"]:
    """On the packs that are here; its processes end with the command."""
    from flows.checking.checker import Checker

    checker = Checker(places())
    with warnings_only():
        try:
            yield checker
        finally:
            await checker.aclose()


@contextmanager
def measuring_apart(
    library: PackLibrary, *, limits: "CheckLimits | None" = None
) -> Iterator[Measure]:
    """As cases are checked: a rule without an end costs the pack its trial only."""
    from flows.checking.checker import Checker

    with asyncio.Runner() as runner, warnings_only():
        checker = Checker(places_of(library), limits=limits)

        def measure(
            document: bytes, media_type: str, policy: CheckPolicy, on: date
        ) -> CheckResult:
            return runner.run(
                checker.check(
                    in_one_piece(document),
                    size=len(document),
                    media_type=media_type,
                    policy=policy,
                    on=on,
                )
            )

        try:
            yield measure
        finally:
            runner.run(checker.aclose())


async def in_one_piece(document: bytes) -> AsyncIterator[bytes]:
    """A document as the checker takes it."""
    yield document
