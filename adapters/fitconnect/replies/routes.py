"""What is remembered of the interface: the shipped file, and what corrects it."""

import re
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from adapters.fitconnect.metadata.values import metadata_uri, version_of
from schemas.configuration.entries import Entries
from schemas.configuration.problems import FileProblem
from schemas.configuration.source import ConfigFile, read
from schemas.errors import ConfigurationInvalid

REPLIES: Final = "fitconnect-replies.toml"
"""The operator's file, in the folder of the configuration."""
_SHIPPED: Final = Path(__file__).with_name("routes.toml")
_PATH: Final = re.compile(r"(/([A-Za-z0-9._~-]+|\{parcel\}|\{attachment\}))+")
_PLACE: Final = re.compile(r"\{([a-z]+)\}")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,79}")
_MAJOR: Final = 2
"""Of the metadata: those of the first generation know no replies."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Paths:
    """Below the submission address and its version."""

    list: str
    announce: str
    attachment: str
    submit: str
    read: str
    accept: str
    events: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Members:
    """Names in bodies and answers."""

    listed: str
    reply: str
    case: str
    announced: str
    attachments: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EventNames:
    """Kinds that mean something to us; any other is kept and ignored."""

    submit: str
    accept: str
    reject: str
    delete: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Routes:
    """The whole of it."""

    is_confirmed: bool
    metadata: str
    """Version that we write."""
    paths: Paths
    members: Members
    events: EventNames


Verdict: TypeAlias = Routes | tuple[FileProblem, ...]
_T = TypeVar("_T", Paths, Members, EventNames)
_PLACES: Final = {
    "list": frozenset[str](),
    "announce": frozenset[str](),
    "attachment": frozenset({"parcel", "attachment"}),
}
"""What a path has to name; every other one the parcel."""


@cache
def shipped_routes() -> Routes:
    """As this version ships them."""
    file = ConfigFile(file=_SHIPPED.name, raw=_SHIPPED.read_bytes())
    routes = _parse(file, None)
    if isinstance(routes, tuple):
        raise ConfigurationInvalid(problems=routes)
    return routes


def parse_routes(file: ConfigFile) -> Verdict:
    """The shipped ones with what the file replaces, or the file's problems."""
    return _parse(file, shipped_routes())


def _parse(file: ConfigFile, known: Routes | None) -> Verdict:
    """``known`` is what applies where the file says nothing; None: it says all."""
    document = read(file)
    if isinstance(document, FileProblem):
        return (document,)
    top = Entries(document.values)
    tables = [
        _Table(top.section(name), name) for name in ("paths", "members", "events")
    ]
    paths, members, events = tables
    routes = Routes(
        is_confirmed=top.flag("confirmed", default=bool(known and known.is_confirmed)),
        metadata=_metadata(top, known.metadata if known else None),
        paths=paths.read(Paths, known.paths if known else None),
        members=members.read(Members, known.members if known else None),
        events=events.read(EventNames, known.events if known else None),
    )
    said = [*top.finish(), *(one for each in tables for one in each.finish())]
    return document.all_problems(said) or routes


def _metadata(top: Entries, before: str | None) -> str:
    value = top.text("metadata", before)
    version = version_of(metadata_uri(value))
    if value and (version is None or version[0] != _MAJOR):
        top.wrong(
            "metadata", "It is no version that knows replies.", 'Write one as "2.1.0".'
        )
    return value


class _Table(Entries):
    """One table; what it does not say stays as it was."""

    def read(self, kind: type[_T], before: _T | None) -> _T:
        names = [one.name for one in fields(kind)]
        return kind(**{name: self._one(kind, name, before) for name in names})

    def _one(self, kind: type[_T], name: str, before: _T | None) -> str:
        value = self.text(name, getattr(before, name) if before else None)
        if value and kind is Paths:
            self._must_be_path(name, value)
        elif value and not _NAME.fullmatch(value):
            self.wrong(name, "It is no name.", "Write letters, digits, `-` and `_`.")
        return value

    def _must_be_path(self, name: str, value: str) -> None:
        places = _PLACES.get(name, frozenset({"parcel"}))
        if not _PATH.fullmatch(value) or set(_PLACE.findall(value)) != places:
            named = " and ".join(f"{{{one}}}" for one in sorted(places, reverse=True))
            self.wrong(
                name,
                "It is no path of this call.",
                f"Begin with `/`, after the version; it names {named or 'no id'}.",
            )
