"""What a sender or a service says a document is; the document itself decides."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True, slots=True)
class NoClaim:
    """Nobody says anything."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SchemaUri:
    """The URI of a schema, as FIT-Connect's metadata carries it."""

    uri: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FormOf:
    """A form of a form server: its profile, and the form's id there."""

    profile: str
    id: str


Claim: TypeAlias = NoClaim | SchemaUri | FormOf
