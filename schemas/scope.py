"""Whose data may be read: no store answers without a scope."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from schemas.errors import UnknownTenant
from schemas.ids import OfficeId, TenantId

DEFAULT_TENANT: Final = TenantId("standard")


@dataclass(frozen=True, kw_only=True, slots=True)
class AllOffices:
    """Every office of the tenant (administration, the machine itself)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SomeOffices:
    """Only these offices of the tenant."""

    offices: frozenset[OfficeId]


Offices = AllOffices | SomeOffices


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """One tenant, and all or some of its offices."""

    tenant: TenantId
    offices: Offices = AllOffices()

    def sees(self, office: OfficeId) -> bool:
        """Whether data of this office may be shown."""
        match self.offices:
            case AllOffices():
                return True
            case SomeOffices(offices=offices):
                return office in offices


def among(tenants: Collection[TenantId], wanted: TenantId) -> TenantId:
    """The tenant that is wanted, if there is one. Raises UnknownTenant."""
    if wanted not in tenants:
        raise UnknownTenant(f"There are: {', '.join(sorted(tenants)) or 'none'}.")
    return wanted
