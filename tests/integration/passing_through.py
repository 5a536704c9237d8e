"""Sends 200 MB through the vault or the archive and prints what memory that took."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from storage.archive.local import LocalArchive
from storage.base import PackageFile
from storage.memory import MemoryKeys
from storage.vault.local import LocalVault
from tests.fakes.stores import DOCUMENT, new_key

CHUNK = bytes(100_000)
CHUNKS = 2000
LOCATION = "v1/99012345678901/2026/case/p0001"


def peak_kib() -> int:
    """The most memory this process ever held."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])


async def through_the_vault(root: Path, chunks: int) -> int:
    vault = LocalVault(root, MemoryKeys())
    key = new_key(vault)
    writer = vault.create(key, DOCUMENT)
    for _ in range(chunks):
        await writer.write(CHUNK)
    stored = await writer.finish()
    size = 0
    async for frame in vault.read(key, stored):
        size += len(frame)
    await vault.discard(stored)
    return size


async def through_the_archive(root: Path, chunks: int) -> int:
    async def content() -> AsyncIterator[bytes]:
        for _ in range(chunks):
            yield CHUNK

    async def files() -> AsyncIterator[PackageFile]:
        yield PackageFile(
            path="data/big.bin", role="original", media_type="m", chunks=content()
        )

    archive = LocalArchive(root)
    await archive.write_package(LOCATION, files(), {})
    await archive.verify_package(LOCATION)
    path = root / LOCATION / "data" / "big.bin"
    size = path.stat().st_size
    path.unlink()
    return size


if __name__ == "__main__":
    WAYS = {"vault": through_the_vault, "archive": through_the_archive}
    way, folder = WAYS[sys.argv[1]], Path(sys.argv[2])
    asyncio.run(way(folder / "idle", 1))
    idle = peak_kib()
    size = asyncio.run(way(folder / "work", CHUNKS))
    figures = {"idle_kib": idle, "peak_kib": peak_kib(), "size": size}
    sys.stdout.write(json.dumps(figures))
