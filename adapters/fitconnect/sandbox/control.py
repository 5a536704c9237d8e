"""How a running sandbox is told what to do: ``/_sandbox``."""

import json
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from adapters.fitconnect.sandbox.calls import Answer, Call, Refusal, json_answer
from adapters.fitconnect.sandbox.chaos import EVERYTHING, FOREVER, Chaos, parse_fault
from adapters.fitconnect.sandbox.database import write_fact
from adapters.fitconnect.sandbox.deadlines import meet_deadlines
from adapters.fitconnect.sandbox.oauth import expire_tokens
from adapters.fitconnect.sandbox.switches import Switches
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

CONTROL_PATH: Final = "/_sandbox"
CLOCK: Final = "clock_ahead"
_LARGEST: Final = 64 * 1024


class Callback(BaseModel):
    """Where a destination's or a client's callbacks go; "" = nowhere."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: str
    secret: str = ""
    """"" = the sandbox's own."""
    destination_id: str = ""
    client_id: str = ""


class Link(BaseModel):
    """Whether a subscriber is linked to a destination."""

    model_config = ConfigDict(extra="forbid", strict=True)

    client_id: str
    destination_id: str
    linked: bool


class Control(BaseModel):
    """The body of ``POST /_sandbox``; what is not named stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    misbehave: str | None = None
    """``none``, ``503``, ``drop``, ``hang``, ``garbage``, ``commit-then-drop`` …"""
    times: int = Field(default=FOREVER, ge=FOREVER)
    on: str = EVERYTHING
    """A desk: token, list, read, attachment, events, answer, announce, submit …"""
    advance: float = Field(default=0.0, ge=0)
    """Let so many seconds pass for deadlines and tokens."""
    skew: float | None = None
    """How wrong the clock is that stamps what is signed."""
    expire_tokens: bool = False
    callback: Callback | None = None
    link: Link | None = None
    switches: dict[str, Any] = Field(default_factory=dict)


async def control(
    dienst: Zustelldienst, call: Call, chaos: Chaos, desks: frozenset[str]
) -> Answer:
    """Obey, and show how things are."""
    if call.method == "POST":
        try:
            wanted = Control.model_validate_json(await call.read(_LARGEST))
            _check(wanted, desks)
            await _obey(dienst, wanted, chaos)
        except ValueError as error:
            raise Refusal(422, "control", detail=str(error)) from error
    elif call.method != "GET":
        raise Refusal(405, "method-not-allowed")
    return json_answer(state_of(dienst, chaos))


def state_of(dienst: Zustelldienst, chaos: Chaos) -> dict[str, object]:
    """How many of what, and what is to go wrong."""
    counted = dienst.database.execute(
        "SELECT kind, state, count(*) AS n FROM parcels GROUP BY kind, state"
    ).fetchall()
    events = dienst.database.execute(
        "SELECT kind, count(*) AS n FROM events GROUP BY kind"
    ).fetchall()
    (callbacks,) = dienst.database.execute("SELECT count(*) FROM callbacks").fetchone()
    return {
        "submissions": {
            row["state"]: row["n"] for row in counted if row["kind"] == "submission"
        },
        "replies": {
            row["state"]: row["n"] for row in counted if row["kind"] == "reply"
        },
        "events": {row["kind"]: row["n"] for row in events},
        "callbacks_waiting": callbacks,
        "clock_ahead": dienst.clock.ahead,
        "skew": dienst.clock.skew,
        "misbehaves": chaos.shown(),
        "requests": dict(chaos.requests),
        "hanging": chaos.hanging,
        "switches": dienst.switches.model_dump(),
    }


def _check(wanted: Control, desks: frozenset[str]) -> None:
    """Raises ValueError before anything is changed."""
    if wanted.misbehave is not None:
        parse_fault(wanted.misbehave)
    if wanted.on not in {*desks, EVERYTHING}:
        raise ValueError(f"It can be on {EVERYTHING}, {', '.join(sorted(desks))}.")
    Switches.model_validate({**Switches().model_dump(), **wanted.switches})


async def _obey(dienst: Zustelldienst, wanted: Control, chaos: Chaos) -> None:
    if wanted.misbehave is not None:
        chaos.tell(wanted.on, parse_fault(wanted.misbehave, times=wanted.times))
    for name, value in wanted.switches.items():
        setattr(dienst.switches, name, value)
    if wanted.switches:
        dienst.callbacks_wait.set()
    if wanted.skew is not None:
        dienst.clock.skew = wanted.skew
    if wanted.expire_tokens:
        expire_tokens(dienst)
    if wanted.callback is not None:
        call_back(dienst, wanted.callback)
    if wanted.link is not None:
        _link(dienst, wanted.link)
    if wanted.advance:
        dienst.clock.ahead += wanted.advance
        write_fact(dienst.database, CLOCK, dienst.clock.ahead)
        await meet_deadlines(dienst)


def call_back(dienst: Zustelldienst, wanted: Callback) -> None:
    """From now on; the sandbox does not insist on TLS as the real one does."""
    secret = wanted.secret or dienst.callback_secret
    value = json.dumps({"url": wanted.url, "secret": secret}) if wanted.url else ""
    dienst.database.execute(
        "UPDATE destinations SET callback = ? WHERE destination_id = ?",
        (value, wanted.destination_id),
    )
    dienst.database.execute(
        "UPDATE clients SET callback = ? WHERE client_id = ?",
        (value, wanted.client_id),
    )


def _link(dienst: Zustelldienst, wanted: Link) -> None:
    pair = (wanted.client_id, wanted.destination_id)
    if wanted.linked:
        dienst.database.execute("INSERT OR IGNORE INTO links VALUES (?, ?)", pair)
    else:
        dienst.database.execute(
            "DELETE FROM links WHERE client_id = ? AND destination_id = ?", pair
        )
