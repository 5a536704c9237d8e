"""Documents of a case: what was received, and where its bytes are."""

from dataclasses import dataclass
from enum import Enum

from schemas.ids import DocumentId, KeyName


class Role(Enum):
    """What a document is within its case."""

    MAIN = "main"
    ATTACHMENT = "attachment"


@dataclass(frozen=True, kw_only=True, slots=True)
class Inline:
    """The encrypted bytes themselves, kept in the database."""

    sealed: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class InVault:
    """The encrypted bytes are an object of the vault under this path."""

    path: str


Place = Inline | InVault


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredObject:
    """An object that is complete: size and hash are of the plain bytes."""

    id: DocumentId
    size: int
    sha256: str
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class WrappedKey:
    """A case's data key, wrapped by a named key-encryption key."""

    kek: KeyName
    wrapped: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One received document.

    ``sealed_name`` is the sender's file name, encrypted under the case's data key:
    names of files are personal data, and never paths.
    """

    stored: StoredObject
    role: Role
    position: int
    media_type: str
    sealed_name: bytes
