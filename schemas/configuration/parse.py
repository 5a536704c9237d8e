"""From what a file says to a service or a destination, with every problem."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from schemas.configuration.check_policy import SECTION, parse_check
from schemas.configuration.credentials import literal_secrets
from schemas.configuration.entries import Draft, Entries, nearest
from schemas.configuration.house import (
    DAY,
    HOUR,
    House,
    foreign,
    office_of,
    parallel_of,
    tenant_of,
)
from schemas.configuration.source import Document
from schemas.ids import DestinationId, ServiceId, ServiceKey, StepName, TenantId
from schemas.rules.process import STANDARD_PROCESS, delivers, process_problems
from schemas.services import Destination, Order, Service

LEIKA: Final = re.compile(r"[0-9]{14}")
_STANDARD: Final = "standard"


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What the other files of the folder have."""

    house: House
    destinations: frozenset[str]
    owners: Mapping[DestinationId, TenantId]
    """Whose the destinations are whose files can be read."""
    services: frozenset[ServiceId] = frozenset()

    def has(self, tenant: TenantId) -> bool:
        """Whether there is this tenant; what an unknown one has is nobody's."""
        return tenant in self.house.installation.tenants


def parse_service(document: Document, known: Known) -> Draft[Service]:
    """One public service."""
    top, defaults = Entries(document.values), known.house.defaults
    tenant = tenant_of(top, known.house)
    key = ServiceKey(top.text("leika"))
    if key and not LEIKA.fullmatch(key):
        top.wrong(
            "leika",
            "This is not a LeiKa key.",
            "Write its 14 digits without spaces, in double quotes.",
        )
    process = _process(document, top)
    check = parse_check(top.section(SECTION))
    service = Service(
        key=key,
        name=top.title("name"),
        tenant=tenant,
        office=office_of(top, known.house, tenant),
        process=process.value,
        destinations=_destinations(top, process.value, known, tenant),
        deadline=top.span("deadline", default=defaults.deadline, least=DAY),
        retention_class=top.id("retention_class", defaults.retention_class),
        order=top.choice("order", Order, default=defaults.order),
        check=check.value,
    )
    return Draft(
        value=service,
        problems=(*top.finish(), *process.problems, *check.problems),
    )


def parse_destination(document: Document, house: House) -> Draft[Destination]:
    """One destination, but for what its adapter has to say about it."""
    top, defaults = Entries(document.values), house.defaults
    destination = Destination(
        id=DestinationId(id_of(document, top)),
        tenant=tenant_of(top, house),
        name=top.title("name"),
        adapter=top.id("adapter"),
        max_parallel=parallel_of(top, defaults.max_parallel),
        give_up_after=top.span(
            "give_up_after", default=defaults.give_up_after, least=HOUR
        ),
        mapping=top.section("mapping"),
        connection=top.section("connection"),
    )
    secrets = literal_secrets(destination.connection, ("connection",))
    return Draft(value=destination, problems=(*top.finish(), *secrets))


def id_of(document: Document, top: Entries) -> str:
    """The id, which the file's name says as well."""
    wanted, named = file_id(document.file), top.id("id")
    if named and named != wanted:
        top.wrong(
            "id",
            f"The id is `{named}`, but the file is called {wanted}.toml.",
            f'Write id = "{wanted}", or rename the file to {named}.toml.',
        )
    return wanted


def file_id(name: str) -> str:
    """``fachverfahren`` for ``destinations/fachverfahren.toml``."""
    return name.rpartition("/")[2].removesuffix(".toml")


def _process(document: Document, top: Entries) -> Draft[tuple[StepName, ...]]:
    if not isinstance(document.values.get("process"), tuple):
        word = top.text("process")
        if word == _STANDARD:
            return Draft(value=STANDARD_PROCESS, problems=())
        if word:
            top.wrong(
                "process",
                "The only process with a name of its own is `standard`.",
                'Write process = "standard", or a list of steps.',
            )
        return Draft(value=(), problems=())
    process = tuple(StepName(word) for word in top.texts("process"))
    if not document.values["process"]:
        top.wrong("process", "The process is empty.", 'Write process = "standard".')
    found = process_problems(process) if process else ()
    return Draft(
        value=process,
        problems=tuple(replace(one, path=("process", *one.path)) for one in found),
    )


def _destinations(
    top: Entries, process: tuple[StepName, ...], known: Known, tenant: TenantId
) -> tuple[DestinationId, ...]:
    wanted = top.texts("destinations")
    if delivers(process) and not wanted:
        top.wrong(
            "destinations",
            "The process delivers, but there is no destination.",
            'Write destinations = ["…"] with the id of at least one.',
        )
    if wanted and process and not delivers(process):
        top.wrong(
            "destinations",
            "There are destinations, but the process does not deliver.",
            "Add the step `deliver`, or remove the destinations.",
        )
    for position, one in enumerate(wanted):
        owner = known.owners.get(DestinationId(one), tenant)
        if one not in known.destinations:
            sentence = f"There is no file destinations/{one}.toml."
            remedy = nearest(one, known.destinations)
        elif one in wanted[:position]:
            sentence = f"The destination `{one}` stands here twice."
            remedy = "Remove one of them."
        elif owner != tenant and known.has(tenant):
            sentence, remedy = foreign(f"The destination `{one}`", owner, tenant)
        else:
            continue
        top.wrong_element("destinations", position, sentence=sentence, remedy=remedy)
    return tuple(DestinationId(one) for one in wanted)
