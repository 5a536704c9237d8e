"""What ``schema add`` makes of a download, before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from schemas.packs.building.survey import Role
from schemas.packs.code_lists import ListRef
from schemas.packs.manifest import Form, ListPolicy, Manifest


@dataclass(frozen=True, kw_only=True, slots=True)
class AddOptions:
    """What a person knows better; "" and None leave it to the download."""

    id: str = ""
    version: str = ""
    title: str = ""
    main: str = ""
    """The schema that is the standard, by the end of its path."""
    valid_from: date | None = None
    valid_to: date | None = None
    accept_until: date | None = None
    licence: str = ""
    source_url: str = ""
    uri_aliases: tuple[str, ...] = ()
    forms: tuple[Form, ...] = ()
    code_list_default: ListPolicy = ListPolicy.WARN
    without_samples: tuple[str, ...] = ()
    """Names of samples that their publisher got wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """A file of the download, and where it goes in the pack."""

    source: str
    target: str
    role: Role


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """A file of the download that is no part of the pack."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """Something without which the pack cannot be."""

    namespace: str
    location: str
    importer: str
    advice: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A pack to be: whole when ``missing`` is empty and ``rivals`` too."""

    manifest: Manifest
    catalogue: Mapping[str, str]
    files: tuple[Placed, ...]
    left_out: tuple[LeftOut, ...]
    missing: tuple[Missing, ...]
    rivals: tuple[str, ...] = ()
    """Schemas of which one must be named as main."""
    foreign_samples: tuple[str, ...] = ()
    """Documents of another standard or version."""
    code_lists: tuple[ListRef, ...] = ()
    notes: tuple[str, ...] = ()
    bodies: Mapping[str, bytes] = field(repr=False, default_factory=dict)
    """By target; with those of ``files``."""

    def of(self, role: Role) -> tuple[str, ...]:
        """Targets of this role."""
        return tuple(one.target for one in self.files if one.role is role)
