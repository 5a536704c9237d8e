"""``pack.json``: the manifest as a file, read strictly."""

import json
from collections.abc import Mapping
from typing import Final

from schemas.errors import PackBroken
from schemas.packs.manifest import MANIFEST, Manifest
from schemas.packs.manifest_rules import manifest_problem
from schemas.packs.plain_json import NotPlain, from_plain, to_plain

MAX_MANIFEST: Final = 4 * 2**20


def read_manifest(body: bytes) -> Manifest:
    """The manifest; PackBroken names the key that is wrong."""
    if len(body) > MAX_MANIFEST:
        raise PackBroken(f"{MANIFEST}: is larger than {MAX_MANIFEST} bytes")
    try:
        manifest = from_plain(json_object(body, MANIFEST), Manifest)
    except NotPlain as error:
        raise PackBroken(f"{MANIFEST}: {error}") from error
    if problem := manifest_problem(manifest):
        raise PackBroken(f"{MANIFEST}: {problem}")
    return manifest


def write_manifest(manifest: Manifest) -> bytes:
    """The same as text: sorted, without what is as by default."""
    written = to_plain(manifest)
    return (
        json.dumps(written, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    ).encode()


def json_object(body: bytes, file: str) -> Mapping[str, object]:
    """The object in a file of a pack; a key that stands twice is refused."""
    try:
        found = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_once)
    except NotPlain as error:
        raise PackBroken(f"{file}: {error}") from error
    except UnicodeDecodeError as error:
        raise PackBroken(f"{file}: is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise PackBroken(f"{file}: is not JSON") from error
    if not isinstance(found, dict):
        raise PackBroken(f"{file}: is not a JSON object")
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotPlain("a key stands twice in one object")
    return found
