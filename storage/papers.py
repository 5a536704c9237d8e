"""What a worker reads of a case beyond its row: documents, key, configuration."""

from typing import Any

from sqlalchemy import select

from schemas.documents import Document, Inline, InVault, Role, StoredObject, WrappedKey
from schemas.ids import DocumentId, KeyName, SnapshotHash, TenantId
from schemas.work import LeasedCase, Papers
from storage.database import Database
from storage.tables import DataKeyRow, DocumentRow, SnapshotRow
from storage.tables.base import table

DOCUMENTS, KEYS, SNAPSHOTS = table(DocumentRow), table(DataKeyRow), table(SnapshotRow)


class PaperStore:
    """Documents as received, and the configuration that applied."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def papers(self, leased: LeasedCase) -> Papers:
        """The case's documents, in order, and the key that opens them."""
        async with self._database.read() as connection:
            rows = (
                await connection.execute(
                    select(DOCUMENTS, KEYS.c.kek, KEYS.c.wrapped)
                    .join_from(DOCUMENTS, KEYS, KEYS.c.case_id == DOCUMENTS.c.case_id)
                    .where(DOCUMENTS.c.case_id == leased.case.id)
                    .order_by(DOCUMENTS.c.position)
                )
            ).all()
        return Papers(
            key=WrappedKey(kek=KeyName(rows[0].kek), wrapped=rows[0].wrapped),
            documents=tuple(_document(row) for row in rows),
        )

    async def snapshot(self, tenant: TenantId, wanted: SnapshotHash) -> bytes:
        """The configuration a case was received under."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(SNAPSHOTS.c.body).where(
                    SNAPSHOTS.c.tenant_id == tenant, SNAPSHOTS.c.hash == wanted
                )
            )
            return bytes(found.scalar_one())


def _document(row: Any) -> Document:
    place = InVault(path=row.path) if row.inline is None else Inline(sealed=row.inline)
    return Document(
        stored=StoredObject(
            id=DocumentId(row.id), size=row.size, sha256=row.sha256, place=place
        ),
        role=Role(row.role),
        position=row.position,
        media_type=row.media_type,
        sealed_name=row.sealed_name,
    )
