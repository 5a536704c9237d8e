"""What tests of the vault and the archive are made of."""

from collections.abc import AsyncIterator, Iterable, Mapping
from random import Random

from schemas.documents import StoredObject
from schemas.ids import CaseId, DocumentId, OfficeId, TenantId
from storage.base import CaseKey, PackageFile, Vault

TENANT = TenantId("standard")
OFFICE = OfficeId("bauamt")
CASE = CaseId("c" * 32)
DOCUMENT = DocumentId("d" * 32)
MARKER = b"Erika Mustermann, Heidestr. 17"
"""Must not be found on any disk."""


def some_bytes(size: int) -> bytes:
    """Bytes without a pattern, the same for the same size."""
    return Random(size).randbytes(size)


def marked_bytes(size: int) -> bytes:
    """Bytes in which the marker stands again and again."""
    return (MARKER * (size // len(MARKER) + 1))[:size]


def new_key(vault: Vault, *, tenant: str = TENANT, case: str = CASE) -> CaseKey:
    return vault.new_key(tenant=TenantId(tenant), office=OFFICE, case=CaseId(case))


def split(data: bytes, lengths: Iterable[int]) -> list[bytes]:
    """The same bytes in pieces of these lengths, and the rest."""
    pieces, start = [], 0
    for length in lengths:
        pieces.append(data[start : start + length])
        start += length
    return [*pieces, data[start:]]


async def store(
    vault: Vault,
    key: CaseKey,
    *chunks: bytes,
    document: DocumentId = DOCUMENT,
) -> StoredObject:
    writer = vault.create(key, document)
    try:
        for chunk in chunks:
            await writer.write(chunk)
        return await writer.finish()
    finally:
        await writer.abort()


async def load(vault: Vault, key: CaseKey, stored: StoredObject) -> bytes:
    return b"".join([frame async for frame in vault.read(key, stored)])


async def chunks_of(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def files_of(contents: Mapping[str, bytes]) -> AsyncIterator[PackageFile]:
    for path, content in contents.items():
        yield PackageFile(
            path=path,
            role="original" if path.startswith("data/") else "evidence",
            media_type="application/xml",
            chunks=chunks_of(content),
        )
