"""What ``amtsweg destination list``, ``pause`` and ``resume`` do and print."""

from dataclasses import dataclass
from datetime import datetime

from api.cli.house import House
from api.cli.output import Json, local, note, say, say_json, say_table, stamp
from schemas.errors import ConfigurationInvalid, UnknownDestination
from schemas.ids import DestinationId
from schemas.rules.destinations import (
    STEADY,
    DestinationState,
    Held,
    Open,
    Paused,
)
from schemas.rules.wording import destination_word
from schemas.services import Destination
from storage.destinations import DestinationStatus, SqlDestinations
from storage.vitals import Load, loads
from storage.wake import notify


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A destination with what is on its way there."""

    status: DestinationStatus
    in_flight: int
    waiting: int
    is_configured: bool


async def show_destinations(house: House, *, as_json: bool) -> None:
    """Print the list."""
    rows = await _rows(house)
    if as_json:
        say_json([_json(row) for row in rows])
        return
    if not rows:
        note("There is no destination yet.")
        return
    say_table(
        (
            "DESTINATION",
            "STATE",
            "SINCE",
            "REASON",
            "NEXT PROBE",
            "IN FLIGHT",
            "MOST",
            "WAITING",
        ),
        [_cells(row) for row in rows],
    )


async def pause_destination(house: House, which: str, reason: str) -> None:
    """A person holds it. Raises UnknownDestination."""
    destination = await _known(house, which)
    await SqlDestinations(house.database).pause(house.scope, destination, reason)
    say(f"{which} is held back; what is under way there comes to an end.")


async def resume_destination(house: House, which: str) -> None:
    """It goes on. Raises UnknownDestination."""
    destination = await _known(house, which)
    await SqlDestinations(house.database).resume(house.scope, destination)
    await notify(house.database)
    status = {one.status.id: one.status for one in await _rows(house)}[destination]
    say(f"{which} goes on: {destination_word(status.state)}.")


async def _known(house: House, which: str) -> DestinationId:
    names = [row.status.id for row in await _rows(house)]
    destination = DestinationId(which)
    if destination not in names:
        raise UnknownDestination(f"There are: {', '.join(names) or 'none yet'}.")
    return destination


async def _rows(house: House) -> tuple[Row, ...]:
    """Those that fared somehow, and those that are only configured so far."""
    configured = _configured(house)
    known = {
        one.id: one for one in await SqlDestinations(house.database).list(house.scope)
    }
    for one in configured.values():
        known.setdefault(
            one.id, DestinationStatus(id=one.id, state=STEADY, limit=one.max_parallel)
        )
    there = {
        load.destination: load for load in await loads(house.database, house.scope)
    }
    return tuple(
        _row(known[name], there.get(name), is_configured=name in configured)
        for name in sorted(known)
    )


def _configured(house: House) -> dict[DestinationId, Destination]:
    try:
        return dict(house.configuration().destinations)
    except ConfigurationInvalid:
        note("The configuration cannot be read: `amtsweg doctor` says why.")
        return {}


def _row(status: DestinationStatus, load: Load | None, *, is_configured: bool) -> Row:
    return Row(
        status=status,
        in_flight=load.in_flight if load else 0,
        waiting=load.waiting if load else 0,
        is_configured=is_configured,
    )


def _cells(row: Row) -> tuple[str, ...]:
    state = row.status.state
    word = destination_word(state)
    return (
        row.status.id,
        word if row.is_configured else f"{word}, not configured",
        local(_since(state)),
        _reason(state),
        local(_next_probe(state)),
        str(row.in_flight),
        str(row.status.limit),
        str(row.waiting),
    )


def _json(row: Row) -> dict[str, Json]:
    state = row.status.state
    return {
        "id": row.status.id,
        "state": type(state).__name__,
        "word": destination_word(state),
        "since": stamp(_since(state)),
        "reason": _reason(state),
        "next_probe_at": stamp(_next_probe(state)),
        "in_flight": row.in_flight,
        "max_parallel": row.status.limit,
        "waiting": row.waiting,
        "configured": row.is_configured,
    }


def _since(state: DestinationState) -> datetime | None:
    return None if isinstance(state, Open) else state.since


def _reason(state: DestinationState) -> str:
    return state.reason if isinstance(state, Paused | Held) else ""


def _next_probe(state: DestinationState) -> datetime | None:
    return state.next_probe_at if isinstance(state, Paused) else None
