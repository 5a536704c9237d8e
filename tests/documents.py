"""Documents that the shipped packs take: what a form server of ours would send."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Final
from uuid import UUID

from api.cli.demo.people import child_of, somebody
from api.cli.demo.unterhaltsvorschuss import (
    Family,
    Income,
)
from api.cli.demo.unterhaltsvorschuss import unterhaltsvorschuss as message
from schemas.packs.library import shipped_packs

SUMMER: Final = datetime(2026, 6, 15, 10, 15, tzinfo=UTC)
"""A time when every shipped pack is valid."""
XML: Final = "application/xml"
JSON: Final = "application/json"


def unterhaltsvorschuss(
    children: int = 2, *, seed: int = 1, at: datetime = SUMMER, is_wrong: bool = False
) -> bytes:
    """``demo-sozial`` 1.1: one person applies for so many children; about 0.5 KB each.

    A wrong one is of the right form, but its income has a code that is in no list,
    and a sum that is none.
    """
    chance = Random(seed)
    parent = somebody(chance)
    items = (("77" if is_wrong else "01", Decimal("1480.55")), ("04", Decimal(259)))
    family = Family(
        parent=parent,
        children=[
            child_of(parent, chance, at.year - 1 - number % 10)
            for number in range(children)
        ],
        other=somebody(chance),
        income=Income(items=items, total=Decimal("1480.55") if is_wrong else None),
    )
    return message(family, message=UUID(int=chance.getrandbits(128), version=4), at=at)


def wohngeld(*, is_wrong: bool = False) -> bytes:
    """``demo-fim`` 1.0; a wrong one lacks the rent."""
    form = json.loads(_sample("demo-fim-1.0", "mieterin-mit-kind.json"))
    if is_wrong:
        del form["G99000006"]["F99000018"]
    return json.dumps(form, ensure_ascii=False).encode()


def hundesteuer(dog: str = "Wölfchen", *, is_wrong: bool = False) -> bytes:
    """``demo-form`` 1.0; a wrong one wants to be debited from no account."""
    form = json.loads(_sample("demo-form-1.0", "ein-hund.json"))
    form["hund_1_name"] = dog
    if is_wrong:
        form["lastschrift"] = "ja"
    return json.dumps(form, ensure_ascii=False).encode()


def _sample(key: str, name: str) -> bytes:
    return (shipped_packs() / key / "samples" / "valid" / name).read_bytes()
