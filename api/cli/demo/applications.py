"""Made-up applications: XML and JSON, with attachments, now and then broken."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final
from xml.sax.saxutils import escape

from api.cli.demo.people import Person, somebody
from api.cli.posting import Part
from schemas.ids import ServiceKey

WOHNGELD: Final = ServiceKey("99107023017000")
UNTERHALTSVORSCHUSS: Final = ServiceKey("99107021017000")
HUNDESTEUER: Final = ServiceKey("99102013002000")
_BROKEN_EVERY: Final = 7
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


def application(number: int, chance: Random) -> Application:
    """The one with this number: services take turns, every seventh is cut off."""
    make = _MAKERS[number % len(_MAKERS)]
    made = make(somebody(chance), chance)
    if number % _BROKEN_EVERY != _BROKEN_EVERY - 1:
        return made
    whole = made.main.content
    cut = whole[: len(whole) // 2] if isinstance(whole, bytes) else b""
    return Application(
        service=made.service,
        name=made.name,
        main=Part(
            filename=made.main.filename,
            media_type=made.main.media_type,
            content=cut,
        ),
        is_sound=False,
    )


def _wohngeld(person: Person, chance: Random) -> Application:
    rent = chance.randint(380, 1_240)
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<wohngeldantrag xmlns="urn:example:kreis-musterland:wohngeld">
  <antragsteller>
    <vorname>{escape(person.given)}</vorname>
    <familienname>{escape(person.family)}</familienname>
    <geburtsdatum>{person.born}</geburtsdatum>
    <straße>{escape(person.street)}</straße>
    <ort>{person.postcode} {escape(person.town)}</ort>
  </antragsteller>
  <haushaltsmitglieder>{chance.randint(1, 5)}</haushaltsmitglieder>
  <miete währung="EUR">{rent},00</miete>
  <begründung>Die Wärmekosten sind „erheblich“ &amp; steigen.</begründung>
</wohngeldantrag>
"""
    return Application(
        service=WOHNGELD,
        name="Wohngeld",
        main=Part(filename="antrag.xml", media_type=_XML, content=text.encode()),
        attachments=(_pdf("Mietvertrag (geändert).pdf", f"Miete: {rent} EUR"),),
    )


def _unterhaltsvorschuss(person: Person, chance: Random) -> Application:
    form = {
        "antragsteller": {
            "vorname": person.given,
            "familienname": person.family,
            "anschrift": [person.street, f"{person.postcode} {person.town}"],
        },
        "kinder": [
            {"vorname": somebody(chance).given, "alter": chance.randint(0, 17)}
            for _ in range(chance.randint(1, 3))
        ],
        "erklärung": "Die Angaben sind vollständig.",
    }
    text = json.dumps(form, ensure_ascii=False, indent=2)
    return Application(
        service=UNTERHALTSVORSCHUSS,
        name="Unterhaltsvorschuss",
        main=Part(filename="antrag.json", media_type=_JSON, content=text.encode()),
        attachments=(
            _pdf("Geburtsurkunde – Kopie.pdf", "Geburtsurkunde"),
            _pdf("Vollmacht für Käßbohrer.pdf", "Vollmacht"),
        ),
    )


def _hundesteuer(person: Person, chance: Random) -> Application:
    dog = chance.choice(("Wölfchen", "Bärli", "Fräulein Smilla", "Rex"))
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<anmeldung xmlns="urn:example:kreis-musterland:hundesteuer">
  <halter>{escape(f"{person.given} {person.family}")}</halter>
  <hund rasse="Dackel">{dog}</hund>
</anmeldung>
"""
    return Application(
        service=HUNDESTEUER,
        name="Hundesteuer",
        main=Part(filename="anmeldung.xml", media_type=_XML, content=text.encode()),
    )


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


_MAKERS: Final[tuple[Callable[[Person, Random], Application], ...]] = (
    _wohngeld,
    _unterhaltsvorschuss,
    _hundesteuer,
)
