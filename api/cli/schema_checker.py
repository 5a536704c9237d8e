"""The checker of cases, opened for one command."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from api.cli.logs import warnings_only
from api.cli.schema_library import places

if TYPE_CHECKING:
    from flows.checking.checker import Checker


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
