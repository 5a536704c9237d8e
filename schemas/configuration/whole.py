"""The folder as a whole: every file read, and what only several files can show."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from schemas.configuration.check_policy import PackCheck, any_pack
from schemas.configuration.entries import Draft
from schemas.configuration.house import ANY_HOUSE, House, parse_installation
from schemas.configuration.parse import (
    Known,
    file_id,
    parse_destination,
    parse_service,
)
from schemas.configuration.problems import ConfigProblem, FileProblem, KeyPath
from schemas.configuration.rings import Ring, rings
from schemas.configuration.source import ConfigFile, Document, read
from schemas.configuration.sources import parse_source
from schemas.ids import DestinationId, ServiceId
from schemas.services import Configuration, Destination, Service
from schemas.sources import Source

INSTALLATION: Final = "installation.toml"
SERVICES: Final = "services"
DESTINATIONS: Final = "destinations"
SOURCES: Final = "sources"

Configured: TypeAlias = Destination | Source | Ring
AdapterCheck: TypeAlias = Callable[[Configured], tuple[ConfigProblem, ...]]
"""What the adapter of a destination or a source has to say about its tables; and of
a ring, whether it is closed: that is a problem of the destination.

Paths of the problems start at the top of the file.
"""
Found: TypeAlias = ConfigFile | FileProblem
"""A file of the folder, or why it cannot be read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder:
    """What was found, in the order in which people are told of it."""

    installation: tuple[Found, ...]
    """One or none."""
    services: tuple[Found, ...]
    destinations: tuple[Found, ...]
    sources: tuple[Found, ...] = ()


Verdict: TypeAlias = Configuration | tuple[FileProblem, ...]


def configure(
    folder: Folder, check: AdapterCheck, packs: PackCheck = any_pack
) -> Verdict:
    """The configuration, or every problem in the order of files and lines."""
    problems: list[FileProblem] = []
    house = _house(folder, problems)
    destinations: list[Destination] = []
    documents: dict[DestinationId, Document] = {}
    for document in _documents(folder.destinations, problems):
        destination = parse_destination(document, house)
        documents[destination.value.id] = document
        said = check(destination.value) if destination.value.adapter else ()
        problems.extend(_placed(document, destination, said))
        destinations.append(destination.value)
    known = _known(folder, house, destinations)
    services = _services(folder, known, packs, problems)
    known = replace(known, services=frozenset(service.id for service in services))
    sources: list[Source] = []
    for document in _documents(folder.sources, problems):
        source = parse_source(document, known)
        said = check(source.value) if source.value.adapter else ()
        problems.extend(_placed(document, source, said))
        sources.append(source.value)
    if not problems:
        for ring in rings(services, destinations, sources):
            place = documents[ring.destination.id].placed
            problems.extend(map(place, check(ring)))
    if problems:
        return _in_order(folder, problems)
    return Configuration(
        installation=house.installation,
        services={service.id: service for service in services},
        destinations={destination.id: destination for destination in destinations},
        sources={source.id: source for source in sources},
    )


def _house(folder: Folder, problems: list[FileProblem]) -> House:
    if not folder.installation:
        problems.append(
            FileProblem(
                file=INSTALLATION,
                line=0,
                sentence="The file is missing.",
                remedy="Write it; examples/kreis/installation.toml shows how.",
            )
        )
    for document in _documents(folder.installation, problems):
        draft = parse_installation(document)
        problems.extend(_placed(document, draft))
        return draft.value
    return ANY_HOUSE


def _known(folder: Folder, house: House, destinations: Iterable[Destination]) -> Known:
    tenants = house.installation.tenants
    return Known(
        house=house,
        destinations=frozenset(file_id(found.file) for found in folder.destinations),
        owners={one.id: one.tenant for one in destinations if one.tenant in tenants},
    )


def _services(
    folder: Folder, known: Known, packs: PackCheck, problems: list[FileProblem]
) -> tuple[Service, ...]:
    services: list[Service] = []
    first: dict[ServiceId, str] = {}
    if not folder.services:
        problems.append(
            FileProblem(
                file=SERVICES,
                line=0,
                sentence="There is no service.",
                remedy="Add one file per service; examples/kreis/services shows how.",
            )
        )
    for document in _documents(folder.services, problems):
        draft = parse_service(document, known)
        service = draft.value
        services.append(service)
        problems.extend(_placed(document, draft, packs(service)))
        if service.key and first.setdefault(service.id, document.file) != document.file:
            problems.append(document.placed(_again(first[service.id], known.house)))
    return tuple(services)


def _again(file: str, house: House) -> ConfigProblem:
    remedy = "Keep one file per service."
    if house.installation.others:
        remedy = "Keep one, or say in one of them whose it is: tenant."
    return ConfigProblem(
        path=("leika",), sentence=f"{file} has the same LeiKa key.", remedy=remedy
    )


def _documents(
    found: Iterable[Found], problems: list[FileProblem]
) -> Iterable[Document]:
    for file in found:
        reading = read(file) if isinstance(file, ConfigFile) else file
        if isinstance(reading, Document):
            yield reading
        else:
            problems.append(reading)


def _placed(
    document: Document, draft: Draft[object], said: tuple[ConfigProblem, ...] = ()
) -> Iterable[FileProblem]:
    """At a place that an earlier reader complained of, later ones are not heard.

    A value that cannot be used at all would else be reported again as one that
    its reader does not understand.
    """
    heard: set[KeyPath] = set()
    for reader in (document.problems, draft.problems, said):
        news = [problem for problem in reader if problem.path not in heard]
        yield from map(document.placed, news)
        heard.update(problem.path for problem in news)


def _in_order(
    folder: Folder, problems: Iterable[FileProblem]
) -> tuple[FileProblem, ...]:
    files = (
        *folder.installation,
        *folder.services,
        *folder.destinations,
        *folder.sources,
    )
    order = {file.file: position for position, file in enumerate(files)}
    return tuple(sorted(problems, key=lambda one: (order.get(one.file, -1), one.line)))
