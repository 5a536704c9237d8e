"""What schemas allow, flat: each place with how often and of which type.

Names are local: the next version of a standard has another namespace throughout.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from lxml import etree

from schemas.packs.building.survey import XSD

_NS: Final = f"{{{XSD}}}"
_GLOBAL: Final = ("element", "complexType", "simpleType", "group", "attributeGroup")
_FACETS: Final = frozenset(
    {"length", "minLength", "maxLength", "pattern", "totalDigits", "fractionDigits"}
    | {"minInclusive", "maxInclusive", "minExclusive", "maxExclusive", "whiteSpace"}
)
_MOST_DEEP: Final = 60
_MOST_PROPERTIES: Final = 100_000
_SAME_PLACE: Final = frozenset({"allOf", "anyOf", "oneOf", "then", "else"})


def xsd_structure(roots: Iterable[etree._Element]) -> Mapping[str, str]:
    """Place → what may stand there, in words that two versions can share."""
    found: dict[str, str] = {}
    for root in roots:
        for child in root.iterchildren(f"{_NS}*"):
            kind = etree.QName(child).localname
            name = child.get("name", "")
            if kind in _GLOBAL and name:
                place = name if kind == "element" else f"({name})"
                found[place] = _described(child, kind)
                found.update(_inside(child, place, 0))
    return found


def _inside(
    component: etree._Element, place: str, depth: int
) -> Iterator[tuple[str, str]]:
    """Down through sequences and choices, to the next names."""
    if depth > _MOST_DEEP:
        return
    numbers: dict[str, int] = {}
    for part in _parts(component):
        kind = etree.QName(part).localname
        name = part.get("name") or _local(part.get("ref", ""))
        below = f"{place}/@{name}" if kind == "attribute" else f"{place}/{name}"
        numbers[below] = numbers.get(below, 0) + 1
        if numbers[below] > 1:
            below = f"{below}[{numbers[below]}]"
        yield below, _described(part, kind)
        yield from _inside(part, below, depth + 1)


def _parts(component: etree._Element) -> Iterator[etree._Element]:
    for child in component.iterchildren(f"{_NS}*"):
        kind = etree.QName(child).localname
        if kind in {"element", "attribute"} or (
            kind in {"group", "attributeGroup"} and child.get("ref")
        ):
            yield child
        elif kind not in {"annotation", "key", "keyref", "unique"}:
            yield from _parts(child)


def _described(part: etree._Element, kind: str) -> str:
    words = [_type_of(part, kind)]
    if kind == "attribute":
        words.insert(0, part.get("use", "optional"))
    elif part.getparent() is not None and not _is_global(part):
        low, high = part.get("minOccurs", "1"), part.get("maxOccurs", "1")
        words.insert(0, f"{low}..{'*' if high == 'unbounded' else high}")
    if fixed := part.get("fixed"):
        words.append(f"always {fixed}")
    return " ".join(word for word in words if word)


def _is_global(part: etree._Element) -> bool:
    parent = part.getparent()
    return parent is not None and parent.tag == f"{_NS}schema"


def _type_of(part: etree._Element, kind: str) -> str:
    """Its name, or what a nameless type is made of."""
    if name := part.get("type"):
        return _local(name)
    base = next(
        (
            one.get("base", "")
            for one in part.iter(f"{_NS}restriction", f"{_NS}extension")
        ),
        "",
    )
    facets = sorted(
        f"{etree.QName(one).localname}={one.get('value', '')}"
        for one in part.iterfind(f"./{_NS}restriction/{_NS}*")
        if etree.QName(one).localname in _FACETS
    )
    if kind in {"attribute", "element"}:
        facets = []
    return " ".join(filter(None, (_local(base), *facets)))


def enumerations(roots: Iterable[etree._Element]) -> Mapping[str, frozenset[str]]:
    """Named simple types whose values the schema lists."""
    found: dict[str, frozenset[str]] = {}
    for root in roots:
        for kind in root.iterfind(f"{_NS}simpleType[@name]"):
            values = kind.iterfind(f"{_NS}restriction/{_NS}enumeration")
            listed = frozenset(one.get("value", "") for one in values)
            if listed:
                found[kind.get("name", "")] = listed
    return found


def json_structure(schema: object) -> Mapping[str, str]:
    """The same for a JSON schema: property → type, and whether it must be there."""
    found: dict[str, str] = {}
    left: list[tuple[str, object]] = [("", schema)]
    while left and len(found) < _MOST_PROPERTIES:
        place, one = left.pop()
        if isinstance(one, list):
            left.extend((place, inner) for inner in one)
        if isinstance(one, dict):
            found.update(_properties(place, one))
            left.extend(_schemas_in(place, one))
    return found


def _properties(place: str, schema: dict[str, object]) -> Iterator[tuple[str, str]]:
    named, required = schema.get("properties"), schema.get("required")
    for name, inner in named.items() if isinstance(named, dict) else ():
        is_required = isinstance(required, list) and name in required
        yield f"{place}/{name}", _json_words(inner, is_required=is_required)


def _schemas_in(place: str, schema: dict[str, object]) -> Iterator[tuple[str, object]]:
    for key, inner in schema.items():
        if key == "properties" and isinstance(inner, dict):
            yield from ((f"{place}/{name}", each) for name, each in inner.items())
        elif key in {"$defs", "definitions"} and isinstance(inner, dict):
            yield from ((f"#{name}", each) for name, each in inner.items())
        elif key == "items":
            yield f"{place}/*", inner
        elif key in _SAME_PLACE:
            yield place, inner


_JSON_WORDS: Final = (
    "type",
    "format",
    "pattern",
    "$ref",
    "enum",
    "const",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "multipleOf",
    "minItems",
    "maxItems",
)


def _json_words(inner: object, *, is_required: bool) -> str:
    words = ["required" if is_required else "optional"]
    if isinstance(inner, dict):
        words.extend(
            f"{key}={inner[key]}" if key != "type" else str(inner[key])
            for key in _JSON_WORDS
            if key in inner
        )
    return " ".join(words)


def _local(name: str) -> str:
    return name.rpartition(":")[2]
