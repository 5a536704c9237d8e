"""Made-up applications: XML and JSON, with attachments, now and then broken."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Final
from uuid import UUID

from api.cli.demo.people import Person, child_of, somebody
from api.cli.demo.unterhaltsvorschuss import (
    UNTERHALTSVORSCHUSS,
    Family,
    Income,
    unterhaltsvorschuss,
)
from api.cli.posting import Part
from schemas.ids import ServiceKey

WOHNGELD: Final = ServiceKey("99107023017000")
HUNDESTEUER: Final = ServiceKey("99102013002000")
_CUT_OFF_EVERY: Final = 7
_WRONG_EVERY: Final = 11
_OLDEST_CHILD: Final = 11
_XML: Final = "application/xml"
_JSON: Final = "application/json"
_PDF: Final = "application/pdf"


@dataclass(frozen=True, kw_only=True, slots=True)
class Application:
    """One application with what belongs to it."""

    service: ServiceKey
    name: str
    """What people call the service."""
    main: Part
    attachments: tuple[Part, ...] = ()
    is_sound: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class _Making:
    """What decides how an application comes out."""

    person: Person
    chance: Random
    at: datetime
    is_wrong: bool


def application(number: int, chance: Random, at: datetime) -> Application:
    """The one with this number: services take turns.

    Every seventh is cut off, and every eleventh breaks a rule of its schema.
    """
    make = _MAKERS[number % len(_MAKERS)]
    is_wrong = number % _WRONG_EVERY == _WRONG_EVERY - 1
    made = make(
        _Making(person=somebody(chance), chance=chance, at=at, is_wrong=is_wrong)
    )
    if number % _CUT_OFF_EVERY != _CUT_OFF_EVERY - 1:
        return replace(made, is_sound=not is_wrong)
    whole = made.main.content
    cut = whole[: len(whole) // 2] if isinstance(whole, bytes) else b""
    return replace(made, main=replace(made.main, content=cut), is_sound=False)


def wohngeld(chance: Random, at: datetime) -> Application:
    """A sound one."""
    return _wohngeld(
        _Making(person=somebody(chance), chance=chance, at=at, is_wrong=False)
    )


def _wohngeld(making: _Making) -> Application:
    """FIM's way: groups and fields have numbers; wrong = a rent without its amount."""
    person, chance = making.person, making.chance
    rent = chance.randint(380, 1_240)
    flat: dict[str, object] = {
        "F99000016": "Miete",
        "F99000017": chance.randint(300, 1_400) / 10,
        "F99000018": rent + 0.5,
        "F99000019": chance.randint(4_000, 18_000) / 100,
        "F99000020": f"{chance.randint(1995, 2023)}-10-01",
    }
    if making.is_wrong:
        del flat["F99000018"]
    year, month, day = map(int, person.born.split("-"))
    form = {
        "G99000001": {
            "F99000001": person.family,
            "F99000002": person.given,
            "G99000002": {"F99000003": day, "F99000004": month, "F99000005": year},
            "G99000003": {
                "F99000007": person.street,
                "F99000008": person.house,
                "F99000009": person.postcode,
                "F99000010": person.town,
            },
            "G99000005": [{"F99000014": "Rente", "F99000015": 1_105.31}],
        },
        "G99000006": flat,
        "F99000024": True,
        "F99000025": f"{making.at:%Y-%m-%d}",
    }
    return Application(
        service=WOHNGELD,
        name="Wohngeld",
        main=_json_part("antrag.json", form),
        attachments=(_pdf("Mietvertrag (geändert).pdf", f"Miete: {rent},50 EUR"),),
    )


def _unterhaltsvorschuss(making: _Making) -> Application:
    """XÖV's way; wrong = a sum that is none, and an income of no known kind."""
    chance, newest = making.chance, making.at.year - 1
    wage = Decimal(chance.randint(90_000, 240_000)) / 100
    family = Family(
        parent=making.person,
        children=[
            child_of(
                making.person, chance, newest - chance.randint(0, _OLDEST_CHILD - 1)
            )
            for _ in range(chance.randint(1, 3))
        ],
        other=somebody(chance) if chance.random() > 1 / 3 else None,
        income=Income(
            items=(("98" if making.is_wrong else "01", wage), ("04", Decimal(259))),
            total=wage if making.is_wrong else None,
        ),
    )
    content = unterhaltsvorschuss(
        family, message=UUID(int=chance.getrandbits(128), version=4), at=making.at
    )
    return Application(
        service=UNTERHALTSVORSCHUSS,
        name="Unterhaltsvorschuss",
        main=Part(filename="antrag.xml", media_type=_XML, content=content),
        attachments=(
            _pdf("Geburtsurkunde – Kopie.pdf", "Geburtsurkunde"),
            _pdf("Vollmacht für Käßbohrer.pdf", "Vollmacht"),
        ),
    )


def _hundesteuer(making: _Making) -> Application:
    """A form server's way: flat, all texts; wrong = a debit without an account."""
    person, chance = making.person, making.chance
    form = {
        "halter_familienname": person.family,
        "halter_vorname": person.given,
        "halter_geburtsdatum": person.born,
        "halter_strasse": person.street,
        "halter_hausnummer": person.house,
        "halter_plz": person.postcode,
        "halter_ort": person.town,
        "hund_1_name": chance.choice(("Wölfchen", "Bärli", "Fräulein Smilla", "Rex")),
        "hund_1_rasse": chance.choice(("Dackel", "Großer Münsterländer", "Pudel")),
        "hund_1_gehalten_seit": f"{making.at:%Y-%m}-01",
        "hund_1_gefaehrlich": "nein",
        "lastschrift": "ja" if making.is_wrong else "nein",
        "erklaerung": "ja",
    }
    return Application(
        service=HUNDESTEUER,
        name="Hundesteuer",
        main=_json_part("anmeldung.json", form),
    )


def _json_part(filename: str, form: object) -> Part:
    text = json.dumps(form, ensure_ascii=False, indent=2)
    return Part(filename=filename, media_type=_JSON, content=text.encode())


def _pdf(filename: str, line: str) -> Part:
    """A page that viewers open: they mend the table of contents it lacks."""
    page = f"BT /F1 12 Tf 72 720 Td ({line}) Tj ET".encode("latin-1")
    content = b"\n".join(
        (
            b"%PDF-1.4",
            b"1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj",
            b"2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj",
            b"3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]",
            b"/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>> endobj",
            b"5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj",
            b"4 0 obj <</Length %d>> stream" % len(page),
            page,
            b"endstream endobj",
            b"trailer <</Root 1 0 R>>",
            b"%%EOF\n",
        )
    )
    return Part(filename=filename, media_type=_PDF, content=content)


_MAKERS: Final[tuple[Callable[[_Making], Application], ...]] = (
    _wohngeld,
    _unterhaltsvorschuss,
    _hundesteuer,
)
