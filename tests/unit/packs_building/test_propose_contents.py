"""Samples, rules, code lists, forms and JSON: what else a download holds."""

import json
from pathlib import Path

from schemas.packs.building.survey import Role
from schemas.packs.manifest import Form, Kind
from tests.unit.packs_building.downloads import (
    BAD,
    DANGLING,
    GOOD,
    HEAD,
    STANDARD,
    folder_of,
    must_add,
    proposal_of,
    proposed,
)
from tests.unit.packs_building.test_code_lists import ONE, genericode


def changed(**files: str) -> dict[str, str | bytes]:
    return {**STANDARD, **{f"{name}.xml": body for name, body in files.items()}}


def test_samples_are_told_apart_by_root_and_place(tmp_path: Path) -> None:
    files = {
        **STANDARD,
        "beispiele/gut.xml": GOOD,
        "beispiele/negativ/schlecht.xml": BAD,
        "beispiele/alt.xml": GOOD.replace("v2_3", "v2_2"),
        "rechnung.xml": "<Rechnung/>",
    }

    found = proposal_of(tmp_path, files)

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

    found = proposal_of(tmp_path, files)

    assert found.of(Role.SAMPLE) == ("samples/valid/gut.xml", "samples/valid/b-gut.xml")


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

    found = proposal_of(tmp_path, coded())
    with_own = proposal_of(tmp_path, coded(**{"eins.xml": genericode(ONE)}))

    assert found.manifest.requires == ("meine-listen-7",)
    assert with_own.manifest.requires == ()


def test_a_form_is_named_by_a_person(tmp_path: Path) -> None:
    forms = (Form(profile="amt", id="HA-1"),)

    found = proposal_of(tmp_path, dict(STANDARD), forms=forms)

    assert found.manifest.kind is Kind.FORM
    assert found.manifest.forms == forms


def test_code_lists_and_rules_find_their_places(tmp_path: Path) -> None:
    sch = (
        '<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">'
        "<pattern/></schema>"
    )
    files = {**STANDARD, "x/liste.xml": genericode(ONE), "y/regeln.sch": sch}

    found = proposal_of(tmp_path, files)

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

    (own,) = proposal_of(tmp_path / "a", {**STANDARD, "r.sch": sch}).manifest.schematron
    (ready,) = proposal_of(
        tmp_path / "b", {**STANDARD, "r.xsl": compiled}
    ).manifest.schematron

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

    found = proposal_of(tmp_path, files)

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


def test_a_dangling_reference_in_a_sample_is_for_the_check(tmp_path: Path) -> None:
    assert proposal_of(tmp_path, changed(gut=DANGLING)).of(Role.SAMPLE) == (
        "samples/valid/gut.xml",
    )
