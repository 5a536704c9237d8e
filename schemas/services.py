"""Services and destinations as configured, and the snapshot a case keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from schemas.ids import (
    DestinationId,
    OfficeId,
    ServiceKey,
    SnapshotHash,
    StepName,
    TenantId,
)

Setting = str | int | float | bool | tuple["Setting", ...] | Mapping[str, "Setting"]
"""A plain value out of a configuration file."""


class Order(Enum):
    """In which order the cases of a service reach a destination."""

    RECEIPT = "receipt"
    """They start in order of receipt; slots may let them overtake."""
    STRICT = "strict"
    """One in flight, exactly in order of receipt."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """One public service (Leistung) and how its cases go."""

    key: ServiceKey
    name: str
    tenant: TenantId
    office: OfficeId
    process: tuple[StepName, ...]
    destinations: tuple[DestinationId, ...]
    deadline: timedelta
    retention_class: str
    order: Order


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """One counterpart that takes deliveries.

    ``mapping`` (what is sent) is frozen with a case's snapshot; ``connection``
    (address, credentials, certificates) and the limits never are.
    """

    id: DestinationId
    tenant: TenantId
    name: str
    adapter: str
    max_parallel: int
    give_up_after: timedelta
    mapping: Mapping[str, Setting]
    connection: Mapping[str, Setting]


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """What applied to a case when it was received, as canonical JSON."""

    hash: SnapshotHash
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Configuration:
    """The operator's folder, validated as a whole."""

    services: Mapping[ServiceKey, Service]
    destinations: Mapping[DestinationId, Destination]
