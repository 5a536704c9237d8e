"""Made-up people and places; every resemblance is chance."""

from dataclasses import dataclass
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
    town: str
    postcode: str
    born: str


def somebody(chance: Random) -> Person:
    """One of some thousands."""
    return Person(
        given=chance.choice(_GIVEN),
        family=chance.choice(_FAMILY),
        street=f"{chance.choice(_STREETS)} {chance.randint(1, 99)}",
        town=chance.choice(_TOWNS),
        postcode=f"{chance.randint(1_000, 99_999):05}",
        born=f"{chance.randint(1940, 2004)}-{chance.randint(1, 12):02}-"
        f"{chance.randint(1, 28):02}",
    )
