"""Whose matters are looked at, and how that is told where there are several tenants."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from api.doctor.results import Result
from schemas.ids import TenantId
from schemas.scope import among
from schemas.services import Installation

_COMMAND = "`amtsweg "


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """The tenants that are looked at."""

    at: tuple[TenantId, ...]
    own: TenantId
    """The one that commands are about where none is chosen."""

    @property
    def names_tenants(self) -> bool:
        """Whether it has to be said whose something is."""
        return len(self.at) > 1

    def remedy(self, text: str, tenant: TenantId) -> str:
        """A remedy whose commands are about this tenant, too."""
        if tenant == self.own:
            return text
        return text.replace(_COMMAND, f"{_COMMAND}--tenant {tenant} ")

    def told(self, tenant: TenantId, results: Iterable[Result]) -> tuple[Result, ...]:
        """Results that are one tenant's, with its name where there are others."""
        whose = f" ({tenant})" if self.names_tenants else ""
        return tuple(
            replace(
                one,
                subject=f"{one.subject}{whose}",
                remedy=self.remedy(one.remedy, tenant),
            )
            for one in results
        )


def looked_at(installation: Installation, chosen: TenantId | None) -> Looked:
    """All, or the chosen one. Raises UnknownTenant."""
    known = installation.tenants
    at = tuple(known) if chosen is None else (among(known, chosen),)
    return Looked(at=at, own=installation.tenant)
