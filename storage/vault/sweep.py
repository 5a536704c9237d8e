"""Objects that no row knows: uploads that ended between file and commit."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from schemas.ids import CaseId, DocumentId
from storage.disk import INCOMING, disk_errors, sweep_drafts
from storage.vault.writer import remove_object

Known = Callable[[CaseId, DocumentId], Awaitable[bool]]

_BATCH: Final = 256


async def sweep_objects(root: Path, known: Known, *, older_than: datetime) -> int:
    """Remove what was last written before this moment and is not known."""
    removed = await asyncio.to_thread(_drafts, root, older_than)
    candidates = _old(root, older_than.timestamp())
    while batch := await asyncio.to_thread(_next, candidates):
        unknown = [
            path
            for path in batch
            if not await known(CaseId(path.parent.name), DocumentId(path.name))
        ]
        removed += await asyncio.to_thread(_remove, unknown)
    return removed


def _drafts(root: Path, older_than: datetime) -> int:
    with disk_errors():
        return sweep_drafts(root, older_than=older_than)


def _next(candidates: Iterator[Path]) -> list[Path]:
    with disk_errors():
        return list(islice(candidates, _BATCH))


def _old(root: Path, limit: float) -> Iterator[Path]:
    """Objects older than that; folders vanish meanwhile, and that is all right."""
    for tenant in _folders(root):
        if tenant.name != INCOMING:
            for office in _folders(tenant):
                for case in _folders(office):
                    yield from _old_files(case, limit)


def _folders(folder: Path) -> list[Path]:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        return [Path(entry.path) for entry in entries if entry.is_dir()]
    return []


def _old_files(case: Path, limit: float) -> list[Path]:
    found = []
    with suppress(OSError):
        if case.stat().st_mtime < limit:
            case.rmdir()  # empty since somebody died before writing into it
    with suppress(FileNotFoundError), os.scandir(case) as entries:
        for entry in entries:
            stat = entry.stat(follow_symlinks=False)
            if entry.is_file(follow_symlinks=False) and stat.st_mtime < limit:
                found.append(Path(entry.path))
    return found


def _remove(paths: list[Path]) -> int:
    with disk_errors():
        for path in paths:
            remove_object(path)
    return len(paths)
