"""What ``amtsweg delivery list`` and ``settle`` do and print."""

from dataclasses import dataclass
from typing import Final

import typer

from api.cli.house import House, decision
from api.cli.output import Json, local, note, say, say_json, say_table, stamp
from schemas.cases import DeliveryView
from schemas.errors import StateForbids
from schemas.ids import CaseNumber
from schemas.rules.settlement import UNKNOWN
from schemas.rules.wording import delivery_word, wording
from schemas.states import InReview
from storage.cases import SqlCases
from storage.decisions import Decisions
from storage.jobs import Filter, JobStore
from storage.wake import notify

_STATES: Final = (
    "dead",
    "waiting",
    "open",
    "unknown",
    "delivered",
    "rejected",
    "all",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What ``delivery list`` was asked for, as typed."""

    destination: str
    state: str
    code: str
    limit: int


async def show_deliveries(house: House, wanted: Wanted, *, as_json: bool) -> None:
    """Print the list."""
    if wanted.state not in _STATES:
        raise typer.BadParameter(
            f"Write one of: {', '.join(_STATES)}.", param_hint="--state"
        )
    found = await JobStore(house.database).deliveries(
        house.scope,
        Filter(
            destination=wanted.destination,
            code=wanted.code,
            state="" if wanted.state == "all" else wanted.state,
            limit=wanted.limit,
        ),
    )
    if as_json:
        say_json([delivery_json(one) for one in found])
        return
    if not found:
        note("No delivery is like that.")
        return
    show_views(found)
    if len(found) == wanted.limit:
        note(f"Only the oldest {wanted.limit}; --limit shows more.")


def show_views(found: tuple[DeliveryView, ...]) -> None:
    """Print deliveries as a table."""
    say_table(
        ("CASE", "DESTINATION", "STATE", "CODE", "SINCE", "ATTEMPTS", "OFFICE"),
        [
            (
                one.case,
                one.destination,
                delivery_word(one.state),
                one.code,
                local(one.since),
                str(one.attempts),
                one.office,
            )
            for one in found
        ],
    )


def delivery_json(one: DeliveryView) -> dict[str, Json]:
    """One delivery for a program."""
    return {
        "case": one.case,
        "delivery": one.delivery,
        "destination": one.destination,
        "generation": one.generation,
        "state": one.state,
        "word": delivery_word(one.state),
        "code": one.code,
        "since": stamp(one.since),
        "attempts": one.attempts,
        "office": one.office,
    }


async def settle_delivery(
    house: House, number: str, reason: str, *, arrived: bool
) -> None:
    """Write down what a person has seen. Raises UnknownCase, StateForbids."""
    case = await SqlCases(house.database).by_number(house.scope, CaseNumber(number))
    state = case.state
    if not (isinstance(state, InReview) and state.question == UNKNOWN):
        raise StateForbids(
            f"It is {wording(state).word}; no delivery of it waits for a decision."
        )
    case = await Decisions(house.database).settle_unknown(
        house.scope, case.number, decision(reason), arrived=arrived
    )
    await notify(house.database)
    what = "has arrived" if arrived else "has not arrived, and is sent again"
    say(f"{case.number}: the delivery {what}. Now: {wording(case.state).word}.")
