"""Parcels for tests of the ways out."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime

from schemas.deliveries import Parcel, ParcelDocument
from schemas.documents import Role
from schemas.ids import CaseNumber, DeliveryId, ServiceKey, TrackingId
from schemas.services import Setting

RECEIVED_AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
MAIN = "<Antrag><Ort>Würzburg</Ort></Antrag>".encode()


def streaming(content: bytes, step: int = 1024) -> Callable[[], AsyncIterator[bytes]]:
    """Opens the content anew each time, in steps."""

    async def stream() -> AsyncIterator[bytes]:
        for start in range(0, len(content), step):
            yield content[start : start + step]

    return stream


def make_document(
    content: bytes = MAIN,
    *,
    number: int = 1,
    role: Role = Role.MAIN,
    media_type: str = "application/xml",
    filename: str = "antrag.xml",
    step: int = 1024,
) -> ParcelDocument:
    return ParcelDocument(
        name=f"{number:04}.{'xml' if role is Role.MAIN else 'pdf'}",
        role=role,
        media_type=media_type,
        filename=filename,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        open=streaming(content, step),
    )


def make_attachment(
    content: bytes = b"%PDF-1.7 attachment",
    *,
    number: int = 2,
    filename: str = "Nachweis.pdf",
) -> ParcelDocument:
    return make_document(
        content,
        number=number,
        role=Role.ATTACHMENT,
        media_type="application/pdf",
        filename=filename,
    )


def make_parcel(
    *documents: ParcelDocument,
    delivery: str = "5f3c9a52d0e84b7d9c1a6e2b48f7d310",
    mapping: Mapping[str, Setting] | None = None,
    payload: str = "payload-1",
) -> Parcel:
    return Parcel(
        delivery=DeliveryId(delivery),
        case_number=CaseNumber("2026-000123"),
        tracking_id=TrackingId("7K3MP-9QXTV-2HDA"),
        service=ServiceKey("99107023017000"),
        received_at=RECEIVED_AT,
        payload=payload,
        mapping={} if mapping is None else mapping,
        documents=documents or (make_document(), make_attachment()),
    )
