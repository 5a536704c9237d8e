"""The vault in a local folder: `<tenant>/<office>/<case>/<object>`."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Final, assert_never

from schemas.documents import Inline, InVault, StoredObject
from schemas.errors import UnsafePath
from schemas.ids import DocumentId
from storage.base import CaseKey, ObjectWriter
from storage.disk import Announce, Ground, disk_errors, safe_name, silent
from storage.vault.case_keys import CaseKeys, KeyWrapper
from storage.vault.format import open_object
from storage.vault.reader import ObjectReader, piece_of
from storage.vault.sweep import Known, sweep_objects
from storage.vault.writer import LocalWriter, binding_of, remove_object

_DEPTH: Final = 4


class LocalVault(CaseKeys):
    """Fills Vault; needs a local disk that knows links and fsync."""

    def __init__(
        self, root: Path, keys: KeyWrapper, *, announce: Announce = silent
    ) -> None:
        super().__init__(keys)
        self._root = root
        self._ground = Ground(root, mode=0o700, announce=announce)

    def create(self, key: CaseKey, document: DocumentId) -> ObjectWriter:
        return LocalWriter(self._ground, key, document)

    async def read(self, key: CaseKey, stored: StoredObject) -> AsyncIterator[bytes]:
        binding = binding_of(key, stored.id)
        match stored.place:
            case Inline(sealed=sealed):
                for frame in open_object(key.plain, binding, sealed, size=stored.size):
                    yield frame
            case InVault(path=path):
                reader = ObjectReader(self._path(path), key, binding)
                frames, first = await asyncio.to_thread(reader.begin, stored.size)
                yield first
                for number in range(1, frames):
                    yield await asyncio.to_thread(reader.frame, number)
            case unknown:
                assert_never(unknown)

    async def sealed(self, stored: StoredObject) -> AsyncIterator[bytes]:
        match stored.place:
            case Inline(sealed=sealed):
                yield sealed
            case InVault(path=name):
                path, offset = self._path(name), 0
                while piece := await asyncio.to_thread(piece_of, path, offset):
                    yield piece
                    offset += len(piece)
            case unknown:
                assert_never(unknown)

    async def discard(self, stored: StoredObject) -> None:
        match stored.place:
            case Inline():
                return
            case InVault(path=path):
                await asyncio.to_thread(_remove, self._path(path))
            case unknown:
                assert_never(unknown)

    def free_bytes(self) -> int:
        folder = self._root
        while not folder.exists():
            folder = folder.parent
        with disk_errors():
            room = os.statvfs(folder)
        return room.f_bavail * room.f_frsize

    async def sweep(self, known: Known, *, older_than: datetime) -> int:
        """Remove old objects that no row knows, and old drafts; how many.

        ``known`` is asked only about objects last written before ``older_than``.
        """
        return await sweep_objects(self._root, known, older_than=older_than)

    def _path(self, path: str) -> Path:
        """Where a path from the database leads: always below the root."""
        parts = path.split("/")
        if len(parts) != _DEPTH:
            raise UnsafePath
        return self._root.joinpath(*map(safe_name, parts))


def _remove(path: Path) -> None:
    with disk_errors():
        remove_object(path)
