"""What is different between two packs, mostly two versions of one standard."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Final

from lxml import etree

from schemas.packs.building.structure import (
    enumerations,
    json_structure,
    xsd_structure,
)
from schemas.packs.building.survey import SCHEMATRON, schema_parser
from schemas.packs.code_lists import CodeList, CodeListIndex, read_index
from schemas.packs.manifest import CODE_LIST_INDEX, Manifest
from schemas.packs.manifest_file import write_manifest
from schemas.packs.presence import PackEntry
from schemas.packs.sums import Sealed, sealed

_TOLD_ELSEWHERE: Final = frozenset({"id", "version", "title", "messages", "schemas"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One place; "" before = new, "" after = gone."""

    place: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CodesChange:
    """A list that both have, with other codes or in another version."""

    uri: str
    before: str
    after: str
    """Versions."""
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PackDiff:
    """Everything sorted; all empty where nothing that matters is different."""

    manifest: tuple[Change, ...]
    messages_added: tuple[str, ...]
    messages_removed: tuple[str, ...]
    structure: tuple[Change, ...]
    """Elements, attributes and types: how often, of which type."""
    lists_added: tuple[str, ...]
    lists_removed: tuple[str, ...]
    codes: tuple[CodesChange, ...]
    rules: tuple[Change, ...]
    """Assertions of Schematron by id: their tests."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not any(getattr(self, one.name) for one in fields(self))


def diff(before: PackEntry, after: PackEntry) -> PackDiff:
    """Reads both packs as they were sealed; PackBroken where that cannot be."""
    old, new = _Contents(before), _Contents(after)
    messages = [
        frozenset(message.name for message in one.manifest.messages)
        for one in (before, after)
    ]
    lists_old, lists_new = _by_uri(old.lists()), _by_uri(new.lists())
    return PackDiff(
        manifest=_changes(_said(before.manifest), _said(after.manifest)),
        messages_added=tuple(sorted(messages[1] - messages[0])),
        messages_removed=tuple(sorted(messages[0] - messages[1])),
        structure=_changes(old.structure(), new.structure()),
        lists_added=tuple(sorted(set(lists_new) - set(lists_old))),
        lists_removed=tuple(sorted(set(lists_old) - set(lists_new))),
        codes=tuple(_codes(lists_old, lists_new)),
        rules=_changes(old.rules(), new.rules()),
    )


class _Contents:
    """What lies in one pack; its sums make sure that it is that."""

    def __init__(self, entry: PackEntry) -> None:
        self._manifest = entry.manifest
        self._seal: Sealed = sealed(entry.folder, entry.key)
        self._roots = [
            etree.fromstring(self._seal.read(name), schema_parser())
            for name in sorted(self._seal.listed)
            if name.startswith("xsd/") and name.endswith(".xsd")
        ]

    def structure(self) -> Mapping[str, str]:
        found = dict(xsd_structure(self._roots))
        if self._manifest.json_schema:
            found |= json_structure(
                json.loads(self._seal.read(self._manifest.json_schema))
            )
        return found

    def lists(self) -> tuple[CodeList, ...]:
        """Of genericode, and those that the schema itself lists."""
        index = CodeListIndex()
        if CODE_LIST_INDEX in self._seal.listed:
            index = read_index(self._seal.read(CODE_LIST_INDEX))
        listed = enumerations(self._roots)
        return (
            *index.lists,
            *(
                CodeList(uri=f"type {name}", version="", codes=codes)
                for name, codes in listed.items()
            ),
        )

    def rules(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for rules in self._manifest.schematron:
            root = etree.fromstring(self._seal.read(rules.source), schema_parser())
            for at, one in enumerate(_assertions(root), start=1):
                name = one.get("id") or f"{rules.source} {at}"
                found[name] = " ".join(one.get("test", "").split())
        return found


def _assertions(root: etree._Element) -> Iterable[etree._Element]:
    return root.iter(f"{{{SCHEMATRON}}}assert", f"{{{SCHEMATRON}}}report")


def _said(manifest: Manifest) -> Mapping[str, str]:
    """What else the manifest says, in one line each."""
    written = json.loads(write_manifest(manifest))
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in written.items()
        if key not in _TOLD_ELSEWHERE
    }


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """A place without words is there all the same."""
    return tuple(
        Change(
            place=place,
            before=_words(before, place),
            after=_words(after, place),
        )
        for place in sorted({*before, *after})
        if before.get(place) != after.get(place)
    )


def _words(found: Mapping[str, str], place: str) -> str:
    return (found[place] or "there") if place in found else ""


def _by_uri(lists: Iterable[CodeList]) -> Mapping[str, tuple[CodeList, ...]]:
    found: dict[str, tuple[CodeList, ...]] = {}
    for one in lists:
        found[one.uri] = (*found.get(one.uri, ()), one)
    return found


def _codes(
    before: Mapping[str, tuple[CodeList, ...]],
    after: Mapping[str, tuple[CodeList, ...]],
) -> Iterable[CodesChange]:
    """Several versions of a list in one pack count together."""
    for uri in sorted(set(before) & set(after)):
        old, new = before[uri], after[uri]
        was, now = _all_codes(old), _all_codes(new)
        versions = _versions(old), _versions(new)
        if was != now or versions[0] != versions[1]:
            yield CodesChange(
                uri=uri,
                before=versions[0],
                after=versions[1],
                added=tuple(sorted(now - was)),
                removed=tuple(sorted(was - now)),
            )


def _all_codes(lists: Iterable[CodeList]) -> frozenset[str]:
    return frozenset(code for one in lists for code in one.codes)


def _versions(lists: Iterable[CodeList]) -> str:
    return ", ".join(sorted(one.version for one in lists))
