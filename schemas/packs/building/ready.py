"""A folder or ZIP that is a pack already: written by hand, or made elsewhere."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from schemas.errors import PackBroken
from schemas.packs.building.download import Download
from schemas.packs.building.proposal import (
    AddOptions,
    LeftOut,
    Missing,
    Placed,
    Proposal,
)
from schemas.packs.building.survey import Role, Survey
from schemas.packs.code_lists import ListRef, read_genericode
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import (
    CATALOGUE,
    CODE_LIST_INDEX,
    MANIFEST,
    SUMS,
    Manifest,
)
from schemas.packs.manifest_file import json_object, read_manifest
from schemas.packs.presence import Active

_GENERATED = frozenset({SUMS, CODE_LIST_INDEX})


def is_ready(download: Download) -> bool:
    """Whether it has a manifest, so that nothing is left to guess."""
    return MANIFEST in download.files


def propose_ready(
    download: Download, found: Survey, library: PackLibrary, options: AddOptions
) -> Proposal:
    """Everything stays as it is; only a person's word changes the manifest."""
    written = read_manifest(download.files[MANIFEST])
    manifest = _corrected(written, options)
    bodies = {
        path: body for path, body in download.files.items() if path not in _GENERATED
    }
    if manifest != written:
        del bodies[MANIFEST]
    return Proposal(
        manifest=manifest,
        catalogue=_catalogue(download),
        files=tuple(
            Placed(source=path, target=path, role=found.roles[path])
            for path in sorted(bodies)
            if path != MANIFEST
        ),
        left_out=tuple(
            LeftOut(path=path, reason="it is made anew")
            for path in sorted(_GENERATED & set(download.files))
        ),
        missing=tuple(_missing(manifest, library)),
        code_lists=tuple(sorted(_lists(download, found))),
        bodies=bodies,
    )


def _corrected(manifest: Manifest, options: AddOptions) -> Manifest:
    return replace(
        manifest,
        id=options.id or manifest.id,
        version=options.version or manifest.version,
        title=options.title or manifest.title,
        valid_from=options.valid_from or manifest.valid_from,
        valid_to=options.valid_to or manifest.valid_to,
        accept_until=options.accept_until or manifest.accept_until,
        licence=options.licence or manifest.licence,
        source_url=options.source_url or manifest.source_url,
        uri_aliases=options.uri_aliases or manifest.uri_aliases,
        forms=options.forms or manifest.forms,
    )


def _catalogue(download: Download) -> Mapping[str, str]:
    body = download.files.get(CATALOGUE)
    if body is None:
        return {}
    return {url: str(path) for url, path in json_object(body, CATALOGUE).items()}


def _missing(manifest: Manifest, library: PackLibrary) -> Iterator[Missing]:
    for key in manifest.requires:
        entry = library.entry(key)
        if entry is None or not isinstance(entry.status, Active):
            yield Missing(
                namespace="",
                location=key,
                importer=MANIFEST,
                advice=f"Add the pack {key} first, then repeat.",
            )


def _lists(download: Download, found: Survey) -> Iterator[ListRef]:
    for path in found.of(Role.CODE_LIST):
        try:
            yield read_genericode(download.files[path]).ref
        except PackBroken:
            continue
