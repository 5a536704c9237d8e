"""The archive in a local folder; labelled honestly: not WORM against root."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from schemas.limits import MIB
from storage.archive.folder import incomplete_below, verify_folder
from storage.archive.manifest import checked_location
from storage.archive.package import Package
from storage.base import PackageFile, PackageWritten
from storage.disk import Announce, Ground, disk_errors, silent, sweep_drafts

_HELD_BYTES: Final = 1 * MIB
"""Collected before a thread is asked: a small package takes one call in all."""


class LocalArchive:
    """Fills Archive; needs a local disk that knows links and fsync."""

    def __init__(self, root: Path, *, announce: Announce = silent) -> None:
        self._root = root
        self._ground = Ground(root, mode=0o750, announce=announce)

    async def write_package(
        self, location: str, files: AsyncIterator[PackageFile], about: dict[str, str]
    ) -> PackageWritten:
        package = Package(self._ground, checked_location(location))
        try:
            calls = await _collect(package, files)
            return await asyncio.to_thread(package.finish, calls, about)
        except BaseException:
            await asyncio.to_thread(package.abandon)
            raise

    async def verify_package(self, location: str) -> PackageWritten | None:
        checked_location(location)
        return await asyncio.to_thread(verify_folder, self._root, location)

    async def incomplete(self) -> tuple[str, ...]:
        """Packages that were begun and have no manifest, being written or left."""
        return await asyncio.to_thread(incomplete_below, self._root)

    async def sweep(self, *, older_than: datetime) -> int:
        """Remove drafts that died before this moment; how many."""
        return await asyncio.to_thread(self._sweep, older_than)

    def _sweep(self, older_than: datetime) -> int:
        with disk_errors():
            return sweep_drafts(self._root, older_than=older_than)


async def _collect(
    package: Package, files: AsyncIterator[PackageFile]
) -> list[Callable[[], object]]:
    """Calls that remain when all files have been read; more is done on the way."""
    calls: list[Callable[[], object]] = []
    held = 0
    async for file in files:
        calls.append(partial(package.begin, file))
        async for chunk in file.chunks:
            calls.append(partial(package.write, chunk))
            held += len(chunk)
            if held >= _HELD_BYTES:
                await asyncio.to_thread(package.run, calls)
                calls, held = [], 0
        calls.append(partial(package.end, file))
    return calls
