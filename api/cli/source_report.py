"""What ``amtsweg source list`` and ``poll`` do and print."""

import asyncio
from dataclasses import dataclass
from typing import Final

from api.cli.house import House
from api.cli.output import Json, local, note, say, say_json, say_table, stamp
from schemas.errors import ConfigurationInvalid, UnknownSource
from schemas.ids import SourceId
from schemas.replies import PLACE
from schemas.sources import Source
from storage.deadlines import Deadlines
from storage.source_states import SourceState, SourceStates, subject_of
from storage.vitals import open_disturbances
from storage.wake import notify

_LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A source with what is known of it."""

    id: SourceId
    source: Source | None
    """None: it is not configured any more."""
    state: SourceState | None
    """None: nobody has looked into it yet."""
    unanswered: int
    codes: tuple[str, ...]


async def show_sources(house: House, *, as_json: bool) -> None:
    """Print the list."""
    rows = await _rows(house)
    if as_json:
        say_json([_json(row) for row in rows])
        return
    if not rows:
        note("There is no source yet.")
        return
    say_table(
        (
            "SOURCE",
            "ADAPTER",
            "LAST LOOK",
            "WAITING",
            "SINCE",
            "UNANSWERED",
            "TROUBLE",
        ),
        [_cells(row) for row in rows],
    )


async def poll_source(house: House, which: str, *, seconds: float) -> None:
    """Wish for a look, and say what came of it. Raises UnknownSource."""
    known = [row.id for row in await _rows(house)]
    source = SourceId(which)
    if source not in known:
        raise UnknownSource(f"There are: {', '.join(known) or 'none yet'}.")
    states = SourceStates(house.database)
    before = await _state(house, source)
    await states.wish(house.scope.tenant, source)
    await notify(house.database)
    after = await _looked(house, source, before, seconds)
    if after is None:
        note(f"No worker has looked into {which} yet; `amtsweg doctor` says why.")
        return
    waiting = f"{after.pending} wait there" if after.pending else "nothing waits there"
    say(f"{which} was looked into: {after.code or waiting}.")


async def _looked(
    house: House, source: SourceId, before: SourceState | None, seconds: float
) -> SourceState | None:
    old = before.polled_at if before else None
    try:
        async with asyncio.timeout(seconds):
            while True:
                state = await _state(house, source)
                if state is not None and state.polled_at != old:
                    return state
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        return None


async def _state(house: House, source: SourceId) -> SourceState | None:
    states = await SourceStates(house.database).all(house.scope)
    return next((one for one in states if one.source == source), None)


async def _rows(house: House) -> tuple[Row, ...]:
    configured = _configured(house)
    states = {
        one.source: one
        for one in await SourceStates(house.database).all(house.scope)
        # What destinations are wished for stands there, too, and their replies.
        if (one.polled_at is not None and not one.source.startswith(PLACE))
        or one.source in configured
    }
    owed = await Deadlines(house.database).unanswered(house.scope)
    wrong = await open_disturbances(house.database, house.scope)
    return tuple(
        Row(
            id=name,
            source=configured.get(name),
            state=states.get(name),
            unanswered=sum(one.source == name for one in owed),
            codes=tuple(one.reason for one in wrong if one.subject == subject_of(name)),
        )
        for name in sorted({*states, *configured})
    )


def _configured(house: House) -> dict[SourceId, Source]:
    try:
        return dict(house.configuration().sources)
    except ConfigurationInvalid:
        note("The configuration cannot be read: `amtsweg doctor` says why.")
        return {}


def _cells(row: Row) -> tuple[str, ...]:
    state = row.state
    return (
        row.id,
        row.source.adapter if row.source else "not configured",
        local(state.polled_at) if state else "",
        str(state.pending) if state else "",
        local(state.oldest) if state else "",
        str(row.unanswered),
        ", ".join(row.codes),
    )


def _json(row: Row) -> dict[str, Json]:
    state = row.state
    return {
        "id": row.id,
        "adapter": row.source.adapter if row.source else None,
        "name": row.source.name if row.source else None,
        "configured": row.source is not None,
        "polled_at": stamp(state.polled_at) if state else None,
        "wanted_at": stamp(state.wanted_at) if state else None,
        "code": state.code if state else "",
        "waiting": state.pending if state else 0,
        "oldest": stamp(state.oldest) if state else None,
        "unanswered": row.unanswered,
        "troubles": list(row.codes),
    }
