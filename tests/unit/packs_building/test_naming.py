"""What a standard is called, from whatever says it."""

import pytest

from schemas.packs.building.naming import named_by_folder, named_by_namespace


@pytest.mark.parametrize(
    ("namespace", "short", "version"),
    [
        ("http://xschule.digital/def/xschule/1.2/xsd", "xschule", "1.2"),
        ("urn:xoev-de:xdomea:schema:3.0.0", "xdomea", "3.0.0"),
        (
            "https://portalverbund.d-nrw.de/efa/XSozial-basis/Version_2_4_0",
            "xsozial-basis",
            "2.4.0",
        ),
        ("http://www.xleitstelle.de/xbau/schema/2/1/", "xbau", "2.1"),
        ("urn:xoev-de:fim:standard:xdatenfelder_3.0.0", "xdatenfelder", "3.0.0"),
        ("http://abgaben.example/ns/HundeAbgabe/v2_3", "hunde-abgabe", "2.3"),
        ("http://example.org/ns/tax-return", "tax-return", ""),
        ("urn:example:orders:2024-01", "orders", "2024-01"),
    ],
)
def test_a_namespace_names_its_standard(
    namespace: str, short: str, version: str
) -> None:
    naming = named_by_namespace(namespace)

    assert (naming.id, naming.version) == (short, version)


@pytest.mark.parametrize(
    ("name", "short", "version"),
    [
        ("xoev-bibliothek", "xoev-bibliothek", ""),
        ("xbau_2.1", "xbau", "2.1"),
        ("XMeld-v3.4", "xmeld", "3.4"),
        ("XSchule 1.2 XSD", "xschule", "1.2"),
        ("Prüfung_7", "pruefung", "7"),
    ],
)
def test_a_folder_names_its_standard(name: str, short: str, version: str) -> None:
    naming = named_by_folder(name)

    assert (naming.id, naming.version) == (short, version)
