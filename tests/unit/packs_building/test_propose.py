"""Which schemas of a download are the standard, and where its imports lie."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import PackBroken
from schemas.packs.building.proposal import Missing
from schemas.packs.manifest import Kind, Message
from tests.unit.packs_building.downloads import (
    GOOD,
    HEAD,
    KILO,
    LEVY,
    STANDARD,
    UNITS,
    XS,
    must_add,
    proposal_of,
    proposed,
    zip_of,
)


def test_a_standard_nobody_has_seen_is_understood(tmp_path: Path) -> None:
    found = proposal_of(tmp_path, dict(STANDARD))

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
    found = proposal_of(tmp_path, dict(STANDARD))

    assert found.bodies["xsd/haupt.xsd"] == HEAD.encode()
    assert found.bodies["xsd/fremd/einheiten.xsd"] == KILO.encode()


def test_a_zip_is_understood_like_the_folder(tmp_path: Path) -> None:
    folder = proposal_of(tmp_path, dict(STANDARD))
    source = tmp_path / "hundeabgabe.zip"
    source.write_bytes(zip_of(STANDARD))

    assert proposed(source, tmp_path / "packs") == folder


def test_a_missing_import_is_named_with_what_to_do(tmp_path: Path) -> None:
    files = {name: body for name, body in STANDARD.items() if "einheiten" not in name}

    found = proposal_of(tmp_path, files)

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

    (gap,) = proposal_of(tmp_path, files).missing

    assert "incomplete" in gap.advice


def test_an_import_is_found_in_a_pack_that_is_there(tmp_path: Path) -> None:
    place = tmp_path / "packs"
    (tmp_path / "einheiten.xsd").write_text(KILO)
    must_add(tmp_path / "einheiten.xsd", place, id="masse", version="1")
    files = {name: body for name, body in STANDARD.items() if "einheiten" not in name}

    found = proposal_of(tmp_path, files)

    assert found.manifest.requires == ("masse-1",)
    assert found.catalogue == {
        "http://masse.example/x/einheiten.xsd": "../masse-1/xsd/einheiten.xsd"
    }
    assert found.missing == ()


def test_an_import_without_a_place_is_found_by_its_namespace(tmp_path: Path) -> None:
    head = HEAD.replace(' schemaLocation="http://masse.example/x/einheiten.xsd"', "")

    found = proposal_of(tmp_path, {**STANDARD, "haupt.xsd": head})

    assert found.catalogue == {UNITS: "xsd/fremd/einheiten.xsd"}


def test_a_catalogue_beside_the_download_helps_where_nothing_else_does(
    tmp_path: Path,
) -> None:
    files = {**STANDARD, "anders.txt": ""}
    files["teile/anders.xsd"] = files.pop("teile/gemeinsam.xsd")
    entry = {"teile/gemeinsam.xsd": "hundeabgabe/teile/anders.xsd"}
    (tmp_path / "catalog.json").write_text(json.dumps(entry))

    found = proposal_of(tmp_path, files)

    assert found.missing == ()
    assert found.catalogue["teile/gemeinsam.xsd"] == "xsd/teile/anders.xsd"


def test_of_several_files_of_a_namespace_the_one_of_the_same_name_is_meant(
    tmp_path: Path,
) -> None:
    files = {**STANDARD, "a/anders.xsd": KILO.replace("Kilo", "Liter")}

    found = proposal_of(tmp_path, files)

    assert "xsd/fremd/einheiten.xsd" in found.bodies
    assert "a/anders.xsd" in {one.path for one in found.left_out}


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

    found = proposal_of(tmp_path, {**RIVALS, "gut.xml": sample})

    assert found.rivals == ()
    assert found.bodies["xsd/haupt.xsd"] == HEAD.encode()


@pytest.mark.parametrize("samples", [{}, {"gut.xml": GOOD}])
def test_where_samples_do_not_decide_a_person_must(
    tmp_path: Path, samples: dict[str, str]
) -> None:
    found = proposal_of(tmp_path, {**RIVALS, **samples})
    named = proposal_of(tmp_path, {**RIVALS, **samples}, main="streng/haupt.xsd")

    assert found.rivals == ("frei/haupt.xsd", "streng/haupt.xsd")
    assert named.rivals == ()
    assert named.bodies["xsd/haupt.xsd"] == RIVAL.encode()


def test_a_main_schema_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(PackBroken, match="--main"):
        proposal_of(tmp_path, dict(STANDARD), main="anders.xsd")


def test_types_alone_are_a_library(tmp_path: Path) -> None:
    found = proposal_of(tmp_path, {"einheiten.xsd": KILO})

    assert found.manifest.kind is Kind.LIBRARY
    assert found.manifest.messages == ()


def test_without_any_version_the_bytes_are_the_version(tmp_path: Path) -> None:
    first = proposal_of(tmp_path, {"einheiten.xsd": KILO}).manifest.version
    again = proposal_of(tmp_path, {"einheiten.xsd": KILO}).manifest.version
    other = proposal_of(tmp_path, {"einheiten.xsd": KILO + "\n"}).manifest.version

    assert first == again != other


def test_numbered_elements_are_the_messages_where_there_are_any(
    tmp_path: Path,
) -> None:
    head = HEAD.replace('name="Abgabe"', 'name="hund.abgabe.0401"').replace(
        "</schema>",
        '<element name="hund.rueckweisung.0010" type="string"/>'
        '<element name="Anhang" type="string"/></schema>',
    )

    found = proposal_of(tmp_path, {**STANDARD, "haupt.xsd": head})

    assert found.manifest.messages == (
        Message(name="hund.abgabe.0401", code="0401"),
        Message(name="hund.rueckweisung.0010", code="0010", role="reject"),
    )


def test_an_attribute_that_is_a_reference_here_and_text_there_is_not_checked(
    tmp_path: Path,
) -> None:
    head = HEAD.replace('name="gewicht" type="m:Kilo"', 'name="mutter" type="string"')

    found = proposal_of(tmp_path, {**STANDARD, "haupt.xsd": head})

    assert found.manifest.idref_attributes == ()
    assert "mutter" in found.notes[-1]


GATHER = "urn:example:sammel:1.0"


def test_a_schema_that_only_gathers_others_has_their_messages(tmp_path: Path) -> None:
    main = (
        f'<schema xmlns="{XS}" targetNamespace="{GATHER}">'
        f'<import namespace="{LEVY}" schemaLocation="haupt.xsd"/></schema>'
    )

    found = proposal_of(tmp_path, {**STANDARD, "alles.xsd": main})

    assert found.manifest.schemas == ("xsd/alles.xsd",)
    assert found.manifest.messages == (Message(name="Abgabe", namespace=LEVY),)


def test_what_is_bundled_from_elsewhere_gives_no_messages(tmp_path: Path) -> None:
    units = KILO.replace("</schema>", '<element name="Waage" type="string"/></schema>')

    found = proposal_of(tmp_path, {**STANDARD, "fremd/einheiten.xsd": units})

    assert found.manifest.messages == (Message(name="Abgabe"),)


def test_a_redefined_schema_is_found_by_its_namespace_whatever_its_address(
    tmp_path: Path,
) -> None:
    head = HEAD.replace(
        '<include schemaLocation="teile/gemeinsam.xsd"/>',
        '<redefine schemaLocation="http://abgaben.example/ns/"/>',
    )

    found = proposal_of(tmp_path, {**STANDARD, "haupt.xsd": head})

    assert found.catalogue["http://abgaben.example/ns/"] == "xsd/teile/gemeinsam.xsd"


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
        found = proposal_of(tmp_path, files)
    except PackBroken:
        return

    assert set(found.bodies) == {one.target for one in found.files}


def test_a_download_without_any_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackBroken, match="no XML schema"):
        proposal_of(tmp_path, {"a.txt": "nichts"})
