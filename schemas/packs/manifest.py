"""The manifest of a pack: what it describes, for whom and from when to when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Final

MANIFEST: Final = "pack.json"
SUMS: Final = "pack.sums"
"""SHA-256 of every other file, as ``sha256sum`` writes it; its hash is the pack's."""
CATALOGUE: Final = "catalog.json"
"""URL of a schema → file, relative to this file; may lead into a required pack."""
CODE_LIST_INDEX: Final = "codelist_index.json"
VALID_SAMPLES: Final = "samples/valid"
INVALID_SAMPLES: Final = "samples/invalid"


class Kind(Enum):
    """What a pack is for."""

    XOEV = "xoev"
    FIM_JSON = "fim-json"
    FIM_XSD = "fim-xsd"
    FORM = "form"
    LIBRARY = "library"
    """Types and code lists that other packs use; recognises nothing by itself."""


class ListPolicy(Enum):
    """What a code that is not in its list means."""

    ERROR = "error"
    WARN = "warn"
    IGNORE = "ignore"


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A root element that the pack recognises."""

    name: str
    namespace: str = ""
    """"" = the manifest's."""
    code: str = ""
    """Number of the message, compared with ``nachrichtentyp/code``; "" = none."""
    role: str = ""
    """request, answer, reject or ack; "" = not said."""
    answer_to: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A form of a form server: its profile, and its id there."""

    profile: str
    id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """Where in a message the cross-checks look, as XPaths over local names.

    "" = the standard has none. Attributes are named with their @.
    """

    uuid: str = ""
    type: str = ""
    author: str = ""
    reader: str = ""
    standard: str = ""
    version: str = ""
    test: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """One Schematron: its source, what was generated from it, and how bad it is."""

    source: str
    stylesheet: str
    severities: Mapping[str, str] = field(default_factory=dict)
    """Rule id or role/flag → error, warning or ignore; without an entry: error."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """A pack in one value, as ``pack.json`` says it."""

    id: str
    version: str
    kind: Kind
    title: str
    namespace: str = ""
    standard_urn: str = ""
    schemas: tuple[str, ...] = ()
    """XSD files to compile; what they import is found through the catalogue."""
    json_schema: str = ""
    messages: tuple[Message, ...] = ()
    uri_aliases: tuple[str, ...] = ()
    forms: tuple[Form, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    accept_until: date | None = None
    """Grace: until then taken with a warning."""
    send_from: date | None = None
    requires: tuple[str, ...] = ()
    """Keys of packs whose files this one uses."""
    id_attributes: tuple[str, ...] = ()
    idref_attributes: tuple[str, ...] = ()
    head: Head | None = None
    max_bytes: int = 0
    """0 = the general limit."""
    huge_text: bool = False
    """Allows text of more than 10 MB: big base64 inside."""
    schematron: tuple[Rules, ...] = ()
    code_list_default: ListPolicy = ListPolicy.WARN
    code_list_policies: Mapping[str, ListPolicy] = field(default_factory=dict)
    """By URI of the list."""
    maps: tuple[str, ...] = ()
    """Files that turn form data into this pack's XML and back."""
    licence: str = ""
    source_url: str = ""

    @property
    def key(self) -> str:
        """What names the pack among all: its folder, and what ``requires`` says."""
        return f"{self.id}-{self.version}"
