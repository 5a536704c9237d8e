"""A proposal as a folder that can be compiled, before anybody else can see it."""

import json
from pathlib import Path

from lxml import etree

from schemas.errors import PackBroken
from schemas.packs.building.proposal import Proposal
from schemas.packs.compiled import CompiledPack
from schemas.packs.library import PackLibrary, shipped_packs
from schemas.packs.manifest import (
    CATALOGUE,
    MANIFEST,
    SUMS,
    VALID_SAMPLES,
    Manifest,
)
from schemas.packs.manifest_file import write_manifest
from schemas.packs.presence import Active
from schemas.packs.sums import Sealed, make_sums, sealed


def write_folder(proposal: Proposal, folder: Path) -> None:
    """Manifest, catalogue and files; nothing generated yet."""
    folder.mkdir(parents=True)
    for target, body in proposal.bodies.items():
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    if MANIFEST not in proposal.bodies:
        (folder / MANIFEST).write_bytes(write_manifest(proposal.manifest))
    if proposal.catalogue and CATALOGUE not in proposal.bodies:
        text = json.dumps(dict(proposal.catalogue), indent=2, ensure_ascii=False)
        (folder / CATALOGUE).write_text(f"{text}\n", encoding="utf-8")


def seal(folder: Path) -> None:
    """From now on another byte is noticed."""
    (folder / SUMS).write_bytes(make_sums(folder))


def sealed_packs(
    folder: Path, manifest: Manifest, library: PackLibrary
) -> tuple[Sealed, ...]:
    """A sealed folder and the packs below it; the library need not know the first."""
    wanted: dict[str, None] = dict.fromkeys(manifest.requires)
    left = list(wanted)
    packs = [sealed(folder, manifest.key)]
    for key in left:
        entry = library.entry(key)
        if entry is None or not isinstance(entry.status, Active):
            raise PackBroken(f"it requires {key}, which is not active here")
        packs.append(sealed(entry.folder, key))
        for more in entry.manifest.requires:
            if more not in wanted:
                wanted[more] = None
                left.append(more)
    return tuple(packs)


def compile_folder(
    folder: Path, manifest: Manifest, library: PackLibrary
) -> CompiledPack:
    """What it will be once it is installed."""
    return CompiledPack(manifest, sealed_packs(folder, manifest, library))


def places_of(library: PackLibrary) -> tuple[Path, ...]:
    """Where its packs lie; those that come with Amtsweg first."""
    places = {shipped_packs(): None}
    for entry in library.entries():
        places[entry.folder.parent] = None
    return tuple(places)


def valid_share(folder: Path, pack: CompiledPack) -> tuple[int, int]:
    """How many of its valid samples its schema takes, and of how many."""
    samples = samples_in(folder / VALID_SAMPLES)
    with pack.schema() as schema:
        taken = sum(takes(schema, path.read_bytes()) for path in samples)
    return taken, len(samples)


def takes(schema: etree.XMLSchema, document: bytes) -> bool:
    """Nothing but libxml2's verdict."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return bool(schema.validate(etree.fromstring(document, parser)))
    except (etree.LxmlError, ValueError):
        return False


def samples_in(place: Path) -> tuple[Path, ...]:
    """The files there, sorted; none where there is no such folder."""
    found = place.iterdir() if place.is_dir() else ()
    return tuple(sorted(path for path in found if path.is_file()))
