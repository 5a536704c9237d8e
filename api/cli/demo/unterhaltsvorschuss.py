"""An application for Unterhaltsvorschuss, as ``demo-sozial`` 1.1 wants it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID
from xml.sax.saxutils import escape

from api.cli.demo.people import Person
from schemas.ids import ServiceKey

UNTERHALTSVORSCHUSS: Final = ServiceKey("99107021017000")
NAMESPACE: Final = "urn:example:amtsweg:demo-sozial:1.1"
_IBAN: Final = "DE02120300000000202051"
"""A bank's own example; nobody's account."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Income:
    """What comes in every month: codes of the list, and amounts in euros."""

    items: Sequence[tuple[str, Decimal]]
    total: Decimal | None = None
    """What the form says; None = the sum of the items."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """Who the application is about."""

    parent: Person
    children: Sequence[Person]
    other: Person | None = None
    """None = not known."""
    income: Income | None = None


def unterhaltsvorschuss(family: Family, *, message: UUID, at: datetime) -> bytes:
    """The message; ``at`` is when it was made, and the day of the application."""
    persons = [_person("p1", family.parent)]
    persons += [_person(f"k{i}", one) for i, one in enumerate(family.children, 1)]
    if family.other:
        persons.append(_person("p2", family.other))
    children = [
        _child(f"k{number}", at, is_known=family.other is not None)
        for number in range(1, len(family.children) + 1)
    ]
    inside = "".join((*children, _income(family.income), _account(family.parent)))
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<antrag.unterhaltsvorschuss.0120 xmlns="{NAMESPACE}"
    produkt="Übungs-Formularserver" produkthersteller="Amtsweg"
    standard="demo-sozial" version="1.1">
  {_head(message, at)}
  <vorgang>
    <vorgangsID>{message}</vorgangsID>
    <antragsdatum>{at:%Y-%m-%d}</antragsdatum>
    <leistung listVersionID="2019-12">{_code(UNTERHALTSVORSCHUSS)}</leistung>
    <gemeinde listVersionID="2026-04-30">{_code("051110000000")}</gemeinde>
{"".join(persons)}    <antragsteller personRef="p1"/>
    <unterhaltsvorschuss>
{inside}    </unterhaltsvorschuss>
  </vorgang>
</antrag.unterhaltsvorschuss.0120>
"""
    return text.encode()


def _head(message: UUID, at: datetime) -> str:
    """Its elements have no namespace: the unqualified way of XÖV."""
    return f"""<nachrichtenkopf.g2g xmlns="">
    <identifikation.nachricht>
      <nachrichtenUUID>{message}</nachrichtenUUID>
      <nachrichtentyp><code>0120</code></nachrichtentyp>
      <erstellungszeitpunkt>{at.isoformat(timespec="seconds")}</erstellungszeitpunkt>
    </identifikation.nachricht>
    <leser>
      <verzeichnisdienst listVersionID="1"><code>DVDV</code></verzeichnisdienst>
      <kennung>uvs:051110000001</kennung>
      <name>Kreis Musterland, Unterhaltsvorschusskasse</name>
    </leser>
    <autor>
      <verzeichnisdienst listVersionID="1"><code>DVDV</code></verzeichnisdienst>
      <kennung>fap:051110000002</kennung>
      <name>Übungs-Formularserver</name>
    </autor>
  </nachrichtenkopf.g2g>"""


def _code(value: str) -> str:
    return f'<code xmlns="">{escape(value)}</code>'


def _person(identity: str, person: Person) -> str:
    return f"""    <person id="{identity}">
      <nameNatuerlichePerson>
        <familienname>{escape(person.family)}</familienname>
        <vorname>{escape(person.given)}</vorname>
      </nameNatuerlichePerson>
      <geburtsdatum>{person.born}</geburtsdatum>
      <staatsangehoerigkeit listVersionID="1">{_code("000")}</staatsangehoerigkeit>
      <anschrift>
        <strasse>{escape(person.street)}</strasse>
        <hausnummer>{escape(person.house)}</hausnummer>
        <postleitzahl>{person.postcode}</postleitzahl>
        <ort>{escape(person.town)}</ort>
      </anschrift>
    </person>
"""


def _child(identity: str, at: datetime, *, is_known: bool) -> str:
    other = (
        '<andererElternteil personRef="p2"/>'
        if is_known
        else "<andererElternteilUnbekannt>"
        "Es bestand nur kurz Kontakt; der Name ist nicht bekannt."
        "</andererElternteilUnbekannt>"
    )
    return f"""      <kind personRef="{identity}">
        <zeitraum><beginn>{at:%Y-%m}-01</beginn></zeitraum>
        <lebtBeiAntragsteller>true</lebtBeiAntragsteller>
        {other}
      </kind>
"""


def _income(income: Income | None) -> str:
    if income is None:
        return ""
    total = income.total
    if total is None:
        total = sum((amount for _, amount in income.items), Decimal(0))
    items = "".join(
        f"""        <posten>
          <art>{_code(code)}</art>
          <betrag>{amount}</betrag>
        </posten>
"""
        for code, amount in income.items
    )
    return f"""      <einkommen personRef="p1">
{items}        <summe>{total}</summe>
      </einkommen>
"""


def _account(owner: Person) -> str:
    return f"""      <bankverbindung>
        <kontoinhaber>{escape(f"{owner.given} {owner.family}")}</kontoinhaber>
        <iban>{_IBAN}</iban>
      </bankverbindung>
"""
