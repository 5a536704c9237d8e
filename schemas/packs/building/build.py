"""Generating what a pack's folder lacks: code-list index, stylesheets, seal."""

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import xmlschema

from schemas.errors import PackBroken
from schemas.packs.building.code_uses import Uses, code_uses
from schemas.packs.building.second_engine import opinion, second_engine
from schemas.packs.building.staging import (
    compile_folder,
    samples_in,
    seal,
    sealed_packs,
    takes,
)
from schemas.packs.code_lists import (
    CodeList,
    CodeListIndex,
    read_genericode,
    write_index,
)
from schemas.packs.compiled import CompiledPack
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import (
    CODE_LIST_INDEX,
    INVALID_SAMPLES,
    MANIFEST,
    SUMS,
    VALID_SAMPLES,
    Manifest,
    Rules,
)
from schemas.packs.manifest_file import read_manifest
from schemas.packs.sums import is_inside, pack_hash
from schemas.schematron.compiler import compile_schematron


@dataclass(frozen=True, kw_only=True, slots=True)
class SecondOpinion:
    """xmlschema on the samples, compared with libxml2."""

    agreed: int = 0
    differing: tuple[str, ...] = ()
    """Samples that only one of them takes; references by ID are a known reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """What was generated."""

    key: str
    sha256: str
    code_lists: int
    code_uses: int
    stylesheets: tuple[str, ...]
    second_opinion: SecondOpinion
    notes: tuple[str, ...] = ()


def build(folder: Path, library: PackLibrary) -> Built:
    """Changes the folder; PackBroken says what is wrong with what is in it."""
    manifest = _manifest(folder)
    stylesheets = tuple(
        _generate(folder, rules)
        for rules in manifest.schematron
        if rules.source != rules.stylesheet
    )
    (folder / CODE_LIST_INDEX).unlink(missing_ok=True)
    seal(folder)
    uses, second, below = Uses(), SecondOpinion(), False
    pack = compile_folder(folder, manifest, library)
    if manifest.schemas:
        packs = sealed_packs(folder, manifest, library)
        below = any(CODE_LIST_INDEX in one.listed for one in packs[1:])
        with second_engine(manifest, packs) as schema:
            uses = code_uses(schema, manifest)
            second = _compare(folder, pack, schema)
    lists, notes = _code_lists(folder, uses.columns)
    is_about_lists = lists or below or any(use.lists for use in uses.uses)
    if is_about_lists:
        index = CodeListIndex(uses=uses.uses, lists=lists)
        (folder / CODE_LIST_INDEX).write_bytes(write_index(index))
    seal(folder)
    return Built(
        key=manifest.key,
        sha256=pack_hash((folder / SUMS).read_bytes()),
        code_lists=len(lists),
        code_uses=len(uses.uses),
        stylesheets=stylesheets,
        second_opinion=second,
        notes=notes,
    )


def _manifest(folder: Path) -> Manifest:
    try:
        return read_manifest((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise PackBroken(f"{MANIFEST}: cannot be read") from error


def _generate(folder: Path, rules: Rules) -> str:
    """The stylesheet of one Schematron; its inclusions lie beside it."""
    resolve = _beside(folder, posixpath.dirname(rules.source))
    try:
        source = (folder / rules.source).read_bytes()
        stylesheet = compile_schematron(source, resolve=resolve)
        (folder / rules.stylesheet).write_bytes(stylesheet)
    except OSError as error:
        raise PackBroken(f"{rules.source}: cannot be read") from error
    except PackBroken as broken:
        raise PackBroken(f"{rules.source}: {broken.detail}") from broken
    return rules.stylesheet


def _beside(folder: Path, base: str) -> Callable[[str], bytes]:
    def resolve(path: str) -> bytes:
        name = posixpath.normpath(posixpath.join(base, path))
        if not is_inside(name):
            raise PackBroken("includes a file outside of the pack")
        return (folder / name).read_bytes()

    return resolve


def _code_lists(
    folder: Path, columns: Mapping[str, str]
) -> tuple[tuple[CodeList, ...], tuple[str, ...]]:
    """The genericode files; one that cannot be read is named, not fatal."""
    lists: dict[tuple[str, str], CodeList] = {}
    notes = []
    for path in samples_in(folder / "codelists"):
        try:
            body = path.read_bytes()
            one = read_genericode(body)
            if column := columns.get(one.uri):
                one = read_genericode(body, column=column)
        except PackBroken as broken:
            notes.append(f"codelists/{path.name}: {broken.detail}")
            continue
        if lists.setdefault((one.uri, one.version), one).codes != one.codes:
            notes.append(f"codelists/{path.name}: another file has the same list")
    return tuple(lists.values()), tuple(notes)


def _compare(
    folder: Path, pack: CompiledPack, second: xmlschema.XMLSchema
) -> SecondOpinion:
    agreed, differing = 0, []
    with pack.schema() as first:
        for place in (VALID_SAMPLES, INVALID_SAMPLES):
            for path in samples_in(folder / place):
                document = path.read_bytes()
                if takes(first, document) == opinion(second, document):
                    agreed += 1
                else:
                    differing.append(f"{place}/{path.name}")
    return SecondOpinion(agreed=agreed, differing=tuple(differing))
