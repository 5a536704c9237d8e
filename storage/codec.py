"""States and events to the bytes that are kept, and back."""

import typing
from typing import Any, Final

from pydantic import TypeAdapter

from schemas.channels import Inspection
from schemas.checking.claims import Claim
from schemas.events import Event
from schemas.rules.destinations import DestinationState
from schemas.states import CaseState, Problem


class Codec:
    """Writes the values of one sum type as (kind, JSON), the kind being its class."""

    def __init__(self, union: object) -> None:
        members = typing.get_args(union)
        self._adapters: dict[str, TypeAdapter[Any]] = {
            member.__name__: TypeAdapter(member) for member in members
        }

    def dump(self, value: object) -> tuple[str, bytes]:
        """Kind and canonical JSON (fields in order of declaration)."""
        kind = type(value).__name__
        return kind, self._adapters[kind].dump_json(value)

    def load(self, kind: str, body: bytes | str) -> Any:  # noqa: ANN401 - a member
        """The value again."""
        return self._adapters[kind].validate_json(body)


STATES: Final = Codec(CaseState)
EVENTS: Final = Codec(Event)
DESTINATION_STATES: Final = Codec(DestinationState)
CLAIMS: Final = Codec(Claim)
INSPECTIONS: Final = Codec(Inspection)
_PROBLEMS: Final = TypeAdapter(tuple[Problem, ...])


def dump_problems(problems: tuple[Problem, ...]) -> str:
    """A problem list as JSON."""
    return _PROBLEMS.dump_json(problems).decode()


def load_problems(body: str) -> tuple[Problem, ...]:
    """The list again."""
    return _PROBLEMS.validate_json(body)
