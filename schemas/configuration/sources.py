"""``sources/<id>.toml``: a mailbox of a channel that we fetch from."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from schemas.configuration.credentials import literal_secrets
from schemas.configuration.entries import Draft, Entries, nearest
from schemas.configuration.house import foreign, tenant_of
from schemas.configuration.parse import LEIKA, Known, id_of
from schemas.configuration.source import Document
from schemas.ids import ServiceKey, SourceId, TenantId
from schemas.services import Setting
from schemas.sources import Source

POLL_EVERY: Final = 60
MOST_OFTEN, LEAST_OFTEN = 5, 3600
_SERVICES: Final = "services"


def parse_source(document: Document, known: Known) -> Draft[Source]:
    """One source, but for what its adapter has to say about it."""
    top = Entries(document.values)
    wanted = id_of(document, top)
    if wanted in known.destinations:
        top.wrong(
            "id",
            f"destinations/{wanted}.toml has the same id.",
            "Rename one of the two: callbacks and disturbances go by the id alone.",
        )
    tenant = tenant_of(top, known.house)
    services = _services(top.section(_SERVICES), known, tenant)
    seconds = top.number(
        "poll_every", default=POLL_EVERY, least=MOST_OFTEN, most=LEAST_OFTEN
    )
    source = Source(
        id=SourceId(wanted),
        tenant=tenant,
        name=top.title("name"),
        adapter=top.id("adapter"),
        poll_every=timedelta(seconds=seconds),
        services=services.value,
        connection=top.section("connection"),
    )
    secrets = literal_secrets(source.connection, ("connection",))
    return Draft(value=source, problems=(*top.finish(), *services.problems, *secrets))


def _services(
    section: Mapping[str, Setting], known: Known, tenant: TenantId
) -> Draft[dict[str, ServiceKey]]:
    own = [
        key for owner, key in known.services if owner == tenant or not known.has(owner)
    ]
    entries = Entries(section, _SERVICES)
    found: dict[str, ServiceKey] = {}
    for identifier in section:
        key = ServiceKey(entries.text(identifier))
        found[identifier] = key
        if key and not LEIKA.fullmatch(key):
            entries.wrong(
                identifier,
                "This is not a LeiKa key.",
                "Write its 14 digits without spaces, in double quotes.",
            )
        elif key and key not in own and known.has(tenant):
            whose = sorted(owner for owner, one in known.services if one == key)
            entries.wrong(
                identifier,
                *(
                    foreign("The service", whose[0], tenant)
                    if whose
                    else ("There is no service with this LeiKa key.", nearest(key, own))
                ),
            )
    return Draft(value=found, problems=entries.finish())
