"""How a sandbox is told what to do while it runs."""

from pydantic import BaseModel, ConfigDict, Field

from adapters.http.sandbox.faults import FOREVER, Misbehaviour, Target, parse_fault


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
    target = Target(on)
    if word == "none":
        return None
    found = parse_fault(word)
    if found is None:
        raise ValueError("There is no such fault.")
    return Misbehaviour(fault=found[0], status=found[1], times=times, target=target)
