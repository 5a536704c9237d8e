"""What the check finds in the XML is told in the form's words."""

import json
from datetime import date
from pathlib import Path

import pytest

from schemas.checking.check import check
from schemas.checking.policy import CheckPolicy
from schemas.errors import PackBroken
from schemas.findings import CheckResult
from schemas.mapping.applying import broken_maps, for_form, to_xml
from schemas.mapping.building import Built
from schemas.mapping.form_data import Form
from schemas.mapping.form_map import TreeMap
from schemas.mapping.places import field_of, in_form_words
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import Kind, Manifest, Message
from tests.unit.mapping.maps import GIVEN, NESTED
from tests.unit.packs.making import make_pack, xsd

UV = Manifest(
    id="uv",
    version="1",
    kind=Kind.XOEV,
    title="Families",
    namespace="urn:example:uv",
    schemas=("xsd/uv.xsd",),
    messages=(Message(name="antrag"),),
    maps=("maps/uv.json",),
)
SCHEMA = xsd(
    """
<xs:simpleType name="kurz"><xs:restriction base="xs:string">
  <xs:maxLength value="5"/></xs:restriction></xs:simpleType>
<xs:element name="antrag"><xs:complexType><xs:sequence>
  <xs:element name="kind" maxOccurs="unbounded"><xs:complexType><xs:sequence>
    <xs:element name="name" type="t:kurz"/>
    <xs:element name="geboren" type="xs:date"/>
    <xs:element name="bedarf" type="xs:decimal"/>
    <xs:element name="sprache" type="t:kurz" minOccurs="0" maxOccurs="9"/>
    <xs:element name="stelle" type="t:kurz"/>
  </xs:sequence><xs:attribute name="id"/></xs:complexType></xs:element>
</xs:sequence></xs:complexType></xs:element>""",
    space="urn:example:uv",
)


@pytest.fixture
def library(tmp_path: Path) -> PackLibrary:
    files = {"xsd/uv.xsd": SCHEMA, "maps/uv.json": json.dumps(NESTED)}
    make_pack(tmp_path, UV, files)
    return PackLibrary([tmp_path])


def checked(library: PackLibrary, form: Form) -> tuple[Built, CheckResult]:
    (found,) = for_form(library, "portal", "uv")
    built = to_xml(found.map, form, GIVEN)
    result = check(
        built.xml,
        media_type="application/xml",
        library=library,
        policy=CheckPolicy(),
        on=date(2026, 6, 15),
    )
    return built, result


def child(name: str, **more: object) -> dict[str, object]:
    return {"person": {"vorname": name, "geboren": "2020-01-01"}, "bedarf": 1, **more}


def test_a_violation_names_the_field_that_was_filled_in(library: PackLibrary) -> None:
    form = {
        "kinder": [
            child("Zoë", sprachen=["de", "plattdeutsch"]),
            child("Maximiliane"),
            child("Max", bedarf=None),
        ],
        "stelle": "hier",
    }

    built, result = checked(library, form)  # type: ignore[arg-type]

    told = [in_form_words(one, built.fields) for one in result.findings]
    assert [one.path for one in told] == [
        "/kinder/0/sprachen/1",
        "/kinder/1/person/vorname",
        # What is missing has no place: the next one in the XML is named.
        "/stelle",
    ]
    assert all(one.path in one.german and one.path in one.english for one in told)
    assert {one.rule for one in told} == {"schema-violation"}


def test_a_form_without_mistakes_is_accepted(library: PackLibrary) -> None:
    form = {"kinder": [child("Zoë")], "stelle": "hier"}

    _, result = checked(library, form)  # type: ignore[arg-type]

    assert result.findings == ()


def test_a_place_without_a_field_of_its_own_belongs_to_what_is_around() -> None:
    fields = {"/a/b": "eins", "/a/b[2]": "zwei", "/a/b[2]/@c": "drei"}

    assert field_of(fields, "/a/b[1]/code") == "eins"
    assert field_of(fields, "/a/b[2]/@c") == "drei"
    assert field_of(fields, "/a/b[2]/@d") == "zwei"
    assert field_of(fields, "/a[1]/b[12]") == ""
    assert field_of(fields, "") == ""


def test_a_form_is_found_in_the_pack_that_has_its_map(library: PackLibrary) -> None:
    (found,) = for_form(library, "portal", "uv")

    assert isinstance(found.map, TreeMap)
    assert (found.pack.id, found.file) == ("uv", "maps/uv.json")
    assert found.entry.manifest == UV
    assert for_form(library, "portal", "hund") == ()


def test_a_broken_map_is_told_with_its_file(tmp_path: Path) -> None:
    make_pack(tmp_path, UV, {"xsd/uv.xsd": SCHEMA, "maps/uv.json": "{}"})

    with pytest.raises(PackBroken, match=r"maps/uv.json#/form/profile: "):
        for_form(PackLibrary([tmp_path]), "portal", "uv")


def test_a_broken_pack_does_not_stop_the_forms_of_others(tmp_path: Path) -> None:
    good = {"xsd/uv.xsd": SCHEMA, "maps/uv.json": json.dumps(NESTED)}
    make_pack(tmp_path, UV, good)
    make_pack(tmp_path, UV, {**good, "maps/uv.json": "{}"}, version="2")

    (found,) = for_form(PackLibrary([tmp_path]), "portal", "uv")

    assert found.entry.key == "uv-1"


def test_all_that_is_wrong_with_a_packs_maps_is_told_before_it_is_added(
    tmp_path: Path,
) -> None:
    files = {
        "xsd/uv.xsd": SCHEMA,
        "maps/a.json": json.dumps(NESTED),
        "maps/b.json": "{}",
        "maps/c.json": "[]",
    }
    make_pack(tmp_path, UV, files, maps=("maps/a.json", "maps/b.json", "maps/c.json"))
    pack = PackLibrary([tmp_path]).compiled("uv-1")

    lines = broken_maps(pack, pack.manifest.maps)

    assert broken_maps(pack, ["maps/a.json"]) == ()
    assert {line.partition("#")[0].partition(":")[0] for line in lines} == {
        "maps/b.json",
        "maps/c.json",
    }
    assert len(lines) > 2


def test_one_changed_byte_in_a_map_is_noticed(tmp_path: Path) -> None:
    files = {"xsd/uv.xsd": SCHEMA, "maps/uv.json": json.dumps(NESTED)}
    folder = make_pack(tmp_path, UV, files)
    library = PackLibrary([tmp_path])
    (folder / "maps/uv.json").write_text(json.dumps(NESTED) + " ")

    with pytest.raises(PackBroken):
        for_form(library, "portal", "uv")
