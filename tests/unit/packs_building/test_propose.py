"""What is made of a download that nobody prepared for us."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import PackBroken
from schemas.packs.building.proposal import Missing, Proposal
from schemas.packs.building.survey import Role
from schemas.packs.manifest import Form, Kind, Message
from tests.unit.packs_building.downloads import (
    BAD,
    DANGLING,
    GOOD,
    HEAD,
    KILO,
    LEVY,
    STANDARD,
    UNITS,
    XS,
    folder_of,
    must_add,
    proposed,
    zip_of,
)
from tests.unit.packs_building.test_code_lists import ONE, genericode


def of(
    tmp_path: Path,
    files: dict[str, str | bytes],
    **options: Any,  # noqa: ANN401 - fields of the options
) -> Proposal:
    place = tmp_path / "packs"
    place.mkdir(parents=True, exist_ok=True)
    return proposed(folder_of(tmp_path, files), place, **options)


def changed(**files: str) -> dict[str, str | bytes]:
    return {**STANDARD, **{f"{name}.xml": body for name, body in files.items()}}


def test_a_standard_nobody_has_seen_is_understood(tmp_path: Path) -> None:
    found = of(tmp_path, dict(STANDARD))

    assert found.manifest.key == "hunde-abgabe-2.3"
    assert found.manifest.namespace == LEVY
    assert found.manifest.messages == (Message(name="Abgabe"),)
    assert found.manifest.schemas == ("xsd/haupt.xsd",)
    assert found.manifest.id_attributes == ("nr",)
    assert found.manifest.idref_attributes == ("mutter",)
    assert found.catalogue == {
        "http://masse.example/x/einheiten.xsd": "xsd/fremd/einheiten.xsd"
    }
    assert found.missing == ()
    assert [one.path for one in found.left_out] == ["LIES_MICH.txt"]


def test_files_stay_byte_for_byte_as_they_were(tmp_path: Path) -> None:
    found = of(tmp_path, dict(STANDARD))

    assert found.bodies["xsd/haupt.xsd"] == HEAD.encode()
    assert found.bodies["xsd/fremd/einheiten.xsd"] == KILO.encode()


def test_a_zip_is_understood_like_the_folder(tmp_path: Path) -> None:
    folder = of(tmp_path, dict(STANDARD))
    source = tmp_path / "hundeabgabe.zip"
    source.write_bytes(zip_of(STANDARD))

    assert proposed(source, tmp_path / "packs") == folder


def test_a_missing_import_is_named_with_what_to_do(tmp_path: Path) -> None:
    files = {name: body for name, body in STANDARD.items() if "einheiten" not in name}

    found = of(tmp_path, files)

    assert found.missing == (
        Missing(
            namespace=UNITS,
            location="http://masse.example/x/einheiten.xsd",
            importer="haupt.xsd",
            advice=f"Add the pack that holds the namespace {UNITS} first, then repeat.",
        ),
    )


def test_a_missing_include_says_that_the_download_is_incomplete(
    tmp_path: Path,
) -> None:
    files = {name: body for name, body in STANDARD.items() if "gemeinsam" not in name}

    (gap,) = of(tmp_path, files).missing

    assert "incomplete" in gap.advice


def test_an_import_is_found_in_a_pack_that_is_there(tmp_path: Path) -> None:
    place = tmp_path / "packs"
    (tmp_path / "einheiten.xsd").write_text(KILO)
    must_add(tmp_path / "einheiten.xsd", place, id="masse", version="1")
    files = {name: body for name, body in STANDARD.items() if "einheiten" not in name}

    found = of(tmp_path, files)

    assert found.manifest.requires == ("masse-1",)
    assert found.catalogue == {
        "http://masse.example/x/einheiten.xsd": "../masse-1/xsd/einheiten.xsd"
    }
    assert found.missing == ()


def test_an_import_without_a_place_is_found_by_its_namespace(tmp_path: Path) -> None:
    head = HEAD.replace(' schemaLocation="http://masse.example/x/einheiten.xsd"', "")

    found = of(tmp_path, {**STANDARD, "haupt.xsd": head})

    assert found.catalogue == {UNITS: "xsd/fremd/einheiten.xsd"}


def test_a_catalogue_beside_the_download_helps_where_nothing_else_does(
    tmp_path: Path,
) -> None:
    files = {**STANDARD, "anders.txt": ""}
    files["teile/anders.xsd"] = files.pop("teile/gemeinsam.xsd")
    entry = {"teile/gemeinsam.xsd": "hundeabgabe/teile/anders.xsd"}
    (tmp_path / "catalog.json").write_text(json.dumps(entry))

    found = of(tmp_path, files)

    assert found.missing == ()
    assert found.catalogue["teile/gemeinsam.xsd"] == "xsd/teile/anders.xsd"


def test_of_several_files_of_a_namespace_the_one_of_the_same_name_is_meant(
    tmp_path: Path,
) -> None:
    files = {**STANDARD, "a/anders.xsd": KILO.replace("Kilo", "Liter")}

    found = of(tmp_path, files)

    assert "xsd/fremd/einheiten.xsd" in found.bodies
    assert "a/anders.xsd" in {one.path for one in found.left_out}


def test_samples_are_told_apart_by_root_and_place(tmp_path: Path) -> None:
    files = {
        **STANDARD,
        "beispiele/gut.xml": GOOD,
        "beispiele/negativ/schlecht.xml": BAD,
        "beispiele/alt.xml": GOOD.replace("v2_3", "v2_2"),
        "rechnung.xml": "<Rechnung/>",
    }

    found = of(tmp_path, files)

    assert found.of(Role.SAMPLE) == (
        "samples/valid/gut.xml",
        "samples/invalid/schlecht.xml",
    )
    assert found.foreign_samples == ("beispiele/alt.xml", "rechnung.xml")


def test_a_sample_that_its_publisher_got_wrong_can_be_left_out(tmp_path: Path) -> None:
    place, source = tmp_path / "packs", folder_of(tmp_path, changed(gut=GOOD, dumm=BAD))
    found = proposed(source, place, without_samples=("dumm.xml",))

    assert found.of(Role.SAMPLE) == ("samples/valid/gut.xml",)


def test_two_samples_of_one_name_are_both_kept(tmp_path: Path) -> None:
    files = {**STANDARD, "a/gut.xml": GOOD, "b/gut.xml": GOOD}

    found = of(tmp_path, files)

    assert found.of(Role.SAMPLE) == ("samples/valid/gut.xml", "samples/valid/b-gut.xml")


RIVAL = HEAD.replace("m:Kilo", "abg:Kilo").replace(
    '<element name="Vermerk"',
    '<simpleType name="Kilo"><restriction base="string"><enumeration value="12.5"/>'
    '</restriction></simpleType><element name="Vermerk"',
)
RIVALS = {
    **{f"frei/{name}": body for name, body in STANDARD.items()},
    **{f"streng/{name}": body for name, body in STANDARD.items()},
    "streng/haupt.xsd": RIVAL,
}


def test_of_two_sets_of_one_namespace_that_is_taken_whose_samples_are_all_valid(
    tmp_path: Path,
) -> None:
    sample = GOOD.replace("12.5", "13")

    found = of(tmp_path, {**RIVALS, "gut.xml": sample})

    assert found.rivals == ()
    assert found.bodies["xsd/haupt.xsd"] == HEAD.encode()


@pytest.mark.parametrize("samples", [{}, {"gut.xml": GOOD}])
def test_where_samples_do_not_decide_a_person_must(
    tmp_path: Path, samples: dict[str, str]
) -> None:
    found = of(tmp_path, {**RIVALS, **samples})
    named = of(tmp_path, {**RIVALS, **samples}, main="streng/haupt.xsd")

    assert found.rivals == ("frei/haupt.xsd", "streng/haupt.xsd")
    assert named.rivals == ()
    assert named.bodies["xsd/haupt.xsd"] == RIVAL.encode()


def test_a_main_schema_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(PackBroken, match="--main"):
        of(tmp_path, dict(STANDARD), main="anders.xsd")


def test_types_alone_are_a_library(tmp_path: Path) -> None:
    found = of(tmp_path, {"einheiten.xsd": KILO})

    assert found.manifest.kind is Kind.LIBRARY
    assert found.manifest.messages == ()


def test_without_any_version_the_bytes_are_the_version(tmp_path: Path) -> None:
    first = of(tmp_path, {"einheiten.xsd": KILO}).manifest.version
    again = of(tmp_path, {"einheiten.xsd": KILO}).manifest.version
    other = of(tmp_path, {"einheiten.xsd": KILO + "\n"}).manifest.version

    assert first == again != other


def test_numbered_elements_are_the_messages_where_there_are_any(
    tmp_path: Path,
) -> None:
    head = HEAD.replace('name="Abgabe"', 'name="hund.abgabe.0401"').replace(
        "</schema>",
        '<element name="hund.rueckweisung.0010" type="string"/>'
        '<element name="Anhang" type="string"/></schema>',
    )

    found = of(tmp_path, {**STANDARD, "haupt.xsd": head})

    assert found.manifest.messages == (
        Message(name="hund.abgabe.0401", code="0401"),
        Message(name="hund.rueckweisung.0010", code="0010", role="reject"),
    )


def test_an_attribute_that_is_a_reference_here_and_text_there_is_not_checked(
    tmp_path: Path,
) -> None:
    head = HEAD.replace('name="gewicht" type="m:Kilo"', 'name="mutter" type="string"')

    found = of(tmp_path, {**STANDARD, "haupt.xsd": head})

    assert found.manifest.idref_attributes == ()
    assert "mutter" in found.notes[-1]


GATHER = "urn:example:sammel:1.0"


def test_a_schema_that_only_gathers_others_has_their_messages(tmp_path: Path) -> None:
    main = (
        f'<schema xmlns="{XS}" targetNamespace="{GATHER}">'
        f'<import namespace="{LEVY}" schemaLocation="haupt.xsd"/></schema>'
    )

    found = of(tmp_path, {**STANDARD, "alles.xsd": main})

    assert found.manifest.schemas == ("xsd/alles.xsd",)
    assert found.manifest.messages == (Message(name="Abgabe", namespace=LEVY),)


def test_what_is_bundled_from_elsewhere_gives_no_messages(tmp_path: Path) -> None:
    units = KILO.replace("</schema>", '<element name="Waage" type="string"/></schema>')

    found = of(tmp_path, {**STANDARD, "fremd/einheiten.xsd": units})

    assert found.manifest.messages == (Message(name="Abgabe"),)


def test_a_redefined_schema_is_found_by_its_namespace_whatever_its_address(
    tmp_path: Path,
) -> None:
    head = HEAD.replace(
        '<include schemaLocation="teile/gemeinsam.xsd"/>',
        '<redefine schemaLocation="http://abgaben.example/ns/"/>',
    )

    found = of(tmp_path, {**STANDARD, "haupt.xsd": head})

    assert found.catalogue["http://abgaben.example/ns/"] == "xsd/teile/gemeinsam.xsd"


def coded(**more: str | bytes) -> dict[str, str | bytes]:
    """The standard, with a type that names a code list."""
    head = HEAD.replace(
        '<attribute name="gewicht"',
        f'<attribute name="listURI" fixed="{ONE.uri}"/><attribute name="gewicht"',
    )
    return {**STANDARD, "haupt.xsd": head, **more}


def test_a_code_list_that_the_download_lacks_is_taken_from_a_library(
    tmp_path: Path,
) -> None:
    lists = tmp_path / "meine-listen-7"
    lists.mkdir()
    (lists / "eins.xml").write_bytes(genericode(ONE))
    must_add(lists, tmp_path / "packs")

    found = of(tmp_path, coded())
    with_own = of(tmp_path, coded(**{"eins.xml": genericode(ONE)}))

    assert found.manifest.requires == ("meine-listen-7",)
    assert with_own.manifest.requires == ()


def test_a_form_is_named_by_a_person(tmp_path: Path) -> None:
    forms = (Form(profile="amt", id="HA-1"),)

    found = of(tmp_path, dict(STANDARD), forms=forms)

    assert found.manifest.kind is Kind.FORM
    assert found.manifest.forms == forms


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(STANDARD)),
    at=st.integers(0, 900),
    cut=st.integers(0, 40),
    put=st.text(st.sampled_from('<>"/:.[&#=abc \n'), max_size=8)
    | st.sampled_from(["include", "import", 'ref="abg:Abgabe"', "http://[", "../../"]),
)
def test_a_damaged_download_is_proposed_or_refused_and_nothing_else(
    tmp_path: Path, name: str, at: int, cut: int, put: str
) -> None:
    body = str(STANDARD[name])
    at %= len(body) + 1
    files = {**STANDARD, name: body[:at] + put + body[at + cut :]}

    try:
        found = of(tmp_path, files)
    except PackBroken:
        return

    assert set(found.bodies) == {one.target for one in found.files}


def test_code_lists_and_rules_find_their_places(tmp_path: Path) -> None:
    sch = (
        '<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">'
        "<pattern/></schema>"
    )
    files = {**STANDARD, "x/liste.xml": genericode(ONE), "y/regeln.sch": sch}

    found = of(tmp_path, files)

    assert found.code_lists == (ONE.ref,)
    assert found.of(Role.CODE_LIST) == ("codelists/liste.xml",)
    (rules,) = found.manifest.schematron
    assert (rules.source, rules.stylesheet) == ("sch/regeln.sch", "sch/regeln.xsl")


def test_rules_that_are_mere_warnings_refuse_nobody(tmp_path: Path) -> None:
    sch = (
        '<schema xmlns="http://purl.oclc.org/dsdl/schematron"><pattern>'
        '<rule context="a"><assert test="b" role="Warning"/><assert test="c"'
        ' flag="fatal"/></rule></pattern></schema>'
    )
    compiled = (
        '<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform" version="2.0">'
        '<x:template match="a"><s:r xmlns:s="http://purl.oclc.org/dsdl/svrl">'
        '<x:attribute name="flag">information</x:attribute>'
        "</s:r></x:template></x:stylesheet>"
    )

    (own,) = of(tmp_path / "a", {**STANDARD, "r.sch": sch}).manifest.schematron
    (ready,) = of(tmp_path / "b", {**STANDARD, "r.xsl": compiled}).manifest.schematron

    assert own.severities == {"Warning": "warning"}
    assert ready.severities == {"information": "warning"}
    assert ready.source == ready.stylesheet == "sch/r.xsl"


def test_what_a_publisher_compiled_is_not_needed_where_the_source_is(
    tmp_path: Path,
) -> None:
    files = {
        **STANDARD,
        "r.sch": '<schema xmlns="http://purl.oclc.org/dsdl/schematron"/>',
        "r.xsl": '<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform"'
        ' xmlns:s="http://purl.oclc.org/dsdl/svrl" version="2.0"/>',
    }

    found = of(tmp_path, files)

    assert [one.source for one in found.manifest.schematron] == ["sch/r.sch"]
    assert "r.xsl" in {one.path for one in found.left_out}


def test_a_json_schema_becomes_a_pack_by_its_id(tmp_path: Path) -> None:
    uri = "https://schema.fitko.example/fim/s00000114_1.1.schema.json"
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": uri,
        "title": "Hundesteuer",
    }
    source = tmp_path / "s00000114_1.1.schema.json"
    source.write_text(json.dumps(schema))

    found = proposed(source, tmp_path / "packs")

    assert found.manifest.key == "s00000114-1.1"
    assert found.manifest.kind is Kind.FIM_JSON
    assert found.manifest.uri_aliases == (uri,)
    assert found.manifest.title == "Hundesteuer"


def test_the_address_of_a_json_schema_may_hold_its_version(tmp_path: Path) -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://schema.example/metadata/2.1.0/metadata.schema.json",
    }
    source = tmp_path / "schema.json"
    source.write_text(json.dumps(schema))

    assert proposed(source, tmp_path / "packs").manifest.key == "metadata-2.1.0"


def test_a_download_without_any_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackBroken, match="no XML schema"):
        of(tmp_path, {"a.txt": "nichts"})


def test_a_dangling_reference_in_a_sample_is_for_the_check(tmp_path: Path) -> None:
    assert of(tmp_path, changed(gut=DANGLING)).of(Role.SAMPLE) == (
        "samples/valid/gut.xml",
    )
