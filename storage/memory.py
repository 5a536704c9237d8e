"""Vault and archive in memory: what tests and demonstrations use instead of disks."""

import hashlib
import os
from collections.abc import AsyncIterator
from typing import Final, assert_never

from schemas.documents import Inline, InVault, Place, StoredObject, WrappedKey
from schemas.errors import (
    AlreadyArchived,
    KeyMissing,
    ObjectDamaged,
    ObjectExists,
    Ours,
    StorageFull,
)
from schemas.ids import CaseId, DocumentId, KeyName, TenantId
from schemas.limits import INLINE_BYTES
from storage.archive.manifest import (
    MANIFEST,
    Digesting,
    Entry,
    checked_location,
    checked_path,
    encode,
    entry_of,
    manifest_of,
    tag_files,
    verify,
    written,
)
from storage.base import CaseKey, ObjectWriter, PackageFile, PackageWritten
from storage.disk import safe_name
from storage.vault.case_keys import CaseKeys
from storage.vault.format import open_object, seal_object
from storage.vault.sealing import KEY_BYTES, open_small, seal_small
from storage.vault.writer import AFTER_ITS_END, binding_of

PLENTY: Final = 1 << 40


class MemoryKeys:
    """One key-encryption key that is gone with the process."""

    name: Final = KeyName("memory")

    def __init__(self) -> None:
        self._kek = os.urandom(KEY_BYTES)

    def wrap(self, plain: bytes, *, tenant: TenantId, case: CaseId) -> WrappedKey:
        sealed = seal_small(self._kek, plain, tenant, case)
        return WrappedKey(kek=self.name, wrapped=sealed)

    def unwrap(self, wrapped: WrappedKey, *, tenant: TenantId, case: CaseId) -> bytes:
        if wrapped.kek != self.name:
            raise KeyMissing(wrapped.kek)
        return open_small(self._kek, wrapped.wrapped, tenant, case)


class MemoryVault(CaseKeys):
    """Fills Vault; ``objects`` are the sealed bytes by path, ``room`` what is left."""

    def __init__(self, *, room: int = PLENTY) -> None:
        super().__init__(MemoryKeys())
        self.objects: dict[str, bytes] = {}
        self.room = room

    def create(self, key: CaseKey, document: DocumentId) -> ObjectWriter:
        return _MemoryWriter(self, key, document)

    async def read(self, key: CaseKey, stored: StoredObject) -> AsyncIterator[bytes]:
        sealed = self._sealed(stored.place)
        binding = binding_of(key, stored.id)
        for frame in open_object(key.plain, binding, sealed, size=stored.size):
            yield frame

    async def sealed(self, stored: StoredObject) -> AsyncIterator[bytes]:
        yield self._sealed(stored.place)

    async def discard(self, stored: StoredObject) -> None:
        match stored.place:
            case Inline():
                return
            case InVault(path=path):
                self.room += len(self.objects.pop(path, b""))
            case unknown:
                assert_never(unknown)

    def free_bytes(self) -> int:
        return self.room

    def _sealed(self, place: Place) -> bytes:
        match place:
            case Inline(sealed=sealed):
                return sealed
            case InVault(path=path):
                if path not in self.objects:
                    raise ObjectDamaged
                return self.objects[path]
            case unknown:
                assert_never(unknown)


class _MemoryWriter:
    def __init__(self, vault: MemoryVault, key: CaseKey, document: DocumentId) -> None:
        self._vault = vault
        self._key = key
        self._document = document
        parts = (key.tenant, key.office, key.case, document)
        self._path = "/".join(safe_name(part) for part in parts)
        self._plain = bytearray()
        self._usable = True

    async def write(self, chunk: bytes) -> None:
        self._must_be_usable()
        self._plain += chunk
        in_file = len(self._plain) > INLINE_BYTES
        if in_file and len(self._plain) > self._vault.room:
            self._usable = False
            raise StorageFull

    async def finish(self) -> StoredObject:
        self._must_be_usable()
        self._usable = False
        binding = binding_of(self._key, self._document)
        sealed = seal_object(self._key.plain, binding, self._plain)
        return StoredObject(
            id=self._document,
            size=len(self._plain),
            sha256=hashlib.sha256(self._plain).hexdigest(),
            place=self._place(sealed),
        )

    async def abort(self) -> None:
        self._usable = False
        self._plain = bytearray()

    def _place(self, sealed: bytes) -> Place:
        if len(self._plain) <= INLINE_BYTES:
            return Inline(sealed=sealed)
        if self._path in self._vault.objects:
            raise ObjectExists
        self._vault.objects[self._path] = sealed
        self._vault.room -= len(sealed)
        return InVault(path=self._path)

    def _must_be_usable(self) -> None:
        if not self._usable:
            raise Ours(AFTER_ITS_END)


class MemoryArchive:
    """Fills Archive; ``packages`` are the files by location and path."""

    def __init__(self) -> None:
        self.packages: dict[str, dict[str, bytes]] = {}

    async def write_package(
        self, location: str, files: AsyncIterator[PackageFile], about: dict[str, str]
    ) -> PackageWritten:
        package = self.packages.setdefault(checked_location(location), {})
        seen: dict[str, Entry] = {}
        async for file in files:
            path = checked_path(file.path, seen)
            content = b"".join([chunk async for chunk in file.chunks])
            seen[path] = entry_of(file, Digesting(content).done())
            self._put(package, path, content)
        manifest = manifest_of(location, about, seen.values())
        tags = tag_files(manifest)
        for name, content in tags.items():
            self._put(package, name, content)
        if not set(package) <= {*seen, *tags, MANIFEST}:
            raise AlreadyArchived
        self._put(package, MANIFEST, encode(manifest))
        return written(encode(manifest), location)

    async def verify_package(self, location: str) -> PackageWritten | None:
        files = dict(self.packages.get(checked_location(location), {}))
        manifest = files.pop(MANIFEST, None)
        if manifest is None:
            return None
        found = {name: Digesting(content).done() for name, content in files.items()}
        return verify(manifest, location, found)

    async def incomplete(self) -> tuple[str, ...]:
        """Packages that were begun and have no manifest."""
        begun = (loc for loc, files in self.packages.items() if MANIFEST not in files)
        return tuple(sorted(begun))

    @staticmethod
    def _put(package: dict[str, bytes], name: str, content: bytes) -> None:
        if MANIFEST in package and name not in package:
            raise AlreadyArchived
        if package.setdefault(name, content) != content:
            raise AlreadyArchived
