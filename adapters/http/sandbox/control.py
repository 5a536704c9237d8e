"""How a sandbox is told what to do while it runs."""

from typing import Final

import httpx
from pydantic import BaseModel, ConfigDict, Field

from adapters.http.sandbox.faults import (
    FOREVER,
    Fault,
    Misbehaviour,
    Target,
    parse_fault,
)
from schemas.errors import SandboxAway

CONTROL_PATH: Final = "/_sandbox"
HOST: Final = "127.0.0.1"
_PATIENCE_SECONDS: Final = 5.0


class Control(BaseModel):
    """The body of ``POST /_sandbox``; what is not named stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    misbehave: str | None = None
    """A fault, a status such as ``500``, or ``none``."""
    times: int = Field(default=FOREVER, ge=FOREVER)
    on: str = Target.DELIVERIES.value
    honours_ids: bool | None = None
    answers_receipts: bool | None = None
    latency: float | None = Field(default=None, ge=0)


def misbehaviour_of(word: str, *, times: int, on: str) -> Misbehaviour | None:
    """Read what to do wrong; None for ``none``. Raises ValueError."""
    if on not in {one.value for one in Target}:
        raise ValueError(f"It can be on {_listed(Target)}.")
    target = Target(on)
    if word == "none":
        return None
    found = parse_fault(word)
    if found is None:
        raise ValueError(f"It can be a status like 503, none, {_listed(Fault)}.")
    return Misbehaviour(fault=found[0], status=found[1], times=times, target=target)


async def tell(port: int, fault: str, *, times: int, on: str) -> None:
    """Tell the sandbox on this machine. Raises ValueError, SandboxAway."""
    misbehaviour_of(fault, times=times, on=on)
    wanted = Control(misbehave=fault, times=times, on=on)
    client = httpx.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False)
    try:
        async with client:
            answer = await client.post(
                f"http://{HOST}:{port}{CONTROL_PATH}",
                json=wanted.model_dump(exclude_none=True),
            )
            answer.raise_for_status()
    except httpx.HTTPError as error:
        raise SandboxAway(f"{HOST}:{port}") from error


def _listed(names: type[Fault] | type[Target]) -> str:
    return ", ".join(one.value for one in names)
