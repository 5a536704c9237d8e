"""Adapter name -> how its settings are read and how it is built; all of it explicit."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from adapters import memory
from adapters.base import Inbox, Surroundings, WayOut
from adapters.fitconnect.inbox.adapter import (
    FitConnectInbox,
    FitConnectSource,
    parse_source,
)
from adapters.fitconnect.outbox import parsing as fitconnect
from adapters.fitconnect.outbox.adapter import FitConnectOutbox
from adapters.fitconnect.outbox.settings import FitConnectConnection, FitConnectMapping
from adapters.fitconnect.rings import closed_ring
from adapters.fitconnect.tables import meanings_of, problems_of, routes_of
from adapters.folder import settings as folder
from adapters.folder.adapter import FolderOutbox
from adapters.http import parsing as http
from adapters.http.adapter import HttpOutbox
from adapters.http.settings import HttpConnection, HttpMapping
from adapters.memory import MemoryOutbox
from adapters.memory_inbox import MemoryInbox
from schemas.configuration.problems import ConfigProblem
from schemas.configuration.rings import Ring
from schemas.configuration.whole import Configured
from schemas.errors import ConfigurationInvalid
from schemas.fields import Fields
from schemas.services import Destination
from schemas.sources import Source

MappingT = TypeVar("MappingT")
ConnectionT = TypeVar("ConnectionT")


@dataclass(frozen=True, kw_only=True, slots=True)
class AdapterKind(Generic[MappingT, ConnectionT]):
    """One kind of counterpart. Reading is pure and notes problems in the fields."""

    name: str
    parse_mapping: Callable[[Fields], MappingT]
    parse_connection: Callable[[Fields], ConnectionT]
    build: Callable[[ConnectionT, Destination, Surroundings], WayOut]

    def validate(self, destination: Destination) -> tuple[ConfigProblem, ...]:
        """Every problem of the destination's two tables."""
        mapping = Fields(destination.mapping, "mapping")
        connection = Fields(destination.connection, "connection")
        self.parse_mapping(mapping)
        self.parse_connection(connection)
        return mapping.finish() + connection.finish()

    def make(self, destination: Destination, surroundings: Surroundings) -> WayOut:
        """The adapter; the destination has been validated."""
        connection = self.parse_connection(Fields(destination.connection, "connection"))
        return self.build(connection, destination, surroundings)


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceKind(Generic[ConnectionT]):
    """One kind of mailbox. Reading is pure and notes problems in the fields."""

    name: str
    parse: Callable[[Fields], ConnectionT]
    build: Callable[[ConnectionT, Source, Surroundings], Inbox]

    def validate(self, source: Source) -> tuple[ConfigProblem, ...]:
        """Every problem of the source's connection."""
        fields = Fields(source.connection, "connection")
        self.parse(fields)
        return fields.finish()

    def make(self, source: Source, surroundings: Surroundings) -> Inbox:
        """The adapter; the source has been validated."""
        connection = self.parse(Fields(source.connection, "connection"))
        return self.build(connection, source, surroundings)


class MailboxKind(Protocol):
    """A kind of mailbox, whatever its settings look like."""

    @property
    def name(self) -> str:
        """What a source's ``adapter`` says."""
        ...

    def validate(self, source: Source) -> tuple[ConfigProblem, ...]:
        """Every problem of the source's connection."""
        ...

    def make(self, source: Source, surroundings: Surroundings) -> Inbox:
        """The adapter; the source has been validated."""
        ...


class Kind(Protocol):
    """A kind of counterpart, whatever its settings look like."""

    @property
    def name(self) -> str:
        """What a destination's ``adapter`` says."""
        ...

    def validate(self, destination: Destination) -> tuple[ConfigProblem, ...]:
        """Every problem of the destination's two tables."""
        ...

    def make(self, destination: Destination, surroundings: Surroundings) -> WayOut:
        """The adapter; the destination has been validated."""
        ...


HTTP: Final[AdapterKind[HttpMapping, HttpConnection]] = AdapterKind(
    name="http",
    parse_mapping=http.parse_mapping,
    parse_connection=http.parse_connection,
    build=lambda connection, destination, surroundings: HttpOutbox(
        connection, surroundings, parallel=destination.max_parallel
    ),
)
FOLDER: Final[AdapterKind[folder.FolderMapping, folder.FolderConnection]] = AdapterKind(
    name="folder",
    parse_mapping=folder.parse_mapping,
    parse_connection=folder.parse_connection,
    build=lambda connection, destination, surroundings: FolderOutbox(
        connection, surroundings, parallel=destination.max_parallel
    ),
)
FITCONNECT: Final[AdapterKind[FitConnectMapping, FitConnectConnection]] = AdapterKind(
    name="fitconnect",
    parse_mapping=fitconnect.parse_mapping,
    parse_connection=fitconnect.parse_connection,
    build=lambda connection, destination, surroundings: FitConnectOutbox(
        connection,
        surroundings,
        mapping=destination.mapping,
        routes=routes_of(surroundings.config),
    ),
)
MEMORY: Final[AdapterKind[memory.MemoryMapping, memory.MemoryConnection]] = AdapterKind(
    name="memory",
    parse_mapping=memory.parse_mapping,
    parse_connection=memory.parse_connection,
    build=lambda connection, _destination, _surroundings: MemoryOutbox(
        connection, keep_content=False
    ),
)
MEMORY_SOURCE: Final[SourceKind[None]] = SourceKind(
    name="memory",
    parse=lambda _nothing_can_be_set: None,
    build=lambda _connection, source, _surroundings: MemoryInbox(source.id),
)
FITCONNECT_SOURCE: Final[SourceKind[FitConnectSource]] = SourceKind(
    name="fitconnect",
    parse=parse_source,
    build=lambda connection, source, surroundings: FitConnectInbox(
        source.id,
        connection,
        surroundings,
        meanings=meanings_of(surroundings.config),
        problems=problems_of(surroundings.config),
        routes=routes_of(surroundings.config),
    ),
)
STANDARD: Final[tuple[Kind, ...]] = (HTTP, FOLDER, MEMORY, FITCONNECT)
STANDARD_SOURCES: Final[tuple[MailboxKind, ...]] = (FITCONNECT_SOURCE, MEMORY_SOURCE)


class Registry:
    """The kinds that are known; make a fresh one for tests."""

    def __init__(
        self, kinds: Iterable[Kind] = (), sources: Iterable[MailboxKind] = ()
    ) -> None:
        self._kinds: dict[str, Kind] = {}
        self._sources: dict[str, MailboxKind] = {}
        for kind in kinds:
            self.register(kind)
        for mailbox_kind in sources:
            self.register_source(mailbox_kind)

    def register(self, kind: Kind) -> None:
        """Add a kind. Raises ConfigurationInvalid where the name is taken."""
        if kind.name in self._kinds:
            raise ConfigurationInvalid(f"adapter {kind.name} is registered twice")
        self._kinds[kind.name] = kind

    def register_source(self, kind: MailboxKind) -> None:
        """The same for a kind of mailbox."""
        if kind.name in self._sources:
            raise ConfigurationInvalid(f"source adapter {kind.name} is there twice")
        self._sources[kind.name] = kind

    @property
    def names(self) -> tuple[str, ...]:
        """Every known name, sorted."""
        return tuple(sorted(self._kinds))

    @property
    def source_names(self) -> tuple[str, ...]:
        """Every kind of mailbox, sorted."""
        return tuple(sorted(self._sources))

    def validate(self, configured: Configured) -> tuple[ConfigProblem, ...]:
        """Every problem at once; pure."""
        if isinstance(configured, Ring):
            return closed_ring(configured)
        if isinstance(configured, Source):
            return self.validate_source(configured)
        kind = self._kinds.get(configured.adapter)
        return _unknown(self.names) if kind is None else kind.validate(configured)

    def validate_source(self, source: Source) -> tuple[ConfigProblem, ...]:
        """The same of a source."""
        kind = self._sources.get(source.adapter)
        return _unknown(self.source_names) if kind is None else kind.validate(source)

    def build(self, destination: Destination, surroundings: Surroundings) -> WayOut:
        """Ready to deliver. Raises ConfigurationInvalid; a missing secret does not."""
        problems = self.validate(destination)
        if problems:
            raise ConfigurationInvalid(
                f"destination {destination.id}: {problems[0].sentence}"
            )
        return self._kinds[destination.adapter].make(destination, surroundings)

    def build_source(self, source: Source, surroundings: Surroundings) -> Inbox:
        """Ready to be looked into. Raises as ``build``."""
        problems = self.validate_source(source)
        if problems:
            raise ConfigurationInvalid(f"source {source.id}: {problems[0].sentence}")
        return self._sources[source.adapter].make(source, surroundings)


def _unknown(names: tuple[str, ...]) -> tuple[ConfigProblem, ...]:
    return (
        ConfigProblem(
            path=("adapter",),
            sentence="There is no such adapter.",
            remedy=f"Use one of {', '.join(names)}.",
        ),
    )


def standard_registry() -> Registry:
    """Every adapter that ships with Amtsweg."""
    return Registry(STANDARD, STANDARD_SOURCES)
