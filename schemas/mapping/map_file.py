"""A map as a file of a pack: JSON, read strictly, every mistake with its place."""

from collections.abc import Callable, Mapping
from typing import Final

from lxml import etree

from schemas.errors import PackBroken
from schemas.mapping.building import declared
from schemas.mapping.conversions import plain_text
from schemas.mapping.form_map import FormMap, Shape, StylesheetMap, Table, TreeMap
from schemas.mapping.map_elements import ElementReader, Names
from schemas.mapping.map_keys import MapKeys, Mistakes
from schemas.mapping.map_rules import check_tree
from schemas.mapping.map_sources import SourceReader, plain
from schemas.mapping.stylesheet import check_stylesheet
from schemas.packs.manifest import Form
from schemas.packs.manifest_file import json_object

FORMAT: Final = "form-map/1"
_MAX_MAP: Final = 4 * 2**20


def read_map(
    body: bytes,
    *,
    file: str = "map",
    beside: Callable[[str], bytes] | None = None,
) -> FormMap:
    """The map; PackBroken names all mistakes with JSON pointers and remedies.

    ``beside`` reads a file of the pack by its path from the pack's top: a stylesheet.
    """
    if len(body) > _MAX_MAP:
        raise PackBroken(f"{file}: is larger than {_MAX_MAP} bytes")
    mistakes = Mistakes()
    keys = MapKeys(json_object(body, file), "", mistakes)
    if keys.text("format") != FORMAT:
        keys.wrong("format", "This format is not known.", f'Write "{FORMAT}".')
    form = _form(keys.inner("form"))
    found: FormMap
    if "stylesheet" in keys:
        found = _stylesheet(keys, form, beside)
    else:
        found = _tree(keys, form)
    keys.finish()
    if not mistakes.lines and isinstance(found, TreeMap):
        check_tree(found, mistakes)
    if mistakes.lines:
        raise PackBroken("\n".join(f"{file}#{line}" for line in mistakes.lines))
    return found


def form_of(body: bytes, *, file: str = "map") -> Form:
    """For which form a map is; PackBroken where that is unclear."""
    mistakes = Mistakes()
    form = _form(MapKeys(json_object(body, file), "", mistakes).inner("form"))
    if mistakes.lines:
        raise PackBroken("\n".join(f"{file}#{line}" for line in mistakes.lines))
    return form


def _form(keys: MapKeys) -> Form:
    form = Form(profile=keys.text("profile"), id=keys.text("id"))
    keys.finish()
    return form


def _tree(keys: MapKeys, form: Form) -> TreeMap:
    shape = keys.choice("shape", tuple(Shape), Shape.FLAT)
    names = Names(namespaces=_namespaces(keys))
    sources = SourceReader(shape=shape, tables=_tables(keys.inner("tables"), names))
    root = ElementReader(names=names, sources=sources).element(keys.inner("root"))
    if root.each or root.when or root.optional:
        keys.wrong(
            "root",
            "The root is there once, and always.",
            "Remove `each`, `when` and `optional`.",
        )
    return TreeMap(
        form=form,
        shape=shape,
        root=root,
        namespaces=names.namespaces,
        ignored=keys.texts("ignored"),
    )


def _namespaces(keys: MapKeys) -> Mapping[str, str]:
    inner = keys.inner("namespaces")
    for prefix, uri in (found := keys.words("namespaces")).items():
        if not _is_sound(prefix, uri):
            inner.wrong(
                prefix, "This is no prefix of a namespace.", 'Write "a": "urn:…".'
            )
    return {prefix: uri for prefix, uri in found.items() if uri}


def _is_sound(prefix: str, uri: str) -> bool:
    try:
        etree.Element("any", nsmap=declared({prefix: uri}))
    except ValueError:
        return False
    return bool(uri) and prefix != "xml" and not any(sign in uri for sign in "{} ")


def _tables(keys: MapKeys, names: Names) -> Mapping[str, Table]:
    found = {}
    for name in keys:
        keys.take(name)
        inner = keys.inner(name)
        codes = {
            str(plain_text(word)): str(plain_text(code))
            for word, code in inner.words("codes").items()
        }
        if "" in codes or "" in codes.values():
            inner.wrong("codes", "A word or its code is empty.", "Remove the line.")
        if len(codes) != len(inner.words("codes")):
            inner.wrong("codes", "A word stands twice.", "Keep one of both.")
        found[name] = Table(
            codes=codes,
            list_uri=plain(inner, "list", inner.text("list", "")),
            list_version=plain(inner, "version", inner.text("version", "")),
            element=names.name(inner, "element") if "element" in inner else "",
        )
        inner.finish()
    return found


def _stylesheet(
    keys: MapKeys, form: Form, beside: Callable[[str], bytes] | None
) -> StylesheetMap:
    forward = _file(keys, "stylesheet", beside)
    back = _file(keys, "back", beside) if "back" in keys else b""
    return StylesheetMap(form=form, forward=forward, back=back)


def _file(keys: MapKeys, key: str, beside: Callable[[str], bytes] | None) -> bytes:
    path = keys.text(key)
    try:
        body = beside(path) if beside and path else b""
    except (PackBroken, OSError, KeyError):
        keys.wrong(key, "There is no such file in the pack.", "Name one of it.")
        return b""
    for sentence, remedy in check_stylesheet(body) if body else ():
        keys.wrong(key, sentence, remedy)
    return body
