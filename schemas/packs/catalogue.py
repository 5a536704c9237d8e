"""The catalogue: where a URL that a schema names lies, in this pack or another."""

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from schemas.errors import PackBroken
from schemas.packs.manifest import CATALOGUE
from schemas.packs.manifest_file import json_object
from schemas.packs.manifest_rules import is_key
from schemas.packs.sums import Sealed, is_inside, shown

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A file of a pack."""

    key: str
    name: str

    def __str__(self) -> str:
        return shown(f"{self.key}/{self.name}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalogue:
    """Where a pack and those it requires say that schemas lie.

    URLs are looked up in the pack's own catalogue first, then in those of the packs
    it requires. What is no URL counts for the files of its own pack only.
    """

    by_url: Mapping[str, Spot]
    by_place: Mapping[tuple[str, str], Spot]
    keys: frozenset[str]

    def find(self, location: str, base: Spot) -> Spot:
        """The file that ``location`` means in the file ``base``."""
        mapped = self.mapped(location, base)
        if mapped:
            return mapped
        if _SCHEME.match(location) or location.startswith("//"):
            raise PackBroken(f"{base} imports {shown(location)}: in no {CATALOGUE}")
        spot = beside(location, base)
        if spot is None or spot.key not in self.keys:
            raise PackBroken(
                f"{base} imports {shown(location)}: outside the pack and its requires"
            )
        return spot

    def mapped(self, location: str, base: Spot) -> Spot | None:
        """What a catalogue says to it, exactly as it is written."""
        return self.by_place.get((base.key, location)) or self.by_url.get(location)


def catalogue_of(packs: Sequence[Sealed]) -> Catalogue:
    """Of a pack (the first) and of all that it requires."""
    by_url: dict[str, Spot] = {}
    by_place: dict[tuple[str, str], Spot] = {}
    keys = frozenset(pack.key for pack in packs)
    for pack in packs:
        for location, spot in read_catalogue(pack).items():
            if spot.key not in keys:
                raise PackBroken(
                    f"{pack.key}: {CATALOGUE} leads to {spot.key}, not among requires"
                )
            if _SCHEME.match(location):
                by_url.setdefault(location, spot)
            else:
                by_place[pack.key, location] = spot
    return Catalogue(by_url=by_url, by_place=by_place, keys=keys)


def read_catalogue(pack: Sealed) -> Mapping[str, Spot]:
    """One pack's own; empty where it has none."""
    if CATALOGUE not in pack.listed:
        return {}
    found: dict[str, Spot] = {}
    for location, path in json_object(pack.read(CATALOGUE), CATALOGUE).items():
        spot = _spot(path, pack.key) if isinstance(path, str) else None
        if spot is None:
            raise PackBroken(f"{pack.key}: {CATALOGUE} leads out at {shown(location)}")
        found[location] = spot
    return found


def beside(location: str, base: Spot) -> Spot | None:
    """What a relative location means beside this file; None = outside of all packs."""
    here = posixpath.join(base.key, posixpath.dirname(base.name))
    joined = posixpath.normpath(posixpath.join(here, unquote(location)))
    key, _, name = joined.partition("/")
    return Spot(key, name) if is_key(key) and is_inside(name) else None


def _spot(path: str, key: str) -> Spot | None:
    """``xsd/a.xsd`` in this pack, or ``../<key>/xsd/a.xsd`` in a required one."""
    if path.startswith("../"):
        key, _, path = path.removeprefix("../").partition("/")
    return Spot(key, path) if is_key(key) and is_inside(path) else None
