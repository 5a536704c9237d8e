"""What a map built it can read again, and it says what it cannot."""

import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.mapping.applying import from_xml, to_xml
from schemas.mapping.conversions import from_text
from schemas.mapping.form_data import Form
from schemas.mapping.form_map import AsAmount, Written
from tests.unit.mapping.maps import (
    FLAT,
    FLAT_MAP,
    GIVEN,
    HUND,
    NESTED_MAP,
    changed,
    made,
)

GERMAN = AsAmount(written=Written.GERMAN, places=2)
signs = st.characters(
    exclude_categories=("Cs", "Cc", "Co", "Cn"), exclude_characters="\ufffe\uffff"
)
texts = (
    st.text(signs, min_size=1, max_size=12)
    .map(lambda text: unicodedata.normalize("NFC", text).strip())
    .filter(bool)
)
lines = texts.map(lambda text: " ".join(text.split()))
words = lines.map(lambda text: "".join(text.split()))
days = st.dates(min_value=date(1900, 1, 1)).map(lambda day: day.strftime("%d.%m.%Y"))
cents = st.integers(-(10**12), 10**12).map(lambda number: Decimal(number) / 100)
amounts = cents.map(lambda number: from_text(GERMAN, format(number, ".2f")))
yes_no = st.sampled_from(["ja", "nein"])


@st.composite
def dogs(draw: st.DrawFn) -> dict[str, Any]:
    """A flat form as somebody fills it in who makes no mistakes."""
    form: dict[str, Any] = {
        "name": draw(lines),
        "geboren": draw(days),
        "ort": f"{draw(words)} {draw(lines)}",
    }
    optional = {
        "iban": words,
        "anrede": st.sampled_from(["Frau", "Herr"]),
        "partner": lines,
        "bemerkung": texts,
        "merkmale": st.lists(texts, min_size=1, max_size=3),
    }
    for name in draw(st.sets(st.sampled_from(sorted(optional)))):
        form[name] = draw(optional[name])
    for n in range(1, draw(st.integers(1, 3)) + 1):
        form[f"hund{n}_rasse"] = draw(st.sampled_from(["Dackel", "Pudel"]))
        form[f"hund{n}_liste"] = draw(yes_no)
        for m in range(1, draw(st.integers(0, 3)) + 1):
            form[f"hund{n}_impfung{m}"] = draw(days)
        if draw(st.booleans()):
            form[f"hund{n}_wert"] = draw(amounts)
    return form


payments = st.fixed_dictionaries(
    {"a/m": days, "euro": cents.map(lambda number: format(number, ".2f"))}
)
children = st.fixed_dictionaries(
    {
        "person": st.fixed_dictionaries(
            {"vorname": texts, "geboren": st.dates().map(str)}
        )
    },
    optional={
        "bedarf": cents,
        "schule": st.booleans(),
        "sprachen": st.lists(texts, min_size=1, max_size=3),
        "zahlungen": st.lists(payments, min_size=1, max_size=3),
    },
)
families = st.fixed_dictionaries(
    {"kinder": st.lists(children, min_size=1, max_size=4), "stelle": texts}
)


@settings(max_examples=50)
@given(dogs())
def test_a_flat_form_comes_back_as_it_was(form: dict[str, Any]) -> None:
    built = to_xml(FLAT_MAP, form, GIVEN)
    read = from_xml(FLAT_MAP, built.xml)

    assert built.problems == ()
    assert read.form == form
    assert read.left_out == ()


@settings(max_examples=50)
@given(families)
def test_a_nested_form_comes_back_as_it_was(form: dict[str, Any]) -> None:
    built = to_xml(NESTED_MAP, form, GIVEN)
    read = from_xml(NESTED_MAP, built.xml)

    assert built.problems == ()
    assert read.form == form
    assert read.left_out == ()


loose = st.sampled_from(
    ["", " ", "ja", "ON", "1", "1.2.2024", "3,5", "1.000,50 €", "a\r\nb", "u\u0308 "]
)


@given(st.dictionaries(st.sampled_from([*HUND, "hund7_liste", "iban"]), loose))
def test_what_came_back_makes_the_same_document(changes: dict[str, str]) -> None:
    first = to_xml(FLAT_MAP, HUND | changes, GIVEN)
    second = to_xml(FLAT_MAP, from_xml(FLAT_MAP, first.xml).form, GIVEN)
    third = to_xml(FLAT_MAP, from_xml(FLAT_MAP, second.xml).form, GIVEN)

    # The first may have gaps in its numbers; after that nothing moves any more.
    assert second.xml == third.xml
    assert bool(first.xml) == bool(second.xml)


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_another_document(xml: bytes) -> None:
    assert from_xml(FLAT_MAP, xml).is_other


def test_a_doctype_and_another_root_are_not_read() -> None:
    xml = to_xml(FLAT_MAP, HUND, GIVEN).xml
    declared = xml.replace(b"<h:anmeldung", b"<!DOCTYPE a><h:anmeldung", 1)

    assert from_xml(FLAT_MAP, declared).is_other
    assert from_xml(NESTED_MAP, xml).is_other
    assert not from_xml(FLAT_MAP, xml).is_other


def test_what_no_field_takes_is_named_without_its_words() -> None:
    xml = to_xml(FLAT_MAP, HUND, GIVEN).xml
    more = xml.replace(b"</h:person>", b"<geheim>x</geheim></h:person>").replace(
        b'von="halter"', b'von="halter" neu="1"'
    )
    worse = more.replace(b"<code>01", b"<code>99").replace(b"1970-03-02", b"damals")

    assert from_xml(FLAT_MAP, more).form == from_xml(FLAT_MAP, xml).form
    assert from_xml(FLAT_MAP, more).left_out == (
        "/anmeldung/person/*",
        "/anmeldung/hund/@*",
    )
    assert set(from_xml(FLAT_MAP, worse).left_out) == {
        "/anmeldung/person/*",
        "/anmeldung/person/geboren",
        "/anmeldung/hund/@*",
        "/anmeldung/hund/rasse",
    }


def test_fields_that_cannot_come_back_are_told() -> None:
    half = made(
        changed(FLAT, "root", "children", 2, "children", 3, "split", "at", to=",")
    )
    form = HUND | {"ort": "53111 Bonn, Mitte"}

    read = from_xml(half, to_xml(half, form, GIVEN).xml)

    assert from_xml(FLAT_MAP, b"").lost == ()
    assert read.lost == ("ort",)
    assert "ort" not in read.form


def test_a_joined_field_and_a_mere_condition_are_lost() -> None:
    home = {"strasse": "Weg", "nummer": "7"}
    form: Form = {"wohnung": home, "allein": True, "seit": "01.01.2020"}
    xml = to_xml(NESTED_MAP, form, GIVEN).xml

    read = from_xml(NESTED_MAP, xml)

    assert read.form == {"seit": "01.01.2020"}
    assert read.lost == ("/wohnung/strasse", "/wohnung/nummer", "/allein")
    assert read.left_out == ("/antrag/anschrift",)


def test_persons_are_told_apart_by_who_refers_to_them_and_else_by_their_ids() -> None:
    xml = to_xml(FLAT_MAP, HUND | {"partner": "Zoë"}, GIVEN).xml
    turned = xml.replace(b'"halter"', b'"x"').replace(b'"partner"', b'"halter"')
    turned = turned.replace(b'"x"', b'"partner"')

    alone = xml.replace(b'id="halter"', b'id="partner-"').replace(
        b'id="partner"', b'id="halter-"'
    )

    assert from_xml(FLAT_MAP, xml).form["name"] == HUND["name"]
    assert from_xml(FLAT_MAP, turned).form["name"] == HUND["name"]
    assert from_xml(FLAT_MAP, alone).form["name"] == "Zoë"


def test_a_reader_does_not_print_what_it_read() -> None:
    assert "Groß" not in repr(from_xml(FLAT_MAP, to_xml(FLAT_MAP, HUND, GIVEN).xml))
