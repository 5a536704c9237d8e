"""Made-up people and places; every resemblance is chance."""

from dataclasses import dataclass, replace
from random import Random
from typing import Final

_GIVEN: Final = (
    "Jürgen",
    "Änne",
    "Zoë",
    "Søren",
    "Łukasz",
    "Gülşen",
    "Björn",
    "Françoise",
    "Jörg-Uwe",
    "Nguyễn",
)
_FAMILY: Final = (
    "Müller-Lüdenscheid",
    "Weiß",
    "Großmann",
    "Özdemir",
    "Kowalski",
    "d’Alençon",
    "Käßbohrer",
    "Šimonová",
    "von der Höhe",
    "Ng",
)
_STREETS: Final = ("Straße der Äpfel", "Öchsleweg", "Am Büchel", "Große Gasse")
_TOWNS: Final = ("Musterstadt", "Grünau", "Bad Süßenbach", "Höchsttal")


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who applies for something."""

    given: str
    family: str
    street: str
    house: str
    town: str
    postcode: str
    born: str
    """As XML and JSON write a day."""


def somebody(chance: Random) -> Person:
    """One of some thousands, of full age."""
    return Person(
        given=chance.choice(_GIVEN),
        family=chance.choice(_FAMILY),
        street=chance.choice(_STREETS),
        house=str(chance.randint(1, 99)),
        town=chance.choice(_TOWNS),
        postcode=f"{chance.randint(1_000, 99_999):05}",
        born=_a_day(chance, chance.randint(1940, 2004)),
    )


def child_of(parent: Person, chance: Random, year: int) -> Person:
    """Lives with the parent, and was born in that year."""
    return replace(parent, given=chance.choice(_GIVEN), born=_a_day(chance, year))


def _a_day(chance: Random, year: int) -> str:
    return f"{year}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
