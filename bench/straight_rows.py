"""Rows as the straight line writes them."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final

from schemas.documents import Inline, StoredObject
from schemas.ids import DestinationId, OfficeId, TenantId, new_tracking_id

TENANT, OFFICE = TenantId("standard"), OfficeId("wohngeld")
OWNER: Final = {"tenant_id": TENANT, "office_id": OFFICE}
DESTINATION: Final = DestinationId("fachverfahren")


async def once(chunk: bytes) -> AsyncIterator[bytes]:
    """A file's bytes in one piece."""
    yield chunk


def document_row(case: str, stored: StoredObject, place: Inline) -> dict[str, Any]:
    """The document, inline."""
    return {
        "case_id": case,
        "position": 0,
        "id": stored.id,
        "role": "main",
        "media_type": "application/xml",
        "sealed_name": b"",
        "size": stored.size,
        "sha256": stored.sha256,
        "inline": place.sealed,
        "path": None,
    }


def delivery_row(case: str, delivery: str, payload: str) -> dict[str, Any]:
    """The delivery, about to leave."""
    return {
        "id": delivery,
        "case_id": case,
        "destination": DESTINATION,
        "generation": 1,
        "payload": payload,
        "state": "open",
        "since": datetime.now(UTC),
    }


def case_row(
    case: str, sender: str, now: datetime, numbered: tuple[str, int, bytes]
) -> dict[str, Any]:
    """The case, due at once; ``numbered`` is number, counter and head of chain."""
    number, last, head = numbered
    return {
        "id": case,
        "number": number,
        "receipt": last,
        "tracking_id": new_tracking_id(os.urandom),
        "service": "99107023017000",
        "sender": sender,
        "source": sender,
        "snapshot": "",
        "received_at": now,
        "changed_at": now,
        "state": "Received",
        "state_body": "{}",
        "seq": 1,
        "head": head,
        "queue": "s:standard/formserver",
        "lane": 0,
        "due_at": now,
    }
