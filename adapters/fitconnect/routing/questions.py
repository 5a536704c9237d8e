"""What the routing API is asked, in the forms it takes (Routing API 2.0.0)."""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from adapters.fitconnect.routing.errors import QuestionUnfit

LEIKA: Final = re.compile(r"99[0-9]{12}")
ARS: Final = re.compile(r"[0-9]{2}|[0-9]{3}|[0-9]{5}|[0-9]{9}|[0-9]{12}")
AGS: Final = re.compile(r"[0-9]{2}|[0-9]{3}|[0-9]{5}|[0-9]{8}")
AREA_ID: Final = re.compile(r"[0-9]{1,20}")
MAX_TERMS: Final = 10
MAX_PAGE: Final = 500
_TERM = re.compile(r"\*?[^*]{2,100}\*?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ars:
    """Amtlicher Regionalschlüssel."""

    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ags:
    """Amtlicher Gemeindeschlüssel: as the ARS, without the association's digits."""

    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AreaId:
    """The routing service's own id of an area; tells nothing by itself."""

    key: str


Place: TypeAlias = Ars | Ags | AreaId


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteQuestion:
    """Who is competent for this service there? Raises QuestionUnfit."""

    leika: str
    place: Place

    def __post_init__(self) -> None:
        if not LEIKA.fullmatch(self.leika):
            raise QuestionUnfit("the LeiKa key has 14 digits and begins with 99")
        if not is_place(self.place):
            raise QuestionUnfit(f"`{_name(self.place)}` has another number of digits")

    def parameters(self) -> dict[str, str]:
        """The query; exactly one parameter names the area."""
        return {"leikaKey": self.leika, _name(self.place): self.place.key}


@dataclass(frozen=True, kw_only=True, slots=True)
class AreaQuestion:
    """Areas whose names hold all these terms (``*`` at an end is a wildcard)."""

    terms: tuple[str, ...]
    offset: int = 0
    limit: int = 100

    def __post_init__(self) -> None:
        if not 1 <= len(self.terms) <= MAX_TERMS:
            raise QuestionUnfit(f"from 1 to {MAX_TERMS} terms")
        if not all(_TERM.fullmatch(term) for term in self.terms):
            raise QuestionUnfit("a term has two characters at least")
        if self.offset < 0 or not 1 <= self.limit <= MAX_PAGE:
            raise QuestionUnfit(f"a page holds from 1 to {MAX_PAGE}")

    def parameters(self) -> dict[str, int | tuple[str, ...]]:
        """The query; each term is a parameter of its own."""
        return {
            "areaSearchexpression": self.terms,
            "offset": self.offset,
            "limit": self.limit,
        }


def is_place(place: Place) -> bool:
    """Whether the key has the form of its kind."""
    match place:
        case Ars(key=key):
            return ARS.fullmatch(key) is not None
        case Ags(key=key):
            return AGS.fullmatch(key) is not None
        case AreaId(key=key):
            return AREA_ID.fullmatch(key) is not None


def _name(place: Place) -> str:
    match place:
        case Ars():
            return "ars"
        case Ags():
            return "ags"
        case AreaId():
            return "areaId"
