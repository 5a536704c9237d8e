"""One set of schemas with everything around it, put together as a proposal."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from posixpath import splitext
from typing import Final

from schemas.errors import PackBroken
from schemas.packs.building.contents import (
    head_of,
    ids_of,
    lists_named_in,
    messages_of,
    severities_in,
)
from schemas.packs.building.download import Download
from schemas.packs.building.installed import LibrarySchemas
from schemas.packs.building.linking import (
    Absent,
    Inside,
    Installed,
    Linked,
    Linker,
    closure,
)
from schemas.packs.building.naming import (
    Naming,
    as_id,
    as_version,
    named_by_folder,
    named_by_namespace,
    named_by_schema,
    version_of_bytes,
)
from schemas.packs.building.placing import place_files, schema_targets
from schemas.packs.building.proposal import AddOptions, Missing, Placed, Proposal
from schemas.packs.building.survey import Role, Schema, Survey
from schemas.packs.code_lists import ListRef, read_genericode
from schemas.packs.manifest import Kind, Manifest, Message, Rules

_TITLE_LENGTH: Final = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A download with what was found out about it."""

    download: Download
    found: Survey
    linker: Linker
    installed: LibrarySchemas
    options: AddOptions


def assemble(
    source: Source, mains: Sequence[str], *, is_library: bool = False
) -> Proposal:
    """``mains`` are compiled together; everything they reach comes along."""
    reached = closure(source.linker, mains)
    links = [one for some in reached.values() for one in some]
    schemas = _adopted(source.found, reached)
    targets = schema_targets(schemas)
    catalogue, unclear = _catalogue(links, targets)
    manifest = _manifest(source, [schemas[path] for path in mains], schemas)
    manifest = replace(
        manifest,
        schemas=tuple(targets[path] for path in mains),
        requires=_requires(source, schemas, links),
    )
    if not is_library:
        spaces = frozenset(schemas[path].namespace for path in mains)
        manifest = _with_messages(source, manifest, (schemas, spaces), links)
    placing = place_files(
        source.found,
        targets,
        manifest,
        without=source.options.without_samples,
    )
    manifest = replace(manifest, schematron=_rules(source, placing.files))
    lists, notes = _lists_in(source, source.found.of(Role.CODE_LIST))
    return Proposal(
        manifest=manifest,
        catalogue=catalogue,
        files=placing.files,
        left_out=placing.left_out,
        missing=(*_missing(links), *unclear),
        foreign_samples=placing.foreign,
        code_lists=lists,
        notes=(*notes, *_notes_on_ids(schemas)),
        bodies={one.target: source.download.files[one.source] for one in placing.files},
    )


def _adopted(
    found: Survey, reached: Mapping[str, Sequence[Linked]]
) -> dict[str, Schema]:
    """A schema without a namespace has that of whoever includes it."""
    schemas = {path: found.schemas[path] for path in sorted(reached)}
    for _ in range(len(schemas)):
        adopted = False
        for path, links in reached.items():
            for one in links:
                if one.link.is_import or not isinstance(one.target, Inside):
                    continue
                included, own = schemas[one.target.path], schemas[path].namespace
                if own and not included.namespace:
                    schemas[included.path] = replace(included, namespace=own)
                    adopted = True
        if not adopted:
            break
    return schemas


def _catalogue(
    links: Iterable[Linked], targets: Mapping[str, str]
) -> tuple[Mapping[str, str], tuple[Missing, ...]]:
    """Location as written → file; an import without one is found by namespace."""
    catalogue: dict[str, str] = {}
    unclear = []
    for one in links:
        if one.is_beside or isinstance(one.target, Absent):
            continue
        if isinstance(one.target, Installed):
            path = f"../{one.target.key}/{one.target.path}"
        else:
            path = targets[one.target.path]
        location = one.link.location or one.link.namespace
        if catalogue.setdefault(location, path) != path:
            unclear.append(
                _gap(one, "The same location means two files; name one with --main.")
            )
    return dict(sorted(catalogue.items())), tuple(unclear)


def _requires(
    source: Source, schemas: Mapping[str, Schema], links: Iterable[Linked]
) -> tuple[str, ...]:
    """What is imported, and libraries with code lists that the download lacks."""
    keys = {one.target.key for one in links if isinstance(one.target, Installed)}
    wanted = lists_named_in([schemas[path] for path in schemas])
    own = {ref.uri for ref in _lists_in(source, source.found.of(Role.CODE_LIST))[0]}
    return tuple(sorted(keys | set(source.installed.with_lists(wanted - own))))


def _missing(links: Sequence[Linked]) -> tuple[Missing, ...]:
    """An import without a place is no gap where another one brings the namespace."""
    brought = {
        one.link.namespace
        for one in links
        if one.link.is_import and not isinstance(one.target, Absent)
    }
    gaps: dict[tuple[str, str], Missing] = {}
    for one in links:
        if not isinstance(one.target, Absent):
            continue
        if not one.link.location and one.link.namespace in brought:
            continue
        gap = _gap(one, "")
        gaps.setdefault((gap.namespace, gap.location), gap)
    return tuple(gaps.values())


def _gap(one: Linked, advice: str) -> Missing:
    if not advice and one.link.is_import:
        advice = (
            f"Add the pack that holds the namespace {one.link.namespace} first, "
            "then repeat."
        )
    return Missing(
        namespace=one.link.namespace,
        location=one.link.location,
        importer=one.importer,
        advice=advice or "The download is incomplete: put this file into it, repeat.",
    )


def _manifest(
    source: Source, mains: Sequence[Schema], schemas: Mapping[str, Schema]
) -> Manifest:
    options = source.options
    spaces = {one.namespace for one in mains if one.namespace}
    namespace = mains[0].namespace if len(spaces) == 1 else ""
    naming = _naming(source, mains, schemas)
    title = options.title or naming.title or f"{naming.id} {naming.version}"
    return Manifest(
        id=naming.id,
        version=naming.version,
        kind=Kind.LIBRARY,
        title=title[:_TITLE_LENGTH],
        namespace=namespace,
        standard_urn=naming.urn,
        uri_aliases=options.uri_aliases,
        forms=options.forms,
        valid_from=options.valid_from,
        valid_to=options.valid_to,
        accept_until=options.accept_until,
        code_list_default=options.code_list_default,
        licence=options.licence or naming.licence or _licence(source),
        source_url=options.source_url,
    )


def _naming(
    source: Source, mains: Sequence[Schema], schemas: Mapping[str, Schema]
) -> Naming:
    """A person's word, the standard's own, its namespace, its folder, its bytes."""
    options = source.options
    spaces = {one.namespace for one in mains if one.namespace}
    naming = Naming(id=as_id(options.id), version=as_version(options.version))
    if len(spaces) == 1:
        own = [one for one in schemas.values() if one.namespace in spaces]
        naming = naming.or_else(named_by_schema([*mains, *own]))
        by_space = named_by_namespace(mains[0].namespace)
        said = as_version(mains[0].version)
        if said.startswith(by_space.version):
            by_space = replace(by_space, version=said)
        naming = naming.or_else(by_space)
    naming = naming.or_else(named_by_folder(source.download.name))
    files = source.download.files
    bodies = {path: files[path] for path in schemas} or files
    return naming.or_else(Naming(id="pack", version=version_of_bytes(bodies)))


def _licence(source: Source) -> str:
    """The first line of a licence file names it, in most cases."""
    for path in source.found.of(Role.LICENCE):
        text = source.download.files[path].decode("utf-8", errors="replace")
        for line in text.splitlines():
            words = " ".join(line.strip("#*=- \t").split())
            if words and words.isprintable():
                return words[:_TITLE_LENGTH]
    return ""


def _with_messages(
    source: Source,
    manifest: Manifest,
    about: tuple[Mapping[str, Schema], AbstractSet[str]],
    links: Iterable[Linked],
) -> Manifest:
    """``about`` is the schemas, and the namespaces that are the standard."""
    schemas, spaces = about
    own = [schemas[path] for path in sorted(schemas)]
    foreign = {one.target for one in links if isinstance(one.target, Installed)}
    others = [source.installed.schema(one) for one in sorted(foreign, key=str)]
    messages = messages_of(own, source.found.samples, spaces)
    ids = ids_of([*own, *others])
    return replace(
        manifest,
        kind=_kind(manifest, messages),
        messages=messages,
        id_attributes=ids.ids,
        idref_attributes=ids.references,
        head=head_of(own),
    )


def _kind(manifest: Manifest, messages: Collection[Message]) -> Kind:
    if not messages:
        return Kind.LIBRARY
    return Kind.FORM if manifest.forms else Kind.XOEV


def _notes_on_ids(schemas: Mapping[str, Schema]) -> tuple[str, ...]:
    unclear = ids_of([schemas[path] for path in sorted(schemas)]).unclear
    if not unclear:
        return ()
    return (f"References by ID are not checked: {', '.join(unclear)} is ambiguous.",)


def _rules(source: Source, files: Iterable[Placed]) -> tuple[Rules, ...]:
    """Sources get our stylesheet; what a publisher compiled is taken as it is."""
    return tuple(
        Rules(
            source=one.target,
            stylesheet=one.target
            if one.role is Role.STYLESHEET
            else f"{splitext(one.target)[0]}.xsl",
            severities=severities_in(source.download.files[one.source]),
        )
        for one in files
        if one.role in {Role.SCHEMATRON, Role.STYLESHEET}
    )


def _lists_in(
    source: Source, paths: Iterable[str]
) -> tuple[tuple[ListRef, ...], tuple[str, ...]]:
    """The lists, and a note for each file that is none."""
    lists, notes = [], []
    for path in paths:
        try:
            lists.append(read_genericode(source.download.files[path]).ref)
        except PackBroken as broken:
            notes.append(f"{path}: {broken.detail}; its codes do not count.")
    return tuple(sorted(lists)), tuple(notes)
