"""The vault in a local folder: `<tenant>/<office>/<case>/<object>`."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, assert_never

from schemas.documents import Inline, InVault, StoredObject
from schemas.errors import ObjectDamaged, UnsafePath
from schemas.ids import DocumentId
from storage.base import CaseKey, ObjectWriter
from storage.disk import Announce, disk_errors, safe_name, silent
from storage.vault.case_keys import CaseKeys, KeyWrapper
from storage.vault.format import (
    HEADER_BYTES,
    Binding,
    FrameCipher,
    Header,
    Layout,
    open_object,
)
from storage.vault.sweep import Known, sweep_objects
from storage.vault.writer import Ground, LocalWriter, binding_of, remove_object

_DEPTH: Final = 4


class LocalVault(CaseKeys):
    """Fills Vault; needs a local disk that knows links and fsync."""

    def __init__(
        self, root: Path, keys: KeyWrapper, *, announce: Announce = silent
    ) -> None:
        super().__init__(keys)
        self._root = root
        self._ground = Ground(root, announce)

    def create(self, key: CaseKey, document: DocumentId) -> ObjectWriter:
        return LocalWriter(self._ground, key, document)

    async def read(self, key: CaseKey, stored: StoredObject) -> AsyncIterator[bytes]:
        binding = binding_of(key, stored.id)
        match stored.place:
            case Inline(sealed=sealed):
                for frame in open_object(key.plain, binding, sealed, size=stored.size):
                    yield frame
            case InVault(path=path):
                reader = _Reader(self._path(path), key, binding)
                frames, first = await asyncio.to_thread(reader.begin, stored.size)
                yield first
                for number in range(1, frames):
                    yield await asyncio.to_thread(reader.frame, number)
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


class _Reader:
    """The blocking half of reading; no file stays open between two frames."""

    def __init__(self, path: Path, key: CaseKey, binding: Binding) -> None:
        self._path = path
        self._key = key
        self._binding = binding
        self._layout: Layout
        self._cipher: FrameCipher

    def begin(self, size: int) -> tuple[int, bytes]:
        """The number of frames, and the first. Raises ObjectDamaged."""
        with self._open() as fd:
            header = Header.parse(os.pread(fd, HEADER_BYTES, 0))
            self._layout = Layout.of(os.fstat(fd).st_size, header)
            if self._layout.plain_size != size:
                raise ObjectDamaged
            self._cipher = FrameCipher(self._key.plain, header, self._binding)
            return self._layout.frames, self._frame(fd, 0)

    def frame(self, number: int) -> bytes:
        """One frame, verified. Raises ObjectDamaged."""
        with self._open() as fd:
            return self._frame(fd, number)

    def _frame(self, fd: int, number: int) -> bytes:
        offset, length = self._layout.span(number)
        sealed = os.pread(fd, length, offset)
        return self._cipher.open(number, sealed, last=self._layout.last(number))

    @contextmanager
    def _open(self) -> Iterator[int]:
        with disk_errors():
            try:
                fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError as error:
                raise ObjectDamaged("It is not there.") from error
            try:
                yield fd
            finally:
                os.close(fd)


def _remove(path: Path) -> None:
    with disk_errors():
        remove_object(path)
