"""Lets children die of SIGKILL before each disk operation, and looks what they left.

A program of its own, because only a process with one thread forks safely. Prints
one JSON object per child; the last child of each kind lives.
"""

import asyncio
import json
import os
import sys
import traceback
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schemas.documents import InVault, StoredObject
from schemas.ids import CaseId, DocumentId
from schemas.limits import FRAME_BYTES
from storage.archive.local import LocalArchive
from storage.disk import Announce, silent
from storage.memory import MemoryKeys
from storage.vault.local import LocalVault
from tests.fakes.disks import Disk, die, files_below
from tests.fakes.stores import (
    CASE,
    DOCUMENT,
    OFFICE,
    TENANT,
    files_of,
    load,
    new_key,
    some_bytes,
    store,
)

LOCATION = "v1/99012345678901/2026/case/p0001"
CONTENTS = {
    "data/original/submission.xml": some_bytes(10_000),
    "data/original/attachments/0001.bin": some_bytes(FRAME_BYTES + 7),
    "evidence/events.jsonl": b'{"seq": 1}\n',
}
OBJECT = some_bytes(2 * FRAME_BYTES + 7)
STORED = StoredObject(
    id=DOCUMENT,
    size=len(OBJECT),
    sha256="",
    place=InVault(path=f"{TENANT}/{OFFICE}/{CASE}/{DOCUMENT}"),
)
KEYS = MemoryKeys()
KEY = new_key(LocalVault(Path(), KEYS))
TOMORROW = datetime.now(UTC) + timedelta(days=1)

Facts = dict[str, str | int | None]
Write = Callable[[Path, Announce], Coroutine[None, None, None]]
Look = Callable[[Path], Coroutine[None, None, Facts]]


async def write_package(root: Path, announce: Announce) -> None:
    archive = LocalArchive(root, announce=announce)
    await archive.write_package(LOCATION, files_of(CONTENTS), {"case": "1"})


async def look_at_package(root: Path) -> Facts:
    """What a death left, and what repeating makes of it."""
    archive = LocalArchive(root)
    left = await archive.verify_package(LOCATION)
    unfinished = len(await archive.incomplete())
    await write_package(root, silent)
    verified = await archive.verify_package(LOCATION)
    await archive.sweep(older_than=TOMORROW)
    return {
        "left": left.manifest_sha256 if left else None,
        "unfinished": unfinished,
        "repeated": verified.manifest_sha256 if verified else None,
        "still_unfinished": len(await archive.incomplete()),
        "files": len(files_below(root)),
    }


async def write_object(root: Path, announce: Announce) -> None:
    await store(LocalVault(root, KEYS, announce=announce), KEY, OBJECT)


async def look_at_object(root: Path) -> Facts:
    """Whether the object is whole or absent, and what is left after a sweep."""

    async def is_known(case: CaseId, document: DocumentId) -> bool:
        return (case, document) == (CASE, DOCUMENT)

    vault = LocalVault(root, KEYS)
    visible = [path.name for path in root.glob("*/*/*/*")] == [DOCUMENT]
    await vault.sweep(is_known, older_than=TOMORROW)
    left = len(files_below(root))
    if not visible:
        await write_object(root, silent)
    whole = await load(vault, KEY, STORED) == OBJECT
    return {"visible": visible, "left": left, "whole": whole}


def in_child(work: Callable[[], None]) -> bool:
    """Whether the child came to its end; anything but SIGKILL is an error."""
    child = os.fork()
    if child == 0:
        exit_code = 1
        try:
            work()
            exit_code = 0
        finally:
            if exit_code:
                traceback.print_exc()
            os._exit(exit_code)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        sys.exit(1)
    return not os.WIFSIGNALED(status)


def let_die(root: Path, write: Write, look: Look) -> None:
    """One death per operation, until a child has none left to die before."""
    lived, at = False, 0
    while not lived:
        at += 1
        folder = root / str(at)
        disk = Disk(at=at, act=die)
        lived = in_child(lambda: asyncio.run(write(folder, disk)))  # noqa: B023
        in_child(lambda: report(lived, asyncio.run(look(folder))))  # noqa: B023


def report(lived: bool, facts: Facts) -> None:  # noqa: FBT001
    sys.stdout.write(json.dumps({"lived": lived, **facts}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    KINDS = {
        "package": (write_package, look_at_package),
        "object": (write_object, look_at_object),
    }
    let_die(Path(sys.argv[2]), *KINDS[sys.argv[1]])
