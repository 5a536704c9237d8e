"""Whose matters a command is about, as whoever gives it has said."""

from contextvars import ContextVar
from typing import Annotated, Final

import typer

from schemas.ids import TenantId

_CHOSEN: Final[ContextVar[str]] = ContextVar("tenant", default="")
Choice = Annotated[
    str,
    typer.Option(
        "--tenant",
        help="Whose matters a command is about, where the installation has several "
        "tenants; without it those of its own. Door and worker serve all.",
        envvar="AMTSWEG_TENANT",
        show_envvar=True,
        metavar="ID",
    ),
]


def choose(tenant: str) -> None:
    """For the command that is to come; "" is nobody."""
    _CHOSEN.set(tenant)


def chosen() -> TenantId | None:
    """None where nobody has said."""
    wanted = _CHOSEN.get()
    return TenantId(wanted) if wanted else None
