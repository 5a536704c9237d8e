"""A Schematron as one flat tree: inclusions, abstract patterns and rules resolved."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Final, TypeAlias

from lxml import etree

from schemas.errors import PackBroken
from schemas.schematron.names import SCH

Resolve: TypeAlias = Callable[[str], bytes]
"""A path relative to the Schematron → the file; raises PackBroken where none is."""

_MOST_INCLUSIONS: Final = 100
_REPLACED: Final = ("context", "test", "select", "value", "match", "use", "path")
_ID: Final = "id"


def read_flat(source: bytes, *, resolve: Resolve) -> etree._Element:
    """The ``schema`` element, with nothing left that points elsewhere."""
    root = _Inclusions(resolve).read(source, "")
    if root.tag != f"{SCH}schema":
        raise PackBroken("the Schematron has no element `schema` on top")
    _fill_abstract_patterns(root)
    _Extensions(root, resolve).apply()
    return root


def parse(body: bytes) -> etree._Element:
    """One file, with nothing loaded and no DOCTYPE."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise PackBroken(f"not well-formed XML, line {error.lineno}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise PackBroken("a DOCTYPE is not allowed")
    return root


class _Inclusions:
    """Puts what ``include`` names in its place, as deep as it goes."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._left = _MOST_INCLUSIONS

    def read(self, body: bytes, base: str) -> etree._Element:
        root = parse(body)
        for one in list(root.iter(f"{SCH}include")):
            self._left -= 1
            if self._left < 0:
                raise PackBroken("the Schematron includes itself, or very much")
            path, fragment = beside(one.get("href", ""), base)
            found = part_of(self.read(self._resolve(path), path), fragment)
            found.tail = one.tail
            parent = one.getparent()
            if parent is None:
                return found
            parent.replace(one, found)
        return root


def beside(href: str, base: str) -> tuple[str, str]:
    """Path and fragment of what the file ``base`` calls ``href``."""
    path, _, fragment = href.partition("#")
    if not path or ":" in path:
        raise PackBroken("the Schematron includes what is no file of the pack")
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), path)), fragment


def part_of(root: etree._Element, fragment: str) -> etree._Element:
    """The element with this id; the whole where none is named."""
    if not fragment:
        return root
    for one in root.iter():
        if one.get(_ID) == fragment:
            return one
    raise PackBroken("the Schematron includes a part that is not there")


def _fill_abstract_patterns(root: etree._Element) -> None:
    abstract = {
        one.get(_ID): one
        for one in root.iter(f"{SCH}pattern")
        if one.get("abstract") == "true"
    }
    for one in list(root.iter(f"{SCH}pattern")):
        name = one.get("is-a")
        if name is None:
            continue
        if name not in abstract:
            raise PackBroken("a pattern is-a pattern that is not there")
        words = {
            each.get("name", ""): each.get("value", "")
            for each in one.iterchildren(f"{SCH}param")
        }
        _fill(one, deepcopy(abstract[name]), words)
    for unused in abstract.values():
        _remove(unused)


def _fill(
    pattern: etree._Element, form: etree._Element, words: Mapping[str, str]
) -> None:
    """Texts for texts, as the standard has it: ``$name`` wherever it stands."""
    if not words:
        pattern.extend(form)
        return
    longest_first = sorted(map(re.escape, words), key=len, reverse=True)
    parameter = re.compile(rf"\$({'|'.join(longest_first)})(?![\w.\-])")
    for one in form.iter(etree.Element):
        for key in _REPLACED:
            if key in one.attrib:
                one.set(
                    key, parameter.sub(lambda found: words[found[1]], one.get(key, ""))
                )
    pattern.extend(form)


class _Extensions:
    """Puts the content of abstract rules where ``extends`` asks for it."""

    def __init__(self, root: etree._Element, resolve: Resolve) -> None:
        self._root, self._resolve = root, resolve
        self._left = 100 * _MOST_INCLUSIONS

    def apply(self) -> None:
        abstract = [
            one
            for one in self._root.iter(f"{SCH}rule")
            if one.get("abstract") == "true"
        ]
        while True:
            waiting = [
                one for one in self._root.iter(f"{SCH}extends") if not _is_abstract(one)
            ]
            if not waiting:
                break
            for one in waiting:
                self._extend(one)
        for rule in abstract:
            _remove(rule)

    def _extend(self, one: etree._Element) -> None:
        self._left -= 1
        if self._left < 0:
            raise PackBroken("an abstract rule extends itself")
        rule = one.getparent()
        if rule is None:
            raise PackBroken("an extends outside of a rule")
        place = rule.index(one)
        for number, part in enumerate(self._rule_for(one)):
            rule.insert(place + number, deepcopy(part))
        rule.remove(one)

    def _rule_for(self, one: etree._Element) -> etree._Element:
        href = one.get("href")
        if href is not None:
            path, fragment = beside(href, "")
            return part_of(parse(self._resolve(path)), fragment)
        for rule in self._nearest_first(one):
            if rule.get(_ID) == one.get("rule"):
                return rule
        raise PackBroken("a rule extends one that is not there")

    def _nearest_first(self, one: etree._Element) -> Iterator[etree._Element]:
        """The same pattern's before those of others."""
        for pattern in one.iterancestors(f"{SCH}pattern"):
            yield from pattern.iterchildren(f"{SCH}rule")
        yield from self._root.iter(f"{SCH}rule")


def _is_abstract(one: etree._Element) -> bool:
    rule = one.getparent()
    return rule is not None and rule.get("abstract") == "true"


def _remove(one: etree._Element) -> None:
    parent = one.getparent()
    if parent is not None:
        parent.remove(one)
