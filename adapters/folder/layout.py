"""Names and contents of a delivered set; every name is ours.

<delivery id>/            the set: documents and index, there as a whole or not
    0001.xml …
    vorgang.json          the index; the sender's file names stand in it as data
<delivery id>.fertig      the marker: from now on the set may be taken
.amtsweg/<delivery id>    the ledger: this delivery has been written once
.amtsweg/tmp/             sets that are not complete yet
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from schemas.deliveries import Parcel
from schemas.ids import DeliveryId

LEDGER: Final = ".amtsweg"
INDEX: Final = "vorgang.json"
MARKER_SUFFIX: Final = ".fertig"
FORMAT: Final = 1
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\.[A-Za-z0-9]{1,10})?")
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where the parts of one delivery are."""

    root: Path
    delivery: DeliveryId

    @property
    def data(self) -> Path:
        """The set."""
        return self.root / self.delivery

    @property
    def marker(self) -> Path:
        """What tells the consumer that the set is complete."""
        return self.root / f"{self.delivery}{MARKER_SUFFIX}"

    @property
    def ledger(self) -> Path:
        """What tells us that it was written once."""
        return self.root / LEDGER / self.delivery

    @property
    def temporary(self) -> Path:
        """Where everything begins."""
        return self.root / LEDGER / "tmp"


def is_plain(parcel: Parcel) -> bool:
    """Whether every name that becomes a path is as harmless as ours are."""
    names = [document.name for document in parcel.documents]
    return (
        _PLAIN_ID.fullmatch(parcel.delivery) is not None
        and all(_PLAIN.fullmatch(name) for name in names)
        and len({INDEX, *(name.lower() for name in names)}) == len(names) + 1
    )


def index_of(parcel: Parcel) -> bytes:
    """The index; the same bytes whenever the same parcel is delivered."""
    return _json(
        {
            "format": FORMAT,
            "delivery_id": parcel.delivery,
            "case_number": parcel.case_number,
            "tracking_id": parcel.tracking_id,
            "service": parcel.service,
            "received_at": parcel.received_at.isoformat(),
            "documents": [
                {
                    "name": document.name,
                    "role": document.role.value,
                    "media_type": document.media_type,
                    "filename": document.filename,
                    "size": document.size,
                    "sha256": document.sha256,
                }
                for document in parcel.documents
            ],
        }
    )


def ledger_of(parcel: Parcel, written_at: datetime) -> bytes:
    """What we remember of a set after its consumer has taken it: no personal data."""
    return _json(
        {
            "format": FORMAT,
            "delivery_id": parcel.delivery,
            "payload": parcel.payload,
            "index_sha256": hashlib.sha256(index_of(parcel)).hexdigest(),
            "written_at": written_at.isoformat(),
        }
    )


def payload_of(ledger: bytes) -> str | None:
    """The payload's hash out of a ledger; None when it is not one."""
    try:
        entry = json.loads(ledger)
    except ValueError:
        return None
    payload = entry.get("payload") if isinstance(entry, dict) else None
    return payload if isinstance(payload, str) else None


def _json(values: object) -> bytes:
    text = json.dumps(values, ensure_ascii=False, indent=2)
    return (text + "\n").encode("utf-8", "replace")
