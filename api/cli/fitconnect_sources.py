"""The FIT-Connect sources of this installation, as commands need them."""

from collections.abc import Mapping
from typing import Final

from adapters.fitconnect.client.settings import parse_environment
from adapters.fitconnect.inbox.settings import FitConnectSource, parse_source
from adapters.fitconnect.jose.algorithms import PRESCRIBED, Algorithms
from api.cli.house import configuration_of, meant, readable
from api.cli.tenant import chosen
from schemas.errors import ConfigurationInvalid, UnknownSource
from schemas.fields import Fields
from schemas.ids import SourceId, TenantId
from schemas.services import Configuration
from schemas.sources import Source
from storage.settings import Settings

ADAPTER: Final = "fitconnect"


def known_sources(configuration: Configuration, name: str) -> Mapping[str, Source]:
    """Sources of FIT-Connect; with a name this one. Raises UnknownSource."""
    known = {
        str(one.id): one
        for one in configuration.sources.values()
        if one.adapter == ADAPTER
    }
    if not name:
        return known
    if name not in known:
        listed = ", ".join(sorted(known)) or "none"
        raise UnknownSource(f"FIT-Connect sources are: {listed}.")
    return {name: known[name]}


def own_source(settings: Settings, name: str) -> Source:
    """The one of this name. Raises UnknownSource, also where it is another tenant's."""
    configuration = configuration_of(settings)
    tenant = meant(configuration.installation)
    _check_owner(configuration, name, tenant)
    return known_sources(configuration.of(tenant), name)[name]


def tenant_to_name(settings: Settings, name: str) -> TenantId | None:
    """Whose keys of this name are; None where it is the installation's own tenant.

    Keys come before their source, and it before a configuration: then it is as
    chosen. Raises UnknownTenant, UnknownSource where another tenant has the name.
    """
    configuration = readable(settings)
    if configuration is None:
        return chosen()
    tenant = meant(configuration.installation)
    _check_owner(configuration, name, tenant)
    return None if tenant == configuration.installation.tenant else tenant


def command_for(tenant: TenantId | None, command: str) -> str:
    """A command as it is to be typed."""
    whose = f"--tenant {tenant} " if tenant else ""
    return f"`amtsweg {whose}{command}`"


def _check_owner(configuration: Configuration, name: str, tenant: TenantId) -> None:
    source = configuration.sources.get(SourceId(name))
    if source is not None and source.tenant != tenant:
        whose = source.tenant
        raise UnknownSource(f"{name} is of the tenant {whose}: say --tenant {whose}.")


def settings_of(source: Source) -> FitConnectSource:
    """Its connection. Raises ConfigurationInvalid."""
    fields = Fields(source.connection, "connection")
    read = parse_source(fields)
    problems = fields.finish()
    if problems:
        raise ConfigurationInvalid(f"source {source.id}: {problems[0].sentence}")
    return read


def algorithms_of(settings: Settings, name: str) -> Algorithms:
    """What keys of this name are made for. Raises ConfigurationInvalid.

    Keys come before their source, and it before a configuration: then it is what
    FIT-Connect prescribes.
    """
    if not settings.config_folder.is_dir():
        return PRESCRIBED
    source = known_sources(configuration_of(settings), "").get(name)
    if source is None:
        return PRESCRIBED
    return parse_environment(Fields(source.connection, "connection")).algorithms
