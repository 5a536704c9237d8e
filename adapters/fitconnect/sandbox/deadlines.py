"""What happens by itself when days pass on the virtual clock."""

import asyncio
from dataclasses import replace
from typing import Final

from adapters.fitconnect.sandbox.courier import tell_both
from adapters.fitconnect.sandbox.database import State, transaction
from adapters.fitconnect.sandbox.event_log import sign_event, write_event
from adapters.fitconnect.sandbox.parties import Parcel, parcel_of_row
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

DAY: Final = 86_400.0
INCOMPLETE: Final = 1 * DAY
NOT_FETCHED: Final = 14 * DAY
NEVER_FETCHED: Final = 21 * DAY
ANSWERED: Final = 7 * DAY
DECOMMISSIONED: Final = 30 * DAY
FORGOTTEN: Final = 730 * DAY
_EVERY_SECONDS: Final = 30.0
_MOVES: Final = (
    (State.ANNOUNCED, INCOMPLETE, State.DELETED),
    (State.SUBMITTED, NOT_FETCHED, State.EXPIRED),
    (State.EXPIRED, NEVER_FETCHED, State.DELETED),
    (State.ACCEPTED, ANSWERED, State.DELETED),
    (State.REJECTED, ANSWERED, State.DELETED),
)
_NOT_FETCHED: Final[dict[str, object]] = {
    "problems": [
        {
            "type": "urn:amtsweg:sandbox:problem:not-picked-up",
            "title": "Nicht abgeholt",
            "detail": "Die Einreichung wurde nicht innerhalb von 14 Tagen abgeholt.",
            "instance": "submission",
        }
    ]
}
"""What the real one writes here is not known."""


async def keep_deadlines(dienst: Zustelldienst) -> None:
    """Until cancelled."""
    while True:
        await meet_deadlines(dienst)
        await asyncio.sleep(_EVERY_SECONDS)


async def meet_deadlines(dienst: Zustelldienst) -> None:
    """Do everything that is due by now."""
    for before, age, after in _MOVES:
        rows = dienst.database.execute(
            "SELECT * FROM parcels WHERE state = ? AND since <= ?",
            (before.value, dienst.clock.now() - age),
        ).fetchall()
        for row in rows:
            await _move(dienst, parcel_of_row(row), after)
    _retire(dienst)


async def _move(dienst: Zustelldienst, parcel: Parcel, after: State) -> None:
    expired = after is State.EXPIRED
    event = await sign_event(
        dienst,
        parcel,
        "reject" if expired else "delete",
        _NOT_FETCHED if expired else None,
    )
    with transaction(dienst.database):
        # Since stays: the days of what nobody fetched go on from its submission.
        done = dienst.database.execute(
            "UPDATE parcels SET state = ? WHERE parcel_id = ? AND state = ?",
            (after.value, parcel.parcel_id, parcel.state.value),
        )
        if not done.rowcount:
            return
        write_event(dienst, event)
        tell_both(dienst, replace(parcel, state=after))
    if after is State.DELETED:
        dienst.shelf.empty(parcel.parcel_id)


def _retire(dienst: Zustelldienst) -> None:
    """Destinations that were inactive too long, logs that nobody may want any more."""
    now = dienst.clock.now()
    with transaction(dienst.database):
        dienst.database.execute(
            "UPDATE destinations SET status = 'decommissioned'"
            " WHERE status = 'inactive' AND changed <= ?",
            (now - DECOMMISSIONED,),
        )
        dienst.database.execute(
            "DELETE FROM events WHERE case_id IN (SELECT case_id FROM events"
            " GROUP BY case_id HAVING max(at) <= ?)",
            (now - FORGOTTEN,),
        )
