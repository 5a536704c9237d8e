"""A download of JSON schemas, as FIM gives them out, put together as a proposal."""

import json
import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from schemas.errors import PackBroken
from schemas.packs.building.download import Download
from schemas.packs.building.naming import (
    Naming,
    as_id,
    as_version,
    named_by_folder,
    named_by_namespace,
    version_of_bytes,
)
from schemas.packs.building.placing import place_files
from schemas.packs.building.proposal import AddOptions, Proposal
from schemas.packs.building.survey import Role, Survey
from schemas.packs.manifest import Kind, Manifest

_ENDING: Final = re.compile(r"(\.schema)?\.json$")


def propose_json(download: Download, found: Survey, options: AddOptions) -> Proposal:
    """One schema is the pack; several need a person's word."""
    paths = found.of(Role.JSON_SCHEMA)
    fitting = [path for path in paths if not options.main or _ends(path, options.main)]
    if options.main and len(fitting) != 1:
        raise PackBroken("--main does not name exactly one schema of the download")
    main = fitting[0]
    target = f"json/{PurePosixPath(main).name}"
    manifest = _manifest(download, main, target, options)
    placing = place_files(
        found, {main: target}, manifest, without=options.without_samples
    )
    return Proposal(
        manifest=manifest,
        catalogue={},
        files=placing.files,
        left_out=placing.left_out,
        missing=(),
        rivals=tuple(fitting) if len(fitting) > 1 else (),
        foreign_samples=placing.foreign,
        bodies={one.target: download.files[one.source] for one in placing.files},
    )


def _ends(path: str, main: str) -> bool:
    wanted = PurePosixPath(main).parts
    return PurePosixPath(path).parts[-len(wanted) :] == wanted


def _named_by_id(name: str) -> Naming:
    """FIM's way: ``s00000114_1.1``."""
    id_, _, version = name.rpartition("_")
    is_version = bool(re.fullmatch(r"\d+(\.\d+)*", version))
    return Naming(id=as_id(id_), version=version) if id_ and is_version else Naming()


def _manifest(
    download: Download, main: str, target: str, options: AddOptions
) -> Manifest:
    schema = json.loads(download.files[main])
    uri, title = schema.get("$id"), schema.get("title")
    alias = uri if isinstance(uri, str) and ":" in uri else ""
    name = _ENDING.sub("", PurePosixPath(alias or main).name)
    naming = (
        Naming(id=as_id(options.id), version=as_version(options.version))
        .or_else(_named_by_id(name))
        .or_else(named_by_folder(name))
        .or_else(Naming(version=named_by_namespace(alias.rpartition("/")[0]).version))
        .or_else(Naming(version=version_of_bytes({main: download.files[main]})))
    )
    said = options.title or (title if isinstance(title, str) else "")
    plain = " ".join(said.split())
    manifest = Manifest(
        id=naming.id or "pack",
        version=naming.version,
        kind=Kind.FORM if options.forms else Kind.FIM_JSON,
        title=plain[:200] or f"{naming.id} {naming.version}",
        json_schema=target,
        forms=options.forms,
        uri_aliases=tuple(filter(None, dict.fromkeys((alias, *options.uri_aliases)))),
        valid_from=options.valid_from,
        valid_to=options.valid_to,
        accept_until=options.accept_until,
    )
    return replace(manifest, licence=options.licence, source_url=options.source_url)
