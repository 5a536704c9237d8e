"""What a worker reads of a case beyond its row: documents, key, configuration."""

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from schemas.documents import Document, Inline, InVault, Role, StoredObject, WrappedKey
from schemas.events import CaseDelivered, RecordedEvent
from schemas.ids import (
    CaseId,
    DeliveryId,
    DocumentId,
    KeyName,
    SnapshotHash,
    TenantId,
)
from schemas.work import LeasedCase, Papers
from storage.columns import Found
from storage.database import Database
from storage.late_rejections import REJECTED
from storage.rows import event_of
from storage.tables import (
    DataKeyRow,
    DeliveryRow,
    DocumentRow,
    EventRow,
    SnapshotRow,
)
from storage.tables.base import table

DOCUMENTS, KEYS, SNAPSHOTS = table(DocumentRow), table(DataKeyRow), table(SnapshotRow)
EVENTS, DELIVERIES = table(EventRow), table(DeliveryRow)

_PAPERS = (
    select(DOCUMENTS, KEYS.c.kek, KEYS.c.wrapped)
    .join_from(DOCUMENTS, KEYS, KEYS.c.case_id == DOCUMENTS.c.case_id)
    .where(DOCUMENTS.c.case_id == bindparam("case"))
    .order_by(DOCUMENTS.c.position)
)
_LAST_DELIVERED = (
    select(func.coalesce(func.max(EVENTS.c.seq), 1))
    .where(
        EVENTS.c.case_id == bindparam("case"), EVENTS.c.kind == CaseDelivered.__name__
    )
    .scalar_subquery()
)
_CHAIN = (
    select(EVENTS)
    .where(EVENTS.c.case_id == bindparam("case"), EVENTS.c.seq <= _LAST_DELIVERED)
    .order_by(EVENTS.c.seq)
)
_RECEIPTS = (
    select(DELIVERIES.c.id, DELIVERIES.c.receipt_sealed)
    .where(
        DELIVERIES.c.case_id == bindparam("case"),
        # What was rejected later had a receipt, too: it belongs to the proof.
        DELIVERIES.c.state.in_(("delivered", REJECTED)),
        # What a person found at the counterpart came without a receipt.
        DELIVERIES.c.receipt_sealed.is_not(None),
    )
    .order_by(DELIVERIES.c.id)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptReceipt:
    """A counterpart's receipt, encrypted under the case's data key."""

    delivery: DeliveryId
    sealed: bytes


class PaperStore:
    """Documents as received, and the configuration that applied."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def papers(self, leased: LeasedCase) -> Papers:
        """The case's documents, in order, and the key that opens them."""
        async with self._database.read() as connection:
            rows = (await connection.execute(_PAPERS, {"case": leased.case.id})).all()
        return Papers(
            key=WrappedKey(kek=KeyName(rows[0].kek), wrapped=rows[0].wrapped),
            documents=tuple(_document(row) for row in rows),
        )

    async def knows(self, case: CaseId, document: DocumentId) -> bool:
        """Whether a committed case has this document; all else is an orphan."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(DOCUMENTS.c.id).where(
                    DOCUMENTS.c.case_id == case, DOCUMENTS.c.id == document
                )
            )
            return found.first() is not None

    async def evidence(
        self, case: CaseId
    ) -> tuple[tuple[RecordedEvent, ...], tuple[KeptReceipt, ...]]:
        """The chain up to the last confirmed delivery, and the receipts.

        Up to there it never changes, so a package that a dead worker left half
        written is completed with the same bytes.
        """
        async with self._database.read() as connection:
            events = await connection.execute(_CHAIN, {"case": case})
            receipts = await connection.execute(_RECEIPTS, {"case": case})
            return tuple(map(event_of, events)), tuple(
                KeptReceipt(delivery=DeliveryId(row.id), sealed=row.receipt_sealed)
                for row in receipts
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


def _document(row: Found) -> Document:
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
