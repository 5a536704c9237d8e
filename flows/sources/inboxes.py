"""The mailboxes as configured today, each built when it is first needed."""

from adapters.base import Inbox, Surroundings
from adapters.registry import Registry
from schemas.ids import SourceId
from schemas.sources import Source


class ConfiguredInboxes:
    """One inbox per source, with its connections."""

    def __init__(self, registry: Registry, surroundings: Surroundings) -> None:
        self._registry, self._surroundings = registry, surroundings
        self._built: dict[SourceId, Inbox] = {}

    def of(self, source: Source) -> Inbox:
        """The one of this source. Raises ConfigurationInvalid."""
        if source.id not in self._built:
            self._built[source.id] = self._registry.build_source(
                source, self._surroundings
            )
        return self._built[source.id]

    async def aclose(self) -> None:
        """Give all connections back."""
        while self._built:
            _, inbox = self._built.popitem()
            await inbox.aclose()
