"""A map with a mistake is refused, and every mistake is named with its place."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import PackBroken
from schemas.mapping.applying import from_xml, to_xml
from schemas.mapping.form_map import StylesheetMap
from schemas.mapping.map_file import read_map
from tests.unit.mapping.maps import FLAT, GIVEN, NESTED, changed
from tests.unit.mapping.maps import HUND as HUND_FORM

Path = tuple[str | int, ...]
PERSON = ("root", "children", 2)
HUND = ("root", "children", 5)


def said(map_json: object) -> str:
    with pytest.raises(PackBroken) as refused:
        read_map(json.dumps(map_json).encode(), file="maps/a.json")
    return refused.value.detail


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("format",), "form-map/9", "/format"),
        (("shape",), "round", "/shape"),
        (("form", "id"), "", "/form/id"),
        (("form", "extra"), "x", "/form/extra"),
        (("namespaces", "a b"), "urn:x", "/namespaces/a b"),
        (("namespaces", "a"), "", "/namespaces/a"),
        (("tables", "rasse", "codes"), ["01"], "/tables/rasse/codes"),
        (("tables", "rasse", "codes", "Dackel "), "1", "/tables/rasse/codes"),
        (("tables", "rasse", "codes", "Pudel"), "", "/tables/rasse/codes"),
        (("tables", "rasse", "version"), "\x01", "/tables/rasse/version"),
        (("ignored",), "absenden", "/ignored"),
        (("root", "optional"), True, "/root"),
        (("root", "element"), "x:y", "/root/element"),
        (("root", "element"), "a b", "/root/element"),
        (("root", "attributes", "a b"), "1", "/root/attributes/a b"),
        (("root", "attributes", "leer"), {}, "/root/attributes/leer"),
        (("root", "attributes", "c"), {"field": "c", "as": "code", "table": "rasse"},
         "/root/attributes"),
        (("root", "children"), {}, "/root/children"),
        (("root", "children", 0, "given"), 5, "/root/children/0/given"),
        (("root", "children", 0, "constant"), "x", "/root/children/0/given"),
        (("root", "children", 0, "children"), [{"element": "a"}],
         "/root/children/0/children"),
        (("root", "children", 0, "optinal"), True, "/root/children/0/optinal"),
        ((*PERSON, "children", 0, "as"), "datum", "/root/children/2/children/0/as"),
        ((*PERSON, "children", 0, "field"), "a{k}",
         "/root/children/2/children/0/field"),
        ((*PERSON, "children", 0, "field"), "", "/root/children/2/children/0/field"),
        ((*PERSON, "children", 1, "default"), "gestern",
         "/root/children/2/children/1/default"),
        ((*PERSON, "children", 1, "written"), "number",
         "/root/children/2/children/1/written"),
        ((*PERSON, "children", 2, "split", "part"), "middle",
         "/root/children/2/children/2/split/part"),
        ((*PERSON, "children", 2, "split", "at"), "",
         "/root/children/2/children/2/split/at"),
        ((*PERSON, "attributes", "id", "id"), "1x",
         "/root/children/2/attributes/id/id"),
        ((*PERSON, "attributes", "id", "id"), "hund", "/root/children/5"),
        ((*PERSON, "attributes", "id", "optional"), True,
         "/root/children/2/attributes/id/optional"),
        ((*HUND, "attributes", "von", "ref"), "niemand", "/root/children/5"),
        ((*HUND, "each", "number"), "N-1", "/root/children/5/each/number"),
        ((*HUND, "each", "most"), -1, "/root/children/5/each/most"),
        ((*HUND, "children", 0, "table"), "farbe",
         "/root/children/5/children/0/table"),
        ((*HUND, "children", 0, "attributes"), {"listURI": "x"},
         "/root/children/5/children/0/attributes"),
        ((*HUND, "children", 1, "places"), 99, "/root/children/5/children/1/places"),
        ((*HUND, "children", 2, "optional"), True,
         "/root/children/5/children/2/optional"),
        ((*HUND, "children", 3, "each", "number"), "n",
         "/root/children/5/children/3/each/number"),
        ((*HUND, "children", 3, "field"), "hund{n}_x",
         "/root/children/5/children/3/each"),
        (("root", "children", 3, "children"), [{"element": "a", "constant": "b"}],
         "/root/children/3/optional"),
        (("root", "children", 4, "attributes", "wem", "ref"), "hund",
         "/root/children/4"),
        (("root", "children", 9, "when"), {"field": "x", "is": []},
         "/root/children/9/when/is"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_a_remedy(
    path: tuple[str | int, ...], value: object, place: str
) -> None:
    base = deepcopy(FLAT)
    base["root"]["children"].append({"element": "a", "field": "x"})

    lines = said(changed(base, *path, to=value)).splitlines()

    assert any(line.startswith(f"maps/a.json#{place}: ") for line in lines), lines
    assert all(" → " in line for line in lines)


def test_all_mistakes_are_told_at_once() -> None:
    broken = changed(FLAT, "shape", to="round")
    broken = changed(broken, "root", "children", 0, "optinal", to=True)

    lines = said(broken)

    assert "#/shape:" in lines
    assert "#/root/children/0/optinal: " in lines
    assert "Did you mean `optional`?" in lines


def test_a_field_is_a_value_or_holds_fields_but_not_both() -> None:
    one = {"element": "x", "field": "wohnung"}

    assert "holds further fields" in said(
        changed(NESTED, "root", "children", 2, to=one)
    )


def test_a_nested_form_has_lists_and_a_flat_one_no_lists_in_lists() -> None:
    numbered = {"element": "x", "each": {"number": "n"}, "field": "a"}
    deep = {
        "element": "x",
        "each": {"list": "a"},
        "children": [{"element": "y", "each": {"list": "b"}, "field": ""}],
    }

    assert "/each/number" in said(changed(NESTED, "root", "children", 2, to=numbered))
    assert "/each/list" in said(changed(FLAT, "root", "children", 6, to=deep))


def test_a_map_is_not_endlessly_deep() -> None:
    inner: dict[str, Any] = {"element": "a", "field": "x"}
    for _ in range(70):
        inner = {"element": "a", "children": [inner]}

    assert "too deep" in said(changed(FLAT, "root", "children", 0, to=inner))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"a":1,"a":2}'])
def test_what_is_no_json_object_is_no_map(body: bytes) -> None:
    with pytest.raises(PackBroken):
        read_map(body)


def test_a_map_can_be_a_stylesheet_of_the_pack() -> None:
    sheet = b"""<xsl:stylesheet version="1.0"
        xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/>"""
    body = json.dumps(
        {
            "format": "form-map/1",
            "form": {"profile": "p", "id": "i"},
            "stylesheet": "maps/a.xsl",
        }
    ).encode()

    def nowhere(_: str) -> bytes:
        raise PackBroken("a.xsl is not in pack.sums")

    found = read_map(body, beside={"maps/a.xsl": sheet}.__getitem__)

    assert isinstance(found, StylesheetMap)
    assert found.forward == sheet
    with pytest.raises(PackBroken, match="no such file"):
        read_map(body, beside=nowhere)
    with pytest.raises(PackBroken, match="#/stylesheet: "):
        read_map(body, beside=lambda _: b"<html/>")


def places(value: object, path: Path = ()) -> list[Path]:
    inner: dict[str | int, object] = {}
    if isinstance(value, dict | list):
        inner = dict(value.items() if isinstance(value, dict) else enumerate(value))
    below = [each for key, one in inner.items() for each in places(one, (*path, key))]
    return [path, *below] if path else below


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@settings(max_examples=50)
@given(st.sampled_from([FLAT, NESTED]), st.data(), JSON)
def test_whatever_stands_in_a_map_it_works_or_is_refused(
    base: dict[str, Any], data: st.DataObject, value: object
) -> None:
    path = data.draw(st.sampled_from(places(base)))
    body = json.dumps(changed(base, *path, to=value)).encode()

    try:
        found = read_map(body)
    except PackBroken:
        return
    built = to_xml(found, HUND_FORM, GIVEN)
    assert built.xml or built.problems
    assert from_xml(found, built.xml).is_other == (not built.xml)
