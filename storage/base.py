"""Ports of what we keep: vault, archive; the database's ports stand in ports.py."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from schemas.documents import StoredObject, WrappedKey
from schemas.ids import CaseId, DocumentId, OfficeId, TenantId


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseKey:
    """A case's data key, open in memory, and its wrapped form for the database."""

    tenant: TenantId
    office: OfficeId
    case: CaseId
    wrapped: WrappedKey
    plain: bytes = field(repr=False)


class ObjectWriter(Protocol):
    """Takes the plain bytes of one document; nothing is visible until finish."""

    async def write(self, chunk: bytes) -> None:
        """Append. Raises StorageFull, StorageBroken."""
        ...

    async def finish(self) -> StoredObject:
        """Make the object durable and visible, once.

        Raises StorageFull, StorageBroken, ObjectExists. After any failure only
        ``abort`` makes sense.
        """
        ...

    async def abort(self) -> None:
        """Leave nothing behind; harmless after finish and when repeated."""
        ...


class Vault(Protocol):
    """Documents as received, byte for byte, encrypted (format v1)."""

    def new_key(self, *, tenant: TenantId, office: OfficeId, case: CaseId) -> CaseKey:
        """A fresh data key, wrapped by the current key-encryption key."""
        ...

    def open_key(
        self, *, tenant: TenantId, office: OfficeId, case: CaseId, wrapped: WrappedKey
    ) -> CaseKey:
        """Unwrap. Raises KeyMissing, ObjectDamaged."""
        ...

    def create(self, key: CaseKey, document: DocumentId) -> ObjectWriter:
        """Begin an object; up to INLINE_BYTES it ends inline, else in a file.

        One task writes at a time, and calls ``abort`` in the end whatever came.
        Raises UnsafePath for ids that no path may be made of.
        """
        ...

    def read(self, key: CaseKey, stored: StoredObject) -> AsyncIterator[bytes]:
        """The plain bytes, frame by frame, each verified before it is given.

        Raises ObjectDamaged, KeyMissing.
        """
        ...

    def sealed(self, stored: StoredObject) -> AsyncIterator[bytes]:
        """The object as it is stored, still encrypted: the same bytes every time."""
        ...

    async def discard(self, stored: StoredObject) -> None:
        """Remove an object that no transaction refers to; harmless if gone."""
        ...

    def seal(self, key: CaseKey, text: str, *, label: str) -> bytes:
        """Encrypt a short text of the case; ``label`` binds it to its place."""
        ...

    def unseal(self, key: CaseKey, sealed: bytes, *, label: str) -> str:
        """Decrypt it. Raises ObjectDamaged."""
        ...

    def free_bytes(self) -> int:
        """Room left where objects are written."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageFile:
    """One file of an archive package: our name, and its bytes to be written."""

    path: str
    role: str
    media_type: str
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageWritten:
    """A complete package: where it is, and the hash of its manifest."""

    location: str
    manifest_sha256: str


class Archive(Protocol):
    """Finished packages; created once, never changed."""

    async def write_package(
        self, location: str, files: AsyncIterator[PackageFile], about: dict[str, str]
    ) -> PackageWritten:
        """Write every file create-once, then the manifest last.

        Locations are `v1/<service>/<year>/<case>/p0001`; paths are made of our
        ids and stand in a folder, those below `data/` being the payload of a bag.
        ``about`` must not depend on the moment of writing: a repetition has to
        give the same bytes.

        Repeating with the same files completes what a dead process left and
        gives the same answer; different bytes under a name that exists raise
        AlreadyArchived. Raises StorageFull, StorageBroken, UnsafePath.
        """
        ...

    async def verify_package(self, location: str) -> PackageWritten | None:
        """Read back every file against the manifest; None where there is none.

        Raises ObjectDamaged.
        """
        ...
