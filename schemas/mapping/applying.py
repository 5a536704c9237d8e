"""Maps at work, of whichever kind: form to XML and back, and where they lie."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, assert_never

from schemas.errors import PackBroken
from schemas.findings import PackRef
from schemas.mapping.backwards import Read, read_back
from schemas.mapping.building import Built, Given, build
from schemas.mapping.form_data import Form as FormData
from schemas.mapping.form_map import FormMap, StylesheetMap, TreeMap
from schemas.mapping.map_file import form_of, read_map
from schemas.mapping.stylesheet import transform, transform_back
from schemas.packs.manifest import Form
from schemas.packs.presence import ACTIVE, PackEntry


def to_xml(found: FormMap, form: FormData, given: Given) -> Built:
    """The document a form becomes, or why it cannot.

    A ``StylesheetMap`` may run for ever: call it where it can be killed.
    """
    match found:
        case TreeMap():
            return build(found, form, given)
        case StylesheetMap():
            return transform(found, form, given)
        case _:
            assert_never(found)


def from_xml(found: FormMap, xml: bytes) -> Read:
    """The form behind a document; a ``StylesheetMap`` as for ``to_xml``."""
    match found:
        case TreeMap():
            return read_back(found, xml)
        case StylesheetMap():
            form = transform_back(found, xml)
            return Read(form=form or {}, is_other=form is None)
        case _:
            assert_never(found)


@dataclass(frozen=True, kw_only=True, slots=True)
class PackMap:
    """A map, and the pack whose documents it makes."""

    pack: PackRef
    entry: PackEntry
    file: str
    map: FormMap


class PackFiles(Protocol):
    """A pack of which only sealed bytes can be read."""

    def read(self, name: str) -> bytes:
        """PackBroken where the file is not as it was sealed."""
        ...


class MapLibrary(Protocol):
    """What this needs of the library of packs."""

    def entries(self) -> tuple[PackEntry, ...]:
        """Every pack there is."""
        ...

    def compiled(self, key: str) -> PackFiles:
        """A pack ready for use."""
        ...


def for_form(library: MapLibrary, profile: str, form: str) -> tuple[PackMap, ...]:
    """Every map of active packs for this form; several versions may have one.

    A broken pack or map raises PackBroken only where no other has one for the form:
    it must not stop the forms of the others.
    """
    wanted, found, broken = Form(profile=profile, id=form), list[PackMap](), None
    for entry in library.entries():
        if entry.status != ACTIVE or not entry.manifest.maps:
            continue
        try:
            files = library.compiled(entry.key)
            for name in entry.manifest.maps:
                if form_of(body := files.read(name), file=name) == wanted:
                    found.append(_read(body, name, files, entry))
        except PackBroken as error:
            broken = broken or error
    if broken and not found:
        raise broken
    return tuple(found)


def broken_maps(files: PackFiles, names: Iterable[str]) -> tuple[str, ...]:
    """What is wrong with the maps of a pack that is to be added, a line for each."""
    found = []
    for name in names:
        try:
            read_map(files.read(name), file=name, beside=files.read)
        except PackBroken as broken:
            found.extend(broken.detail.splitlines())
    return tuple(found)


def _read(body: bytes, name: str, files: PackFiles, entry: PackEntry) -> PackMap:
    found = read_map(body, file=name, beside=files.read)
    return PackMap(pack=entry.ref, entry=entry, file=name, map=found)
