"""What a new version of a standard changes."""

import json
from pathlib import Path
from typing import Any

from schemas.packs.building.build import build
from schemas.packs.building.diff import Change, CodesChange, PackDiff, diff
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import Kind, Message, Rules
from tests.unit.packs.making import FILES, SPACE, make_pack, xsd
from tests.unit.packs_building.downloads import library
from tests.unit.packs_building.test_code_lists import ONE, OTHER, TWO, URI, genericode


def compared(
    tmp_path: Path,
    before: dict[str, str | bytes],
    after: dict[str, str | bytes],
    **changes: Any,  # noqa: ANN401 - fields of the manifest
) -> PackDiff:
    """Version 1 with these files and version 2 with those; ``changes`` are of 2."""
    build(make_pack(tmp_path, files=before), library(tmp_path / "none"))
    folder = make_pack(tmp_path, files=after, version="2", **changes)
    build(folder, library(tmp_path / "none"))
    packs = PackLibrary([tmp_path])
    old, new = packs.entry("tiny-1"), packs.entry("tiny-2")
    assert old is not None
    assert new is not None
    return diff(old, new)


def test_nothing_is_different_between_a_pack_and_its_copy(tmp_path: Path) -> None:
    assert compared(tmp_path, dict(FILES), dict(FILES)).is_empty


def test_messages_and_how_often_what_may_stand_are_told(tmp_path: Path) -> None:
    after = str(FILES["xsd/tiny.xsd"]).replace(
        '<xs:element name="betrag" type="xs:decimal"/>',
        '<xs:element name="betrag" type="xs:int" maxOccurs="unbounded"/>'
        '<xs:element name="grund" type="xs:string" minOccurs="0"/>',
    )
    messages = (Message(name="antrag"), Message(name="nachweis"))

    found = compared(tmp_path, dict(FILES), {"xsd/tiny.xsd": after}, messages=messages)

    assert found.messages_added == ("nachweis",)
    assert found.structure == (
        Change(place="antrag/betrag", before="1..1 decimal", after="1..* int"),
        Change(place="antrag/grund", before="", after="0..1 string"),
    )


def test_another_namespace_alone_is_one_line(tmp_path: Path) -> None:
    other = f"{SPACE}:2"
    after = str(FILES["xsd/tiny.xsd"]).replace(SPACE, other)

    found = compared(tmp_path, dict(FILES), {"xsd/tiny.xsd": after}, namespace=other)

    assert found.manifest == (Change(place="namespace", before=SPACE, after=other),)
    assert found.structure == ()


def test_codes_that_came_and_went_are_told(tmp_path: Path) -> None:
    found = compared(
        tmp_path,
        {**FILES, "codelists/a.xml": genericode(ONE)},
        {
            **FILES,
            "codelists/a.xml": genericode(TWO),
            "codelists/b.xml": genericode(OTHER),
        },
    )

    assert found.lists_added == (OTHER.uri,)
    assert found.codes == (
        CodesChange(uri=URI, before="1", after="2", added=("c",), removed=("a",)),
    )


def test_values_that_the_schema_lists_are_codes_too(tmp_path: Path) -> None:
    def schema(*values: str) -> str:
        listed = "".join(f'<xs:enumeration value="{one}"/>' for one in values)
        return xsd(
            f'<xs:simpleType name="Farbe"><xs:restriction base="xs:token">{listed}'
            "</xs:restriction></xs:simpleType>"
            '<xs:element name="antrag" type="t:Farbe"/>'
        )

    found = compared(
        tmp_path,
        {"xsd/tiny.xsd": schema("rot", "blau")},
        {"xsd/tiny.xsd": schema("rot", "gelb")},
    )

    assert found.codes == (
        CodesChange(
            uri="type Farbe", before="", after="", added=("gelb",), removed=("blau",)
        ),
    )


def test_rules_are_compared_by_what_they_ask(tmp_path: Path) -> None:
    def rules(test: str) -> str:
        return (
            '<schema xmlns="http://purl.oclc.org/dsdl/schematron" '
            'queryBinding="xslt2"><pattern><rule context="*">'
            f'<assert id="R1" test="{test}"/></rule></pattern></schema>'
        )

    found = compared(
        tmp_path,
        dict(FILES),
        {**FILES, "sch/a.sch": rules("1 = 1")},
        schematron=(Rules(source="sch/a.sch", stylesheet="sch/a.xsl"),),
    )

    assert found.rules == (Change(place="R1", before="", after="1 = 1"),)


def test_json_schemas_are_compared_by_property(tmp_path: Path) -> None:
    def schema(*required: str) -> dict[str, str | bytes]:
        whole = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "required": required,
            "properties": {"name": {"type": "string"}},
        }
        return {"json/a.json": json.dumps(whole)}

    build(
        make_pack(
            tmp_path,
            files=schema(),
            schemas=(),
            messages=(),
            kind=Kind.FIM_JSON,
            json_schema="json/a.json",
            version="3",
        ),
        library(tmp_path / "none"),
    )
    found = compared(
        tmp_path,
        dict(FILES),
        schema("name"),
        schemas=(),
        messages=(),
        kind=Kind.FIM_JSON,
        json_schema="json/a.json",
    )
    packs = PackLibrary([tmp_path])
    old, new = packs.entry("tiny-3"), packs.entry("tiny-2")

    assert found.messages_removed == ("antrag",)
    assert old is not None
    assert new is not None
    assert diff(old, new).structure == (
        Change(place="/name", before="optional string", after="required string"),
    )
