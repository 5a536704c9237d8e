"""Sources as configured: ways in that we fetch from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from schemas.ids import ServiceKey, SourceId, TenantId
from schemas.services import Setting


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One mailbox of a channel, ``sources/<id>.toml``."""

    id: SourceId
    tenant: TenantId
    name: str
    adapter: str
    poll_every: timedelta
    services: Mapping[str, ServiceKey]
    """The channel's identifier of a service, where it is none of LeiKa."""
    connection: Mapping[str, Setting]
    """Address, credentials, keys: as the adapter reads it."""
