"""A form becomes XML in the map's order, or every mistake names its field."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from schemas.findings import Severity
from schemas.mapping.applying import to_xml
from schemas.mapping.building import Built, Given
from schemas.mapping.form_data import FormValue
from tests.unit.mapping.maps import (
    FLAT,
    FLAT_MAP,
    GIVEN,
    HUND,
    NESTED_MAP,
    changed,
    made,
)

H = "{urn:example:hund}"


def built(**changes: FormValue) -> Built:
    return to_xml(FLAT_MAP, HUND | changes, GIVEN)


def root(one: Built) -> etree._Element:
    assert one.xml, one.problems
    return etree.fromstring(one.xml)


def wrong(one: Built) -> dict[str, str]:
    return {problem.field: problem.rule for problem in one.problems}


def test_elements_stand_in_the_order_of_the_map() -> None:
    one = root(built(bemerkung="Ende", partner="Zoë", hund1_folge="1"))

    assert [etree.QName(child).localname for child in one] == [
        *("nachricht", "leser", "person", "person", "mit"),
        *("hund", "folge", "bemerkung"),
    ]
    assert one.tag == f"{H}anmeldung"
    assert one[0].tag == "nachricht"
    assert one[0].text == str(GIVEN.uuid)


def test_the_same_in_is_the_same_out() -> None:
    assert built().xml == built().xml
    assert to_xml(FLAT_MAP, dict(reversed(HUND.items())), GIVEN).xml == built().xml


def test_a_form_cannot_write_markup() -> None:
    evil = "</h:name><h:hund/><!--&amp;]]><![CDATA[\"x\" 'y' &lt;"

    one = root(built(name=evil, anrede="Frau"))

    assert one.findtext(f"{H}person/{H}name") == evil
    assert len(one.findall(f"{H}hund")) == 1


@given(st.text(min_size=1))
def test_any_text_arrives_or_is_a_problem_of_its_field(text: str) -> None:
    one = built(bemerkung=text)

    assert one.xml or wrong(one) == {"bemerkung": "form-field-invalid"}
    if one.xml:
        assert etree.fromstring(one.xml).tag == f"{H}anmeldung"


def test_what_we_build_is_in_nfc() -> None:
    one = root(built(name="Ju\u0308rgen", bemerkung="e\u0301"))

    assert one.findtext(f"{H}person/{H}name") == "Jürgen"
    assert one.findtext(f"{H}bemerkung") == "é"


def test_every_mistake_is_told_at_once_and_names_its_field() -> None:
    one = built(name="", geboren="31.02.1970", hund1_wert="12.34", hund1_rasse="Katze")

    assert one.xml == b""
    assert wrong(one) == {
        "name": "form-field-missing",
        "geboren": "form-field-invalid",
        "hund1_wert": "form-field-invalid",
        "hund1_rasse": "form-field-invalid",
    }
    assert one.problems[0].german == "Die Angabe „Ihr Name“ fehlt."


def test_no_problem_repeats_what_was_filled_in() -> None:
    secret = "Geheimnis"
    one = built(geboren=secret, hund1_wert=secret, hund1_liste=secret, Geheimnis=secret)

    assert len(one.problems) == 4
    assert secret not in repr(one)
    assert one.unused == (secret,)


def test_what_nobody_takes_is_a_warning_and_buttons_are_not() -> None:
    one = built(fremd="x", absenden="1", leer="", hund0x_wert="5")

    assert one.xml
    assert one.unused == ("fremd", "hund0x_wert")
    assert [(each.field, each.severity) for each in one.problems] == [
        ("*", Severity.WARNING)
    ]


def test_numbers_in_names_may_have_gaps_and_rule_the_ids() -> None:
    one = root(built(hund3_rasse="Pudel", hund3_folge="4", hund2_rasse=" "))

    assert [each.get("id") for each in one.iter(f"{H}hund")] == ["hund-1", "hund-3"]
    assert [(each.get("hund"), each.text) for each in one.iter(f"{H}folge")] == [
        ("hund-3", "4")
    ]


def test_too_many_and_too_few_are_mistakes() -> None:
    many = {f"hund{n}_rasse": "Pudel" for n in range(1, 6)}

    assert wrong(built(**many))["hund1_rasse"] == "form-field-invalid"
    none = {key: value for key, value in HUND.items() if "hund" not in key}
    found = wrong(to_xml(FLAT_MAP, none, GIVEN))
    assert found == {"hund1_rasse": "form-field-missing"}


def test_a_repetition_in_a_repetition_counts_for_itself() -> None:
    one = root(
        built(
            hund1_impfung4="02.02.2024",
            hund2_rasse="Pudel",
            hund2_impfung9="03.03.2024",
        )
    )

    dates = [
        [i.text for i in each.iter(f"{H}impfung")] for each in one.iter(f"{H}hund")
    ]
    assert dates == [["2024-02-01", "2024-02-02"], ["2024-03-03"]]


def test_a_list_with_one_entry_may_be_a_text() -> None:
    one, two = built(merkmale="braun"), built(merkmale=["braun", "", "alt"])

    assert [each.text for each in root(one).iter(f"{H}merkmal")] == ["braun"]
    assert [each.text for each in root(two).iter(f"{H}merkmal")] == ["braun", "alt"]
    assert two.fields["/anmeldung/merkmal[2]"] == "merkmale"
    assert not one.problems
    assert wrong(built(merkmale={"a": "b"})) == {"merkmale": "form-field-invalid"}


def test_a_code_says_from_which_list_it_is() -> None:
    breed = next(root(built()).iter(f"{H}rasse"))

    assert breed.get("listURI") == "urn:example:liste:rasse"
    assert breed.get("listVersionID") == "2"
    assert breed.findtext("code") == "01"
    assert root(built(anrede="Herr")).get("anrede") == "m"
    assert "anrede" not in root(built()).attrib


def test_an_optional_part_is_whole_or_absent() -> None:
    assert len(root(built()).findall(f"{H}person")) == 1
    assert len(root(built(partner="Zoë")).findall(f"{H}person")) == 2
    assert wrong(built(partner_geboren="01.01.1980")) == {
        "partner": "form-field-missing"
    }


def test_a_reference_goes_with_what_it_refers_to() -> None:
    assert root(built()).find(f"{H}mit") is None
    there = root(built(partner="Zoë")).find(f"{H}mit")
    assert there is not None
    assert there.get("wem") == "partner"


def test_a_reference_that_must_be_there_names_the_field_it_waits_for() -> None:
    strict = made(changed(FLAT, "root", "children", 4, "optional", to=False))

    found = to_xml(strict, HUND, GIVEN)

    assert wrong(found) == {"partner": "form-field-missing"}


def test_an_optional_attribute_goes_without_its_target() -> None:
    value = {"ref": "partner", "optional": True}
    loose = made(changed(FLAT, "root", "attributes", "mit", to=value))

    assert "mit" not in root(to_xml(loose, HUND, GIVEN)).attrib
    assert root(to_xml(loose, HUND | {"partner": "Z"}, GIVEN)).get("mit") == "partner"


def test_what_the_caller_did_not_give_is_our_fault() -> None:
    without = Given(uuid=GIVEN.uuid, at=GIVEN.at)

    (problem,) = to_xml(FLAT_MAP, HUND, without).problems

    assert problem.severity is Severity.INTERNAL
    assert problem.as_finding().detail == "reader"


def test_a_condition_decides_and_what_it_hides_is_told() -> None:
    form: dict[str, Any] = {"kinder": [], "seit": "01.01.2020", "allein": False}

    hidden = to_xml(NESTED_MAP, form, GIVEN)
    shown = to_xml(NESTED_MAP, form | {"allein": True}, GIVEN)

    assert b"seit" not in hidden.xml
    assert wrong(hidden) == {"/seit": "form-field-unknown"}
    assert b"<seit>2020-01-01</seit>" in shown.xml
    assert not shown.problems


def test_fields_of_nested_forms_are_named_by_pointers() -> None:
    child = {"person": {"vorname": "Zoë", "geboren": "1.2.2020"}, "a": {"b": "c"}}
    one = to_xml(NESTED_MAP, {"kinder": [{}, child, "x"], "wohnung": "hier"}, GIVEN)

    found = wrong(one)

    assert found["/kinder/1/person/geboren"] == "form-field-invalid"
    assert found["/kinder/2/person/vorname"] == "form-field-missing"
    assert found["/stelle"] == "form-field-missing"
    assert found["*"] == "form-field-unknown"
    assert one.unused == ("/kinder/1/a/b", "/kinder/2", "/wohnung")


def test_several_fields_are_joined_without_holes() -> None:
    def joined(**home: str) -> str | None:
        found = to_xml(NESTED_MAP, {"wohnung": home}, GIVEN)
        return etree.fromstring(found.xml).findtext("{urn:example:uv}anschrift")

    assert joined(strasse="Am Weg", nummer="7") == "Am Weg 7"
    assert joined(nummer="7") == "7"
    assert joined() is None


@pytest.mark.parametrize("place", ["53111", " 53111 ", ""])
def test_a_text_that_does_not_split_lacks_its_second_half(place: str) -> None:
    assert wrong(built(ort=place)) == {"ort": "form-field-missing"}


def test_ten_thousand_numbers_are_counted_in_a_moment() -> None:
    names = ((n, m) for n in range(100) for m in range(100))
    many = {f"hund{n}_impfung{m}": "1.1.2024" for n, m in names}
    before = time.process_time()

    found = wrong(built(**many))

    assert found["hund2_rasse"] == "form-field-missing"
    assert time.process_time() - before < 2
