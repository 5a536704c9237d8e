"""Maps for tests: a flat form and a nested one, which between them use everything."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from schemas.mapping.building import Given
from schemas.mapping.form_map import FormMap, TreeMap
from schemas.mapping.map_file import read_map

GIVEN: Final = Given(
    uuid=UUID(int=7),
    at=datetime(2026, 6, 15, 10, 30, tzinfo=UTC),
    words={"reader": "uvs:051110000001"},
)

FLAT: Final[dict[str, Any]] = {
    "format": "form-map/1",
    "form": {"profile": "portal", "id": "hund"},
    "shape": "flat",
    "namespaces": {"h": "urn:example:hund"},
    "ignored": ["absenden"],
    "tables": {
        "rasse": {
            "list": "urn:example:liste:rasse",
            "version": "2",
            "element": "code",
            "codes": {"Dackel": "01", "Teckel": "01", "Pudel": "02"},
        },
        "anrede": {"codes": {"Frau": "w", "Herr": "m"}},
    },
    "root": {
        "element": "h:anmeldung",
        "attributes": {
            "version": "1.0",
            "anrede": {
                "field": "anrede",
                "as": "code",
                "table": "anrede",
                "optional": True,
            },
        },
        "children": [
            {"element": "nachricht", "given": "uuid"},
            {"element": "leser", "given": "reader"},
            {
                "element": "h:person",
                "attributes": {"id": {"id": "halter"}},
                "children": [
                    {
                        "element": "h:name",
                        "field": "name",
                        "as": "line",
                        "label": "Ihr Name",
                    },
                    {"element": "h:geboren", "field": "geboren", "as": "date"},
                    {
                        "element": "h:plz",
                        "field": "ort",
                        "split": {"part": "first", "at": " "},
                    },
                    {
                        "element": "h:ort",
                        "field": "ort",
                        "split": {"part": "after-first", "at": " "},
                    },
                    {
                        "element": "h:iban",
                        "field": "iban",
                        "as": "compact",
                        "optional": True,
                    },
                ],
            },
            {
                "element": "h:person",
                "optional": True,
                "attributes": {"id": {"id": "partner"}},
                "children": [
                    {"element": "h:name", "field": "partner", "as": "line"},
                    {
                        "element": "h:geboren",
                        "field": "partner_geboren",
                        "as": "date",
                        "optional": True,
                    },
                ],
            },
            {
                "element": "h:mit",
                "optional": True,
                "attributes": {"wem": {"ref": "partner"}},
            },
            {
                "element": "h:hund",
                "each": {"number": "n", "least": 1, "most": 3},
                "attributes": {"id": {"id": "hund"}, "von": {"ref": "halter"}},
                "children": [
                    {
                        "element": "h:rasse",
                        "field": "hund{n}_rasse",
                        "as": "code",
                        "table": "rasse",
                    },
                    {
                        "element": "h:wert",
                        "field": "hund{n}_wert",
                        "as": "amount",
                        "optional": True,
                    },
                    {
                        "element": "h:listenhund",
                        "field": "hund{n}_liste",
                        "as": "yes-no",
                        "default": "nein",
                        "label": "Listenhund",
                    },
                    {
                        "element": "h:impfung",
                        "each": {"number": "m"},
                        "field": "hund{n}_impfung{m}",
                        "as": "date",
                    },
                ],
            },
            {"element": "h:merkmal", "each": {"list": "merkmale"}, "field": ""},
            {
                "element": "h:folge",
                "each": {"number": "n"},
                "attributes": {"hund": {"ref": "hund"}},
                "field": "hund{n}_folge",
                "as": "integer",
                "optional": True,
            },
            {"element": "h:bemerkung", "field": "bemerkung", "optional": True},
        ],
    },
}
FLAT["root"]["children"][-2]["each"] = {"number": "n", "least": 1, "most": 3}

NESTED: Final[dict[str, Any]] = {
    "format": "form-map/1",
    "form": {"profile": "portal", "id": "uv"},
    "shape": "nested",
    "namespaces": {"": "urn:example:uv"},
    "root": {
        "element": "antrag",
        "children": [
            {
                "element": "kind",
                "each": {"list": "kinder"},
                "attributes": {"id": {"id": "kind"}},
                "children": [
                    {"element": "name", "field": "person/vorname"},
                    {
                        "element": "geboren",
                        "field": "person/geboren",
                        "as": "date",
                        "written": "plain",
                    },
                    {
                        "element": "bedarf",
                        "field": "bedarf",
                        "as": "amount",
                        "written": "number",
                        "optional": True,
                    },
                    {
                        "element": "schule",
                        "field": "schule",
                        "as": "yes-no",
                        "yes": True,
                        "no": False,
                        "optional": True,
                    },
                    {"element": "sprache", "each": {"list": "sprachen"}, "field": ""},
                    {
                        "element": "zahlung",
                        "each": {"list": "zahlungen"},
                        "children": [
                            {"element": "am", "field": "a~1m", "as": "date"},
                            {
                                "element": "euro",
                                "field": "euro",
                                "as": "amount",
                                "written": "plain",
                                "places": 2,
                            },
                        ],
                    },
                    {"element": "stelle", "field": "/stelle"},
                ],
            },
            {
                "element": "anschrift",
                "optional": True,
                "join": [{"field": "wohnung/strasse"}, {"field": "wohnung/nummer"}],
                "with": " ",
            },
            {
                "element": "allein",
                "when": {"field": "allein", "is": ["true"]},
                "children": [{"element": "seit", "field": "seit", "as": "date"}],
            },
        ],
    },
}


def made(map_json: dict[str, Any]) -> TreeMap:
    """The map that this JSON says."""
    found: FormMap = read_map(json.dumps(map_json).encode())
    assert isinstance(found, TreeMap)
    return found


def changed(map_json: dict[str, Any], *path: str | int, to: object) -> dict[str, Any]:
    """The same JSON with another value at a place."""
    copy = deepcopy(map_json)
    place: Any = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return copy


FLAT_MAP: Final = made(FLAT)
NESTED_MAP: Final = made(NESTED)
HUND: Final[dict[str, Any]] = {
    "name": "Jürgen Groß",
    "geboren": "02.03.1970",
    "ort": "53111 Bonn am Rhein",
    "hund1_rasse": "Dackel",
    "hund1_liste": "nein",
    "hund1_wert": "1.250,00",
    "hund1_impfung1": "01.02.2024",
}
