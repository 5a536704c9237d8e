"""The ways out as configured today, each built when it is first needed."""

from collections.abc import Mapping

from adapters.base import Surroundings, WayOut
from adapters.registry import Registry
from schemas.ids import DestinationId
from schemas.services import Destination


class ConfiguredOutboxes:
    """Fills Outboxes: one adapter per destination, with its connections."""

    def __init__(
        self,
        destinations: Mapping[DestinationId, Destination],
        registry: Registry,
        surroundings: Surroundings,
    ) -> None:
        self._destinations = destinations
        self._registry = registry
        self._surroundings = surroundings
        self._built: dict[DestinationId, WayOut] = {}

    def __getitem__(self, destination: DestinationId) -> WayOut:
        """Raises KeyError where it is not configured any more."""
        if destination not in self._built:
            self._built[destination] = self._registry.build(
                self._destinations[destination], self._surroundings
            )
        return self._built[destination]

    async def aclose(self) -> None:
        """Give all connections back."""
        while self._built:
            _, outbox = self._built.popitem()
            await outbox.aclose()
