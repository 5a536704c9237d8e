"""``installation.toml``: tenants, offices, mode, and what need not be said again."""

from collections.abc import Collection, Mapping
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
from schemas.services import Installation, Mode, Order, Setting, Tenant

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
    own = TenantId(top.id("tenant", DEFAULT_TENANT))
    name = top.title("name")
    mode = top.choice("mode", Mode, default=None)
    offices = _offices(top)
    others = _others(top.section("tenants"), own)
    installation = Installation(
        tenant=own, name=name, mode=mode, offices=offices.value, others=others.value
    )
    defaults = _defaults(
        Entries(top.section("defaults"), "defaults"),
        {office for one in installation.tenants.values() for office in one.offices},
    )
    found = (*offices.problems, *others.problems, *defaults.problems)
    return Draft(
        value=House(installation=installation, defaults=defaults.value),
        problems=(*top.finish(), *found),
    )


def tenant_of(entries: Entries, house: House) -> TenantId:
    """The tenant a file belongs to; in a house that is not known, any will do."""
    known = house.installation.tenants
    tenant = TenantId(entries.text("tenant", house.installation.tenant))
    if tenant not in known and house is not ANY_HOUSE:
        entries.wrong(
            "tenant",
            f"There is no tenant `{tenant}` in installation.toml.",
            nearest(tenant, known),
        )
    return tenant


def office_of(entries: Entries, house: House, tenant: TenantId) -> OfficeId:
    """The office a file names, or the default; where none is known, any will do."""
    tenants, default = house.installation.tenants, house.defaults.office
    offices = tenants[tenant].offices if tenant in tenants else {}
    if offices and default not in offices:
        default = None
    office = OfficeId(entries.text("office", default))
    if "office" in entries and office and offices and office not in offices:
        whose = [one.id for one in tenants.values() if office in one.offices]
        if whose:
            sentence, _ = foreign(f"The office `{office}`", whose[0], tenant)
            remedy = f'Write tenant = "{whose[0]}" here, or name one of `{tenant}`.'
            entries.wrong("office", sentence, remedy)
        else:
            entries.wrong(
                "office",
                f"There is no office `{office}` in installation.toml.",
                nearest(office, offices),
            )
    return office


def foreign(what: str, owner: TenantId, tenant: TenantId) -> tuple[str, str]:
    """Sentence and remedy where a file names another one, of another tenant."""
    return (
        f"{what} belongs to the tenant `{owner}`, this file to `{tenant}`.",
        f"Say the same `tenant` in both files, or name one of `{tenant}`.",
    )


def parallel_of(entries: Entries, default: int) -> int:
    """How many deliveries at once."""
    return entries.whole("max_parallel", default=default, most=MOST_PARALLEL)


def _offices(owner: Entries, *path: str) -> Draft[dict[OfficeId, str]]:
    """Those of a table at ``path``; at least one."""
    section, place = owner.section("offices"), (*path, "offices")
    ids = Entries(section, *place)
    offices: dict[OfficeId, str] = {}
    problems: list[ConfigProblem] = []
    for key, value in section.items():
        office = Entries(ids.section(key), *place, key)
        if isinstance(value, Mapping):
            offices[OfficeId(key)] = office.title("name")
            problems.extend(office.finish())
        if not ID.fullmatch(key):
            ids.wrong(key, "The id of an office is not a plain name.", ID_REMEDY)
    if not offices:
        header = ".".join((*place, "sozialamt"))
        owner.wrong(
            "offices",
            "There is no office.",
            f'Add a section like [{header}] with name = "Sozialamt".',
        )
    return Draft(value=offices, problems=(*ids.finish(), *problems))


def _others(section: Mapping[str, Setting], own: TenantId) -> Draft[tuple[Tenant, ...]]:
    ids = Entries(section, "tenants")
    others: list[Tenant] = []
    problems: list[ConfigProblem] = []
    for key, value in section.items():
        tenant = Entries(ids.section(key), "tenants", key)
        if not ID.fullmatch(key):
            ids.wrong(key, "The id of a tenant is not a plain name.", ID_REMEDY)
        if key == own:
            ids.wrong(
                key,
                f"`{key}` is the installation's own tenant.",
                "Give it another id, or move its offices to [offices].",
            )
        elif isinstance(value, Mapping):
            name = tenant.title("name")
            offices = _offices(tenant, "tenants", key)
            others.append(Tenant(id=TenantId(key), name=name, offices=offices.value))
            problems += (*tenant.finish(), *offices.problems)
    return Draft(value=tuple(others), problems=(*ids.finish(), *problems))


def _defaults(wishes: Entries, offices: Collection[OfficeId]) -> Draft[Defaults]:
    def office(name: str) -> OfficeId:
        wanted = OfficeId(wishes.text(name))
        if wanted and offices and wanted not in offices:
            wishes.wrong(
                name,
                f"There is no office `{wanted}` in installation.toml.",
                nearest(wanted, offices),
            )
        return wanted

    defaults = Defaults(
        office=wishes.given("office", office),
        deadline=wishes.given(
            "deadline", lambda key: wishes.span(key, default=None, least=DAY)
        ),
        retention_class=wishes.given("retention_class", wishes.id),
        order=wishes.choice("order", Order, default=Order.RECEIPT),
        max_parallel=parallel_of(wishes, DESTINATION_PARALLEL),
        give_up_after=wishes.span("give_up_after", default=GIVE_UP_AFTER, least=HOUR),
    )
    return Draft(value=defaults, problems=wishes.finish())
