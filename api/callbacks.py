"""Who may call that something is new: by name, believed by a secret of its own."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from adapters.base import SecretReader
from schemas.ids import TenantId
from schemas.secrets import SecretReference, parse_reference
from schemas.services import Configuration, Destination, Setting
from schemas.sources import Source

FITCONNECT: Final = "fitconnect"
SECRET: Final = "callback_secret"  # noqa: S105 - names a setting
"""Under this name every connection has the reference, of sources and destinations."""
PER_SECOND: Final = 50.0
"""How often one name may call; whatever was missed is found by polling."""
BURST: Final = 200.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """A source or a destination whose channel calls."""

    tenant: TenantId
    secret: SecretReference


@dataclass(frozen=True, kw_only=True, slots=True)
class Callbacks:
    """The door's side of it."""

    callers: Mapping[str, Caller]
    secrets: SecretReader
    wish: Callable[[TenantId, str], Awaitable[None]]
    """Say that there is news; may be said again and again."""


class Pace:
    """Tokens in a bucket, one bucket a name."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """``clock`` counts seconds and is never set."""
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def allows(self, name: str) -> bool:
        """Whether it may call now; asked of known names only."""
        now = self._clock()
        left, since = self._buckets.get(name, (BURST, now))
        left = min(BURST, left + (now - since) * PER_SECOND)
        allowed = left >= 1
        self._buckets[name] = (left - 1 if allowed else left, now)
        return allowed


def callers_of(configuration: Configuration) -> dict[str, Caller]:
    """Everybody who has a secret; names of sources and destinations never clash."""
    places: tuple[Source | Destination, ...] = (
        *configuration.sources.values(),
        *configuration.destinations.values(),
    )
    return {
        place.id: Caller(tenant=place.tenant, secret=secret)
        for place in places
        if place.adapter == FITCONNECT
        for secret in _secret(place.connection)
    }


def _secret(connection: Mapping[str, Setting]) -> Iterator[SecretReference]:
    written = connection.get(SECRET)
    reference = parse_reference(written) if isinstance(written, str) else None
    if reference is not None:
        yield reference
