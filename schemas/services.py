"""Services and destinations as configured, and the snapshot a case keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from schemas.checking.policy import CheckPolicy
from schemas.ids import (
    DestinationId,
    OfficeId,
    ServiceId,
    ServiceKey,
    SnapshotHash,
    SourceId,
    StepName,
    TenantId,
)
from schemas.scope import DEFAULT_TENANT

if TYPE_CHECKING:
    from schemas.sources import Source

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
    check: CheckPolicy = field(default_factory=CheckPolicy)
    """What its documents must be."""

    @property
    def id(self) -> ServiceId:
        """What nothing else in the installation is called."""
        return self.tenant, self.key


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


class Mode(Enum):
    """How strict Amtsweg is with whoever runs it."""

    TRIAL = "trial"
    """For trying out: keys make themselves and may lie beside the data."""
    PRODUCTION = "production"
    """With real cases: what would endanger them is refused at start."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tenant:
    """One administration (Mandant), and its offices (Dienststellen) by name."""

    id: TenantId
    name: str
    offices: Mapping[OfficeId, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Installation:
    """Whose house this is, with its offices, and who else lives there."""

    tenant: TenantId = DEFAULT_TENANT
    name: str = ""
    mode: Mode = Mode.TRIAL
    offices: Mapping[OfficeId, str] = field(default_factory=dict)
    others: tuple[Tenant, ...] = ()

    @property
    def tenants(self) -> Mapping[TenantId, Tenant]:
        """All of them, the installation's own first."""
        own = Tenant(id=self.tenant, name=self.name, offices=self.offices)
        return {one.id: one for one in (own, *self.others)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Configuration:
    """The operator's folder, validated as a whole."""

    services: Mapping[ServiceId, Service]
    destinations: Mapping[DestinationId, Destination]
    installation: Installation = Installation()
    sources: "Mapping[SourceId, Source]" = field(default_factory=dict)

    @property
    def owners(self) -> Mapping[DestinationId, TenantId]:
        """Whose each destination is."""
        return {one.id: one.tenant for one in self.destinations.values()}

    def of(self, *tenants: TenantId) -> "Configuration":
        """What belongs to these tenants; the installation stays as it is."""
        return replace(
            self,
            services={i: s for i, s in self.services.items() if s.tenant in tenants},
            destinations={
                i: d for i, d in self.destinations.items() if d.tenant in tenants
            },
            sources={i: s for i, s in self.sources.items() if s.tenant in tenants},
        )
