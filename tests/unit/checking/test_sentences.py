"""What is wrong with a document is told with its place, in words people know."""

import pytest

from schemas.findings import Severity, Verdict
from tests.unit.checking.looking import SPACE, antrag, look, only, rules

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def person(inside: str, says: str = "") -> bytes:
    return antrag(f"<person {says}><name>Anna</name>{inside}</person>")


SENTENCES = {
    "pattern": (
        person("<plz>0815</plz>"),
        "/antrag.neu.0100/person/plz",
        "Die Angabe „plz“ hat nicht das vorgeschriebene Format.",
        "CVC_PATTERN_VALID",
    ),
    "enumeration": (
        person("<anrede>Fürst</anrede>"),
        "/antrag.neu.0100/person/anrede",
        "Die Angabe „anrede“ hat keinen der zugelassenen Werte.",
        "CVC_ENUMERATION_VALID",
    ),
    "too short": (
        antrag("<person><name>A</name></person>"),
        "/antrag.neu.0100/person/name",
        "Die Angabe „name“ ist zu kurz; vorgeschrieben sind mindestens 2 Zeichen.",
        "CVC_MINLENGTH_VALID",
    ),
    "too long": (
        antrag("<person><name>Annabelle</name></person>"),
        "/antrag.neu.0100/person/name",
        "Die Angabe „name“ ist zu lang; zugelassen sind höchstens 8 Zeichen.",
        "CVC_MAXLENGTH_VALID",
    ),
    "an impossible date": (
        person("<geboren>2024-02-30</geboren>"),
        "/antrag.neu.0100/person/geboren",
        "Die Angabe „geboren“ ist kein gültiges Datum (JJJJ-MM-TT).",
        "CVC_DATATYPE_VALID_1_2_1",
    ),
    "no boolean": (
        antrag("<ja>ja</ja>"),
        "/antrag.neu.0100/ja",
        "Die Angabe „ja“ ist weder „true“ noch „false“.",
        "CVC_DATATYPE_VALID_1_2_1",
    ),
    "no number of our type": (
        antrag("<betrag>viel</betrag>"),
        "/antrag.neu.0100/betrag",
        "Die Angabe „betrag“ hat einen Wert, der hier nicht zugelassen ist.",
        "CVC_DATATYPE_VALID_1_2_1",
    ),
    "too little": (
        antrag("<betrag>-1</betrag>"),
        "/antrag.neu.0100/betrag",
        "Die Angabe „betrag“ ist kleiner oder früher als zugelassen.",
        "CVC_MININCLUSIVE_VALID",
    ),
    "too much": (
        antrag("<betrag>101</betrag>"),
        "/antrag.neu.0100/betrag",
        "Die Angabe „betrag“ ist größer oder später als zugelassen.",
        "CVC_MAXINCLUSIVE_VALID",
    ),
    "half a cent": (
        antrag("<betrag>1.005</betrag>"),
        "/antrag.neu.0100/betrag",
        "Die Angabe „betrag“ hat mehr Nachkommastellen als zugelassen.",
        "CVC_FRACTIONDIGITS_VALID",
    ),
    "in the wrong order": (
        antrag("<ja>true</ja><betrag>1</betrag>"),
        "/antrag.neu.0100/betrag",
        (
            "Die Angabe „betrag“ steht an falscher Stelle oder ist zu viel, "
            "oder davor fehlt eine Angabe. Erwartet wird hier: text, stufe."
        ),
        "ELEMENT_CONTENT",
    ),
    "something missing": (
        antrag("<person/>"),
        "/antrag.neu.0100/person",
        (
            "Die Angabe „person“ ist unvollständig: Es fehlt mindestens eine Angabe. "
            "Erwartet wird hier: name."
        ),
        "ELEMENT_CONTENT",
    ),
    "an unknown attribute": (
        person("", says='name="x"'),
        "/antrag.neu.0100/person/@name",
        "Das Merkmal „name“ von „person“ ist hier nicht vorgesehen.",
        "CVC_COMPLEX_TYPE_3_2_1",
    ),
    "an attribute that is nobody's": (
        person("", says='gaius="x"'),
        "/antrag.neu.0100/person/@*",
        "Ein Merkmal von „person“ ist hier nicht vorgesehen.",
        "CVC_COMPLEX_TYPE_3_2_1",
    ),
    "an element that is nobody's": (
        antrag("<text>x</text><gaius/>"),
        "/antrag.neu.0100/*[2]",
        (
            "Eine Angabe steht an falscher Stelle oder ist zu viel, "
            "oder davor fehlt eine Angabe. Erwartet wird hier: stufe."
        ),
        "ELEMENT_CONTENT",
    ),
    "text where none belongs": (
        antrag("text"),
        "/antrag.neu.0100",
        (
            "Die Angabe „antrag.neu.0100“ enthält Text oder Unterelemente, "
            "wo keine vorgesehen sind."
        ),
        "CVC_COMPLEX_TYPE_2_3",
    ),
    "nil where it cannot be": (
        antrag(f'<ja {XSI} xsi:nil="true"/>'),
        "/antrag.neu.0100/ja",
        (
            "Die Angabe „ja“ ist als leer gekennzeichnet (xsi:nil), "
            "wo das nicht möglich ist."
        ),
        "CVC_ELT_3_1",
    ),
    "a type of its own": (
        antrag(f'<betrag {XSI} xsi:type="gaius">1</betrag>'),
        "/antrag.neu.0100/betrag/@*",
        (
            "Ein Merkmal von „betrag“ nennt einen Typ (xsi:type), "
            "den das Schema hier nicht zulässt."
        ),
        "CVC_ELT_4_2",
    ),
    "a code": (
        person("<staat><code><x/></code></staat>"),
        "/antrag.neu.0100/person/staat/code",
        (
            "Die Angabe „staat/code“ enthält Text oder Unterelemente, "
            "wo keine vorgesehen sind."
        ),
        "CVC_TYPE_3_1_2",
    ),
}


@pytest.mark.parametrize(
    ("document", "path", "german", "detail"), SENTENCES.values(), ids=SENTENCES.keys()
)
def test_a_violation_says_what_and_where(
    document: bytes, path: str, german: str, detail: str
) -> None:
    result = look(document)
    found = result.findings[0]

    assert found.rule == "schema-violation"
    assert (found.path, found.german, found.detail) == (path, german, detail)
    assert found.line == 1
    assert found.severity is Severity.ERROR
    assert result.verdict is Verdict.REFUSED


def test_a_place_has_its_line_and_its_position_among_its_like() -> None:
    body = "\n".join(["<person><name>Anna</name></person>"] * 3)
    wrong = body.replace("Anna", "A").replace("A", "Anna", 2)

    found = only(look(antrag(f"\n{wrong}")))

    assert found.path == "/antrag.neu.0100/person[3]/name"
    assert found.line == 4


def test_prefixes_do_not_show_in_places() -> None:
    document = (
        f'<p:antrag.neu.0100 xmlns:p="{SPACE}" xmlns:q="{SPACE}"><p:person>'
        f"<q:name>Anna</q:name></p:person><p:person><q:name>A</q:name></p:person>"
        f"</p:antrag.neu.0100>"
    ).encode()

    assert only(look(document)).path == "/antrag.neu.0100/person[2]/name"


def test_unknown_names_between_count_all_their_brothers() -> None:
    document = antrag("<gaius/><person/><gaius/>")

    assert look(document).findings[0].path == "/antrag.neu.0100/*[1]"


def test_a_line_beyond_what_libxml2_counts_is_not_told() -> None:
    document = antrag("\n" * 70_000 + "<betrag>viel</betrag>")

    assert only(look(document)).line == 0


def test_every_mistake_is_told_at_once() -> None:
    body = "<betrag>x</betrag><person><name>A</name><plz>1</plz></person>"

    result = look(antrag(body, says='version="9"'))

    assert rules(result) == [*["schema-violation"] * 3, "wrong-version"]


def test_names_of_the_schema_are_offered_and_not_too_many() -> None:
    result = look(antrag("<x/>"))

    assert only(result).german.endswith("kopf, betrag, person, ja, text, ….")
