"""A delivery on its way out: what the adapter gets."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from schemas.documents import Role
from schemas.ids import CaseNumber, DeliveryId, ServiceKey, TrackingId
from schemas.services import Setting


@dataclass(frozen=True, kw_only=True, slots=True)
class ParcelDocument:
    """One document; ``name`` is ours (``0001.xml``), never the sender's.

    ``filename`` is the sender's word for it, to be sent as data only.
    """

    name: str
    role: Role
    media_type: str
    filename: str
    size: int
    sha256: str
    open: Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """Everything an adapter may know of a case."""

    delivery: DeliveryId
    case_number: CaseNumber
    tracking_id: TrackingId
    service: ServiceKey
    received_at: datetime
    payload: str
    """Hash over mapping and documents, frozen with the first attempt."""
    mapping: Mapping[str, Setting]
    documents: tuple[ParcelDocument, ...]
    is_first: bool = False
    """Nothing has been tried under this delivery id before."""
