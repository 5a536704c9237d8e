"""``installation.toml``: tenant, offices, mode, and what need not be said again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from schemas.configuration.entries import ID, ID_REMEDY, Draft, Entries, nearest
from schemas.configuration.problems import ConfigProblem
from schemas.configuration.source import Document
from schemas.ids import OfficeId, TenantId
from schemas.limits import DESTINATION_PARALLEL
from schemas.rules.waits import GIVE_UP_AFTER
from schemas.scope import DEFAULT_TENANT
from schemas.services import Installation, Mode, Order, Setting

MOST_PARALLEL: Final = 64
DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Defaults:
    """What services and destinations need not say; None: they must."""

    office: OfficeId | None = None
    deadline: timedelta | None = None
    retention_class: str | None = None
    order: Order = Order.RECEIPT
    max_parallel: int = DESTINATION_PARALLEL
    give_up_after: timedelta = GIVE_UP_AFTER


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """Everything the file says."""

    installation: Installation
    defaults: Defaults


ANY_HOUSE: Final = House(
    installation=Installation(),
    defaults=Defaults(office=OfficeId("any"), deadline=DAY, retention_class="any"),
)
"""Stands in for a broken file, and brings no problems to the others."""


def parse_installation(document: Document) -> Draft[House]:
    """The house, with every problem of the file."""
    top = Entries(document.values)
    tenant = TenantId(top.id("tenant", DEFAULT_TENANT))
    name = top.title("name")
    mode = top.choice("mode", Mode, default=None)
    offices = _offices(top.section("offices"))
    if not offices.value:
        top.wrong(
            "offices",
            "There is no office.",
            'Add a section like [offices.sozialamt] with name = "Sozialamt".',
        )
    defaults = _defaults(Entries(top.section("defaults"), "defaults"), offices.value)
    installation = Installation(
        tenant=tenant, name=name, mode=mode, offices=offices.value
    )
    return Draft(
        value=House(installation=installation, defaults=defaults.value),
        problems=(*top.finish(), *offices.problems, *defaults.problems),
    )


def office_of(
    entries: Entries, offices: Mapping[OfficeId, str], default: OfficeId | None = None
) -> OfficeId:
    """The office a table names; where no office is known, any will do."""
    office = OfficeId(entries.text("office", default))
    if "office" in entries and office and offices and office not in offices:
        entries.wrong(
            "office",
            f"There is no office `{office}` in installation.toml.",
            nearest(office, offices),
        )
    return office


def parallel_of(entries: Entries, default: int) -> int:
    """How many deliveries at once."""
    return entries.whole("max_parallel", default=default, most=MOST_PARALLEL)


def _offices(section: Mapping[str, Setting]) -> Draft[dict[OfficeId, str]]:
    ids = Entries(section, "offices")
    offices: dict[OfficeId, str] = {}
    problems: list[ConfigProblem] = []
    for key, value in section.items():
        office = Entries(ids.section(key), "offices", key)
        if isinstance(value, Mapping):
            offices[OfficeId(key)] = office.title("name")
            problems.extend(office.finish())
        if not ID.fullmatch(key):
            ids.wrong(key, "The id of an office is not a plain name.", ID_REMEDY)
    return Draft(value=offices, problems=(*ids.finish(), *problems))


def _defaults(wishes: Entries, offices: Mapping[OfficeId, str]) -> Draft[Defaults]:
    defaults = Defaults(
        office=wishes.given("office", lambda _: office_of(wishes, offices)),
        deadline=wishes.given(
            "deadline", lambda key: wishes.span(key, default=None, least=DAY)
        ),
        retention_class=wishes.given("retention_class", wishes.id),
        order=wishes.choice("order", Order, default=Order.RECEIPT),
        max_parallel=parallel_of(wishes, DESTINATION_PARALLEL),
        give_up_after=wishes.span("give_up_after", default=GIVE_UP_AFTER, least=HOUR),
    )
    return Draft(value=defaults, problems=wishes.finish())
