"""From a download to a proposal: what is the standard, where its imports lie."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from posixpath import normpath

from schemas.errors import PackBroken
from schemas.packs.building.assembly import Source, assemble
from schemas.packs.building.choice import choose
from schemas.packs.building.download import Download, read_download
from schemas.packs.building.installed import LibrarySchemas
from schemas.packs.building.json_proposal import propose_json
from schemas.packs.building.linking import Linker
from schemas.packs.building.proposal import AddOptions, Proposal
from schemas.packs.building.ready import is_ready, propose_ready
from schemas.packs.building.staging import (
    compile_folder,
    seal,
    valid_share,
    write_folder,
)
from schemas.packs.building.survey import Role, survey
from schemas.packs.library import PackLibrary


def propose(
    source: Path, *, library: PackLibrary, options: AddOptions | None = None
) -> Proposal:
    """Reads only; raises PackBroken for what cannot become a pack at all."""
    options = options or AddOptions()
    download = read_download(source)
    found = survey(download)
    if is_ready(download):
        return propose_ready(download, found, library, options)
    if not found.schemas and found.of(Role.JSON_SCHEMA):
        return propose_json(download, found, options)
    if not found.schemas and not found.of(Role.CODE_LIST):
        raise PackBroken("there is no XML schema, no JSON schema, no code list in it")
    installed = LibrarySchemas(library)
    linker = Linker(found.schemas, installed=installed, hints=_hints(download))
    whole = Source(
        download=download,
        found=found,
        linker=linker,
        installed=installed,
        options=options,
    )
    choice = choose(found, linker, main=options.main)
    rivals = [
        assemble(whole, mains, is_library=choice.is_library) for mains in choice.sets
    ]
    if len(rivals) == 1:
        return rivals[0]
    return _best(rivals, choice.sets, library)


def _best(
    rivals: Sequence[Proposal], sets: Sequence[Sequence[str]], library: PackLibrary
) -> Proposal:
    """The only one whose samples are all valid; else a person decides."""
    proved = [one for one in rivals if _takes_all(one, library)]
    if len(proved) == 1:
        note = "Of several sets of schemas this is the one that takes all samples."
        return replace(proved[0], notes=(*proved[0].notes, note))
    return replace(rivals[0], rivals=tuple(mains[0] for mains in sets))


def _takes_all(proposal: Proposal, library: PackLibrary) -> bool:
    with tempfile.TemporaryDirectory(prefix="amtsweg-") as place:
        folder = Path(place) / proposal.manifest.key
        write_folder(proposal, folder)
        seal(folder)
        try:
            pack = compile_folder(folder, proposal.manifest, library)
        except PackBroken:
            return False
        taken, total = valid_share(folder, pack)
        return taken == total > 0


def _hints(download: Download) -> Mapping[str, str]:
    """Catalogues in the download, or beside it: URL → a file of the download."""
    hints: dict[str, str] = {}
    for path, body in download.files.items():
        if PurePosixPath(path).name == "catalog.json":
            folder = str(PurePosixPath(path).parent)
            for url, file in _entries(body).items():
                hints[url] = normpath(f"{folder}/{file}")
    for url, file in _entries(download.hint).items():
        first, _, rest = normpath(file).partition("/")
        if first == download.hint_folder:
            hints.setdefault(url, rest)
    return hints


def _entries(body: bytes) -> Mapping[str, str]:
    try:
        whole = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        return {}
    if not isinstance(whole, dict):
        return {}
    return {url: file for url, file in whole.items() if isinstance(file, str)}
