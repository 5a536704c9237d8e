"""Adapter name -> how its settings are read and how it is built; all of it explicit."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from adapters import memory
from adapters.base import Surroundings, WayOut
from adapters.folder import settings as folder
from adapters.folder.adapter import FolderOutbox
from adapters.http import parsing as http
from adapters.http.adapter import HttpOutbox
from adapters.http.settings import HttpConnection, HttpMapping
from adapters.memory import MemoryOutbox
from schemas.configuration.problems import ConfigProblem
from schemas.errors import ConfigurationInvalid
from schemas.fields import Fields
from schemas.services import Destination

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
MEMORY: Final[AdapterKind[memory.MemoryMapping, memory.MemoryConnection]] = AdapterKind(
    name="memory",
    parse_mapping=memory.parse_mapping,
    parse_connection=memory.parse_connection,
    build=lambda connection, _destination, _surroundings: MemoryOutbox(
        connection, keep_content=False
    ),
)
STANDARD: Final[tuple[Kind, ...]] = (HTTP, FOLDER, MEMORY)


class Registry:
    """The kinds that are known; make a fresh one for tests."""

    def __init__(self, kinds: Iterable[Kind] = ()) -> None:
        self._kinds: dict[str, Kind] = {}
        for kind in kinds:
            self.register(kind)

    def register(self, kind: Kind) -> None:
        """Add a kind. Raises ConfigurationInvalid where the name is taken."""
        if kind.name in self._kinds:
            raise ConfigurationInvalid(f"adapter {kind.name} is registered twice")
        self._kinds[kind.name] = kind

    @property
    def names(self) -> tuple[str, ...]:
        """Every known name, sorted."""
        return tuple(sorted(self._kinds))

    def validate(self, destination: Destination) -> tuple[ConfigProblem, ...]:
        """Every problem at once; pure."""
        kind = self._kinds.get(destination.adapter)
        if kind is not None:
            return kind.validate(destination)
        return (
            ConfigProblem(
                path=("adapter",),
                sentence="There is no such adapter.",
                remedy=f"Use one of {', '.join(self.names)}.",
            ),
        )

    def build(self, destination: Destination, surroundings: Surroundings) -> WayOut:
        """Ready to deliver. Raises ConfigurationInvalid; a missing secret does not."""
        problems = self.validate(destination)
        if problems:
            raise ConfigurationInvalid(
                f"destination {destination.id}: {problems[0].sentence}"
            )
        return self._kinds[destination.adapter].make(destination, surroundings)


def standard_registry() -> Registry:
    """Every adapter that ships with Amtsweg."""
    return Registry(STANDARD)
