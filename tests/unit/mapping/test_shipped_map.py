"""The map that comes with Amtsweg makes an application that is accepted."""

from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

import pytest

from schemas.findings import Verdict
from schemas.mapping.applying import PackMap, for_form, from_xml, to_xml
from schemas.mapping.building import Given
from schemas.mapping.form_data import Form, read_form
from schemas.mapping.places import in_form_words
from schemas.packs.library import PackLibrary, shipped_packs
from tests.unit.packs_shipped.whole_check import checked, rules

KEY: Final = "demo-sozial-1.1"
GIVEN: Final = Given(
    uuid=UUID("00000002-5a3c-4e1b-9d20-000000003dde"),
    at=datetime(2026, 6, 15, 10, 15, tzinfo=UTC),
    words={
        "reader": "uvs:051110000001",
        "reader_name": "Jugendamt Düsseldorf",
        "author": "fap:051110000002",
        "author_name": "Familienportal",
    },
)
BUTTONS: Final = {"absenden", "datenschutz_gelesen"}


@pytest.fixture(scope="module")
def shipped() -> PackMap:
    library = PackLibrary([shipped_packs()])
    (found,) = for_form(library, "demo-formserver", "unterhaltsvorschuss")
    assert found.entry.key == KEY
    return found


@pytest.fixture(scope="module")
def form(shipped: PackMap) -> Form:
    example = shipped.entry.folder / "maps/unterhaltsvorschuss.example.json"
    found = read_form(example.read_bytes())
    assert found is not None
    return found


def test_the_example_becomes_an_application_without_a_remark(
    shipped: PackMap, form: Form
) -> None:
    built = to_xml(shipped.map, form, GIVEN)

    assert built.problems == ()
    result = checked(built.xml, KEY, on=date(2026, 6, 15))
    assert result.verdict is Verdict.ACCEPTED
    assert result.findings == ()


def test_the_smallest_form_is_enough(shipped: PackMap, form: Form) -> None:
    without = (
        "elternteil",
        "einkommen",
        "kind2",
        "kind1_unterhalt",
        "geburts",
        "e_mail",
    )
    kept = {key: form[key] for key in form if not key.startswith(without)}
    kept |= {"geburtsdatum": "8.3.1991", "elternteil_unbekannt_weil": "Er ist fort."}

    built = to_xml(shipped.map, kept, GIVEN)

    assert built.problems == ()
    assert checked(built.xml, KEY, on=date(2026, 6, 15)).findings == ()


def test_a_rule_of_the_pack_names_the_field(shipped: PackMap, form: Form) -> None:
    worse = {**form, "vorname": "Änne 😀", "iban": "DE02", "kind2_buergergeld": ""}
    built = to_xml(shipped.map, worse, GIVEN)

    result = checked(built.xml, KEY, on=date(2026, 6, 15))

    assert rules(result) == {"schema-violation"}
    told = [in_form_words(one, built.fields).path for one in result.findings]
    assert told == ["vorname", "iban"]


def test_the_form_comes_back_from_its_application(shipped: PackMap, form: Form) -> None:
    read = from_xml(shipped.map, to_xml(shipped.map, form, GIVEN).xml)

    again = from_xml(shipped.map, to_xml(shipped.map, read.form, GIVEN).xml)
    # What has a default comes back although nobody filled it in.
    defaults = {"kind1_staatsangehoerigkeit"}
    assert set(read.form) - defaults == set(form) - BUTTONS
    assert read.form["kind1_unterhalt"] == "120,50"
    assert (read.left_out, read.lost) == ((), ())
    assert again.form == read.form


def test_samples_of_others_can_be_read_too(shipped: PackMap) -> None:
    sample = "samples/valid/unterhaltsvorschuss-zwei-kinder-mit-einkommen.xml"

    read = from_xml(shipped.map, (shipped.entry.folder / sample).read_bytes())

    assert read.form["vorname"] == "Änne"
    assert read.form["kind2_vorname"] == "Zoë"
    assert read.form["elternteil_vorname"] == "François"
    assert read.form["einkommen_lohn"] == "1.480,55"
    assert "kind3_vorname" not in read.form
    # A form has no place for the schools of children, for instance.
    left_out = {path.rpartition("/")[2] for path in read.left_out}
    assert left_out == {"*", "@*", "geschlecht", "erreichbarkeit"}
