"""What a channel itself says at this moment, for whoever asks where something is."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from adapters.base import Followed, Proving, Surroundings
from adapters.registry import Registry, standard_registry
from adapters.secrets import MachineSecrets
from api.cli.house import CLOCK, House
from schemas.channels import Announced, ChannelEvent, Transmission
from schemas.errors import EngineError
from schemas.ids import DeliveryId, SourceId
from schemas.sources import Source
from storage.channel_traces import SubmissionTrace, Traces, TransmissionTrace
from storage.delivery_notes import SqlDeliveryNotes

_SECONDS: Final = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Live:
    """Answers of the channels; empty where nobody was asked."""

    events: Mapping[str, tuple[ChannelEvent, ...]] = field(default_factory=dict)
    """By submission."""
    transmissions: Mapping[DeliveryId, Transmission] = field(default_factory=dict)
    listed: tuple[tuple[SourceId, Announced], ...] = ()
    """What lies in a mailbox of ours under this id."""
    failed: tuple[tuple[str, str], ...] = ()
    """Who could not be asked, and the code that says why."""


async def look(house: House, text: str, found: Traces) -> Live:
    """Ask about what was found, and whether it lies in a mailbox still."""
    asking = _Asking(house)
    async with asyncio.TaskGroup() as group:
        for source in asking.sources.values():
            group.create_task(asking.list(source, text))
        for one in found.submissions:
            group.create_task(asking.prove(one))
        for each in found.transmissions:
            group.create_task(asking.follow(each))
    return asking.answers()


class _Asking:
    def __init__(self, house: House) -> None:
        configured = house.configuration()
        self.sources = configured.sources
        self._destinations = configured.destinations
        self._registry: Registry = standard_registry()
        self._surroundings = Surroundings(
            secrets=MachineSecrets(environ=os.environ, home=house.settings.home),
            home=house.settings.home,
            clock=CLOCK,
            notes=SqlDeliveryNotes(house.database),
            config=house.settings.config_folder,
        )
        self._events: dict[str, tuple[ChannelEvent, ...]] = {}
        self._transmissions: dict[DeliveryId, Transmission] = {}
        self._listed: list[tuple[SourceId, Announced]] = []
        self._failed: dict[str, str] = {}

    def answers(self) -> Live:
        return Live(
            events=self._events,
            transmissions=self._transmissions,
            listed=tuple(self._listed),
            failed=tuple(sorted(self._failed.items())),
        )

    async def list(self, source: Source, text: str) -> None:
        try:
            inbox = self._registry.build_source(source, self._surroundings)
            try:
                async with asyncio.timeout(_SECONDS):
                    listed = await inbox.listing()
            finally:
                await inbox.aclose()
        except (EngineError, TimeoutError) as error:
            self._fail(source.id, error)
            return
        self._listed += [
            (source.id, one) for one in listed if text in {one.submission, one.case}
        ]

    async def prove(self, one: SubmissionTrace) -> None:
        submission = one.submission
        source = self.sources.get(submission.source)
        if source is None:
            return
        asked = Announced(submission=submission.submission, case=submission.case)
        try:
            inbox = self._registry.build_source(source, self._surroundings)
            try:
                if isinstance(inbox, Proving):
                    async with asyncio.timeout(_SECONDS):
                        self._events[asked.submission] = await inbox.events(asked)
            finally:
                await inbox.aclose()
        except (EngineError, TimeoutError) as error:
            self._fail(source.id, error)

    async def follow(self, one: TransmissionTrace) -> None:
        destination = self._destinations.get(one.destination)
        if destination is None:
            return
        try:
            outbox = self._registry.build(destination, self._surroundings)
            try:
                if isinstance(outbox, Followed):
                    async with asyncio.timeout(_SECONDS):
                        seen = await outbox.follow(one.delivery)
                    self._transmissions[one.delivery] = seen
            finally:
                await outbox.aclose()
        except (EngineError, TimeoutError) as error:
            self._fail(one.destination, error)

    def _fail(self, name: str, error: EngineError | TimeoutError) -> None:
        code = error.code if isinstance(error, EngineError) else "E-TIMEOUT"
        self._failed[name] = code
