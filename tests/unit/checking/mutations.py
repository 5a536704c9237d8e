"""Twelve ways to spoil a document a little, the same for the same chance."""

import copy
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Final, TypeAlias

from lxml import etree

Mutation: TypeAlias = Callable[[etree._Element, Random], None]


def spoiled(document: bytes, kind: str, seed: int) -> bytes:
    """The document with one mutation; unchanged where there is nothing to mutate."""
    root = etree.fromstring(document)
    MUTATIONS[kind](root, Random(f"{kind}-{seed}"))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _elements(root: etree._Element) -> list[etree._Element]:
    return list(root.iterdescendants("*"))


def _some(root: etree._Element, chance: Random) -> Iterator[etree._Element]:
    if found := _elements(root):
        yield chance.choice(found)


def _leaf(root: etree._Element, chance: Random) -> Iterator[etree._Element]:
    if found := [one for one in _elements(root) if len(one) == 0]:
        yield chance.choice(found)


def _drop(root: etree._Element, chance: Random) -> None:
    for one in _some(root, chance):
        parent = one.getparent()
        if parent is not None:
            parent.remove(one)


def _repeat(root: etree._Element, chance: Random) -> None:
    for one in _some(root, chance):
        one.addnext(copy.deepcopy(one))


def _swap(root: etree._Element, chance: Random) -> None:
    for one in _some(root, chance):
        after = next(one.itersiblings("*"), None)
        if after is not None:
            after.addnext(one)


def _rename(root: etree._Element, chance: Random) -> None:
    for one in _some(root, chance):
        one.tag = f"{one.tag}x"


def _move(root: etree._Element, chance: Random) -> None:
    for one in _some(root, chance):
        one.tag = "{urn:example:elsewhere}" + one.tag.rpartition("}")[2]


def _add_attribute(root: etree._Element, chance: Random) -> None:
    for one in _some(root, chance):
        one.set("zusatz", "1")


def _drop_attribute(root: etree._Element, chance: Random) -> None:
    found = [one for one in root.iter("*") if one.attrib]
    if found:
        one = chance.choice(found)
        del one.attrib[chance.choice(sorted(map(str, one.attrib)))]


def _text(text: str) -> Mutation:
    def write(root: etree._Element, chance: Random) -> None:
        for one in _leaf(root, chance):
            one.text = text

    return write


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "drop": _drop,
    "repeat": _repeat,
    "swap": _swap,
    "rename": _rename,
    "move": _move,
    "add-attribute": _add_attribute,
    "drop-attribute": _drop_attribute,
    "nonsense": _text("@@@"),
    "emoji": _text("\N{GRINNING FACE}"),
    "empty": _text(""),
    "control": _text("a\x85b"),
    "impossible-date": _text("2024-02-30"),
}
