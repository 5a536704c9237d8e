"""Whether a region's key covers a place: keys are read from the left, as areas nest."""

import re
from typing import Final

from adapters.fitconnect.routing.questions import Ags, AreaId, Ars, Place

REGION_URN: Final = re.compile(
    r"urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:rs:([0-9]{2,12})"
)
LEIKA_URN: Final = "urn:de:fim:leika:leistung:"
_LEVELS: Final = (0, 2, 3, 5, 9, 12)
"""Federation, Land, Regierungsbezirk, Kreis, Gemeindeverband, Gemeinde."""
_KREIS: Final = 5
_GEMEINDE: Final = 12


def covers(region: str, place: Place) -> bool:
    """Whether who is competent in the region (an ARS) is so in the place.

    An AGS lacks the association's four digits, so that an association is compared
    by its Kreis alone; an id of the routing service tells nothing and is taken at
    its word.
    """
    key = _bare(region)
    match place:
        case Ars(key=asked):
            return asked.startswith(key) or _bare(asked).startswith(key)
        case Ags(key=asked):
            return asked.startswith(_as_ags(key))
        case AreaId():
            return True


def _bare(key: str) -> str:
    """Without the zeros that fill a larger area's key up."""
    for length in _LEVELS:
        if length <= len(key) and not key[length:].strip("0"):
            return key[:length]
    return key


def _as_ags(key: str) -> str:
    municipality = key[9:_GEMEINDE] if len(key) == _GEMEINDE else ""
    return key[:_KREIS] + municipality
