"""What is remembered of the interface, read from the one file that holds it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("routes.toml")


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


@cache
def known_routes() -> Routes:
    """As this version ships them."""
    return read_routes(tomllib.loads(_FILE.read_text(encoding="utf-8")))


def read_routes(found: Mapping[str, object]) -> Routes:
    """Raises TypeError for a name too many or too few, KeyError for a table."""
    paths, members, events = found["paths"], found["members"], found["events"]
    if not all(isinstance(one, dict) for one in (paths, members, events)):
        raise TypeError("paths, members and events are tables")
    return Routes(
        is_confirmed=found["confirmed"] is True,
        metadata=str(found["metadata"]),
        paths=Paths(**_texts(paths)),
        members=Members(**_texts(members)),
        events=EventNames(**_texts(events)),
    )


def _texts(table: object) -> dict[str, str]:
    return (
        {str(name): str(text) for name, text in table.items()}
        if isinstance(table, dict)
        else {}
    )
