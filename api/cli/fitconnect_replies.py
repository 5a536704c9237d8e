"""What ``amtsweg fitconnect replies`` does and prints; the channel is unconfirmed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import typer

from adapters.fitconnect.outbox.parsing import parse_connection
from adapters.fitconnect.outbox.settings import FitConnectConnection
from adapters.fitconnect.replies.errors import RepliesOff
from adapters.fitconnect.replies.proofs import ReplyProof
from adapters.fitconnect.replies.routes import Routes
from adapters.fitconnect.replies.tray import ReplyTray, Waiting, tray_of
from adapters.fitconnect.tables import routes_of
from api.cli.errors import UNREACHED, sentence_of
from api.cli.fitconnect_reply import say_unconfirmed
from api.cli.fitconnect_sources import ADAPTER
from api.cli.house import House
from api.cli.output import Json, note, say_json, say_table
from api.doctor.outside import surroundings_of
from schemas.errors import EngineError, StateForbids
from schemas.fields import Fields
from schemas.ids import CaseNumber, DeliveryId, DestinationId
from schemas.replies import ReplyState, reply_place
from schemas.services import Destination
from storage.case_file import DeliveryMade, case_file
from storage.cases import SqlCases
from storage.delivery_notes import SqlDeliveryNotes
from storage.source_states import SourceStates

_NOBODY: Final = "No reply lies there."


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Whose replies, and what to do with them."""

    number: str
    save: Path | None
    accept: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One reply, and what was done."""

    destination: str
    waiting: Waiting
    proof: ReplyProof | None = None
    saved: str = ""
    """yes, or before."""
    accepted: str = ""
    failed: str = ""
    """The code of what was in the way."""


async def show_replies(house: House, wanted: Wanted, *, as_json: bool) -> None:
    """Raises UnknownCase, StateForbids, RepliesOff; Exit where one went wrong."""
    case = await SqlCases(house.database).by_number(
        house.scope, CaseNumber(wanted.number)
    )
    file = await case_file(house.database, house.scope, case.id)
    ways = _ways(house, file.deliveries)
    routes = await asyncio.to_thread(routes_of, house.settings.config_folder)
    say_unconfirmed(routes)
    told: list[Told] = []
    for destination, (connection, deliveries) in ways.items():
        around = replace(
            surroundings_of(house.settings), notes=SqlDeliveryNotes(house.database)
        )
        async with tray_of(connection, around, routes) as tray:
            for delivery in deliveries:
                for waiting in await tray.replies(delivery):
                    one = Told(destination=destination, waiting=waiting)
                    told.append(await _done(tray, one, wanted))
        # What was accepted here alarms no longer, as soon as a worker has seen it.
        await SourceStates(house.database).wish(
            house.scope.tenant, reply_place(DestinationId(destination))
        )
    _show(told, routes, as_json=as_json)
    if any(one.failed for one in told):
        raise typer.Exit(UNREACHED)


def _ways(
    house: House, made: Sequence[DeliveryMade]
) -> dict[str, tuple[FitConnectConnection, list[DeliveryId]]]:
    configured = house.configuration().destinations
    ways: dict[str, tuple[FitConnectConnection, list[DeliveryId]]] = {}
    off: list[str] = []
    for one in made:
        destination = configured.get(one.destination)
        if destination is None or destination.adapter != ADAPTER:
            continue
        connection = _connection(destination)
        if not connection.replies:
            off.append(f"destination {one.destination}")
            continue
        ways.setdefault(one.destination, (connection, []))[1].append(one.id)
    if not ways and off:
        raise RepliesOff(", ".join(dict.fromkeys(off)))
    if not ways:
        raise StateForbids("It was not delivered over FIT-Connect.")
    return ways


def _connection(destination: Destination) -> FitConnectConnection:
    """The configuration has been validated."""
    return parse_connection(Fields(destination.connection, "connection"))


async def _done(tray: ReplyTray, one: Told, wanted: Wanted) -> Told:
    """One that does not verify leaves the others alone."""
    try:
        proof = await tray.proof(one.waiting)
        one = replace(one, proof=proof)
        if wanted.save is not None and proof.state is not ReplyState.DELETED:
            is_new = await tray.save(one.waiting, proof, wanted.save)
            one = replace(one, saved="yes" if is_new else "before")
            if wanted.accept:
                is_first = await tray.accept(one.waiting, proof)
                one = replace(one, accepted="yes" if is_first else "before")
    except EngineError as error:
        note(sentence_of(error))
        return replace(one, failed=error.code)
    return one


def _show(told: Sequence[Told], routes: Routes, *, as_json: bool) -> None:
    if as_json:
        say_json([_json(one, routes) for one in told])
        return
    if not told:
        note(_NOBODY)
        return
    say_table(
        ("REPLY", "DESTINATION", "STATE", "PROVED", "SAVED", "ACCEPTED", "TROUBLE"),
        [
            (
                one.waiting.reply,
                one.destination,
                _state(one),
                "yes" if _is_proved(one) else "no",
                one.saved,
                one.accepted,
                one.failed,
            )
            for one in told
        ],
    )


def _state(one: Told) -> str:
    if one.accepted == "yes":
        return ReplyState.ACCEPTED.value
    return one.proof.state.value if one.proof else ReplyState.UNPROVED.value


def _is_proved(one: Told) -> bool:
    return one.proof is not None and one.proof.tags is not None


def _json(one: Told, routes: Routes) -> dict[str, Json]:
    return {
        "reply": one.waiting.reply,
        "case": one.waiting.case,
        "destination": one.destination,
        "state": _state(one),
        "proved": _is_proved(one),
        "saved": one.saved,
        "accepted": one.accepted,
        "trouble": one.failed,
        "events": list(one.proof.tokens) if one.proof else [],
        "confirmed": routes.is_confirmed,
    }
