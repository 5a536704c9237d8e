"""A town that lives in the district's installation, and offers the same service."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from schemas.ids import DestinationId, OfficeId, TenantId
from schemas.scope import Scope
from schemas.services import Destination, Service
from tests.house import destination, service

TOWN: Final = TenantId("stadt")
TOWN_SCOPE: Final = Scope(tenant=TOWN)
BUERGERAMT: Final = OfficeId("buergeramt")
STADTVERFAHREN: Final = DestinationId("stadtverfahren")
_SECTION: Final = """
[tenants.stadt]
name = "Stadt Prüfhausen"

[tenants.stadt.offices.buergeramt]
name = "Bürgeramt"
"""
_SERVICE: Final = """
tenant = "stadt"
leika = "99107023017000"
name = "Wohngeld in der Stadt"
office = "buergeramt"
process = "standard"
destinations = ["stadtverfahren"]
deadline = "30d"
retention_class = "10-jahre"

[check]
unknown = "accept"
"""
_DESTINATION: Final = """
tenant = "stadt"
id = "stadtverfahren"
name = "Verfahren der Stadt"
adapter = "memory"
"""


def move_in(home: Path) -> None:
    """Add the town to an installation's configuration."""
    config = home / "config"
    with (config / "installation.toml").open("a", encoding="utf-8") as file:
        file.write(_SECTION)
    for name, text in (
        ("services/stadt.toml", _SERVICE),
        ("destinations/stadtverfahren.toml", _DESTINATION),
    ):
        (config / name).write_text(text, encoding="utf-8")


def service_of_town() -> Service:
    """The same LeiKa key as the district's."""
    return replace(service(STADTVERFAHREN), tenant=TOWN, office=BUERGERAMT)


def destination_of_town() -> Destination:
    """The town's own, with a memory behind it."""
    return replace(destination(STADTVERFAHREN), tenant=TOWN)
