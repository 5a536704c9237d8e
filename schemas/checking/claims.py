"""What a sender or a service says a document is; the content decides."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True, slots=True)
class NoClaim:
    """Nothing is said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SchemaUri:
    """It follows the schema with this URI."""

    uri: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FormOf:
    """It was filled in on this form of a form server."""

    profile: str
    id: str


Claim: TypeAlias = NoClaim | SchemaUri | FormOf
