"""What a manifest may say, beyond being of the right form."""

import re
from collections.abc import Iterator
from typing import Final

from schemas.packs.manifest import Kind, Manifest
from schemas.packs.sums import is_inside

_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9])?")
_VERSION: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,38}[A-Za-z0-9])?")
_KEY: Final = re.compile(r"[a-z0-9](?:[A-Za-z0-9._-]{0,118}[A-Za-z0-9])?")
_NAME: Final = re.compile(r"[^\W\d][\w.·-]{0,199}")
_ROLES: Final = frozenset(["", "request", "answer", "reject", "ack"])
_SEVERITIES: Final = frozenset(["error", "warning", "ignore"])


def is_key(key: str) -> bool:
    """Whether this can be the key of a pack, and so the name of a folder."""
    return bool(_KEY.fullmatch(key)) and key.isascii()


def manifest_problem(manifest: Manifest) -> str:
    """The first thing that is wrong, with its key; "" where all is well."""
    return next(_problems(manifest), "")


def _problems(manifest: Manifest) -> Iterator[str]:
    if not _ID.fullmatch(manifest.id):
        yield "`id` must be of a-z, 0-9, dot, hyphen and underscore"
    if not _VERSION.fullmatch(manifest.version):
        yield "`version` must be of letters, digits, dot, hyphen and underscore"
    if not manifest.title.strip():
        yield "`title` is empty"
    yield from _paths(manifest)
    yield from _names(manifest)
    yield from _dates(manifest)
    yield from _links(manifest)
    if manifest.max_bytes < 0:
        yield "`max_bytes` is negative"


def _paths(manifest: Manifest) -> Iterator[str]:
    named = [(f"schemas[{at}]", name) for at, name in enumerate(manifest.schemas)]
    named += [(f"maps[{at}]", name) for at, name in enumerate(manifest.maps)]
    if manifest.json_schema:
        named.append(("json_schema", manifest.json_schema))
    for at, rules in enumerate(manifest.schematron):
        named.append((f"schematron[{at}].source", rules.source))
        named.append((f"schematron[{at}].stylesheet", rules.stylesheet))
        for said in rules.severities.values():
            if said not in _SEVERITIES:
                yield f"`schematron[{at}].severities` must be error, warning or ignore"
    for key, name in named:
        if not is_inside(name):
            yield f"`{key}` must be a path inside the pack"


def _names(manifest: Manifest) -> Iterator[str]:
    seen = set()
    for at, message in enumerate(manifest.messages):
        if not _NAME.fullmatch(message.name):
            yield f"`messages[{at}].name` must be the name of an element"
        if message.role not in _ROLES:
            yield f"`messages[{at}].role` must be request, answer, reject or ack"
        root = (message.namespace or manifest.namespace, message.name)
        if root in seen:
            yield f"`messages[{at}]` stands there twice"
        seen.add(root)
    for key, names in (
        ("id_attributes", manifest.id_attributes),
        ("idref_attributes", manifest.idref_attributes),
    ):
        if not all(names):
            yield f"`{key}` has an empty name"


def _dates(manifest: Manifest) -> Iterator[str]:
    first, last = manifest.valid_from, manifest.valid_to
    if first and last and last < first:
        yield "`valid_to` is before `valid_from`"
    if manifest.accept_until and last and manifest.accept_until < last:
        yield "`accept_until` is before `valid_to`"


def _links(manifest: Manifest) -> Iterator[str]:
    spaces = [
        ("namespace", manifest.namespace),
        ("standard_urn", manifest.standard_urn),
    ]
    spaces += [
        (f"messages[{at}].namespace", one.namespace)
        for at, one in enumerate(manifest.messages)
    ]
    spaces += [
        (f"uri_aliases[{at}]", uri) for at, uri in enumerate(manifest.uri_aliases)
    ]
    for key, uri in spaces:
        if any(sign.isspace() or not sign.isprintable() for sign in uri):
            yield f"`{key}` must not have spaces"
    if not all(manifest.uri_aliases):
        yield "`uri_aliases` has an empty URI"
    for at, form in enumerate(manifest.forms):
        if not form.profile or not form.id:
            yield f"`forms[{at}]` needs a profile and an id"
    for at, key in enumerate(manifest.requires):
        if not is_key(key) or key == manifest.key:
            yield f"`requires[{at}]` must be the key of another pack"
    recognises = manifest.messages or manifest.uri_aliases or manifest.forms
    if manifest.kind is Kind.LIBRARY and recognises:
        yield "`kind` library recognises nothing: no messages, uri_aliases or forms"
