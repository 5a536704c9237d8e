"""Who may do what: authors, readers, and who is linked to a destination."""

import sqlite3
from dataclasses import dataclass
from typing import Final

from adapters.fitconnect.sandbox.calls import Call, Refusal
from adapters.fitconnect.sandbox.database import State
from adapters.fitconnect.sandbox.oauth import SUBSCRIBER, Client, client_of, forbidden
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

SUBMISSION: Final = "submission"
REPLY: Final = "reply"


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """A submission or a reply, as the books have it."""

    parcel_id: str
    kind: str
    case_id: str
    destination_id: str
    author: str
    reader: str
    """The client for whom a reply is; submissions are for whoever is linked."""
    version: str
    state: State
    service: str
    callback: str
    tags: str
    number: int
    since: float

    @property
    def subject(self) -> str:
        """How events name it."""
        return f"{self.kind}:{self.parcel_id}"


def parcel_of_row(row: sqlite3.Row) -> Parcel:
    """What a row of the books says."""
    return Parcel(**{**dict(row), "state": State(row["state"])})


def find_parcel(dienst: Zustelldienst, kind: str, parcel_id: str) -> Parcel:
    """Raises Refusal."""
    row = dienst.database.execute(
        "SELECT * FROM parcels WHERE parcel_id = ? AND kind = ?", (parcel_id, kind)
    ).fetchone()
    if row is None:
        raise not_found(kind)
    return parcel_of_row(row)


def authored(dienst: Zustelldienst, call: Call, kind: str) -> Parcel:
    """The parcel of the path, which the caller announced. Raises Refusal."""
    client = client_of(dienst, call)
    parcel = find_parcel(dienst, kind, call.names["parcel"])
    if parcel.author != client.client_id:
        raise forbidden(f"Another client announced this {kind}.")
    return parcel


def readable(dienst: Zustelldienst, call: Call, kind: str) -> Parcel:
    """The parcel of the path, which lies there for the caller. Raises Refusal."""
    client = client_of(dienst, call)
    parcel = find_parcel(dienst, kind, call.names["parcel"])
    if not is_reader(dienst, client, parcel):
        raise forbidden("The client is not linked to the destination.")
    answered = parcel.state in {State.ACCEPTED, State.REJECTED}
    if parcel.state is not State.SUBMITTED and not (
        answered and not dienst.switches.gone_after_answer
    ):
        raise not_found(kind)
    return parcel


def is_reader(dienst: Zustelldienst, client: Client, parcel: Parcel) -> bool:
    """Whether this client is the one to fetch and answer it."""
    if parcel.kind == REPLY:
        return client.client_id == parcel.reader
    return is_linked(dienst, client, parcel.destination_id)


def is_linked(dienst: Zustelldienst, client: Client, destination: str) -> bool:
    """Whether the portal has linked this subscriber to the destination."""
    if client.role != SUBSCRIBER:
        return False
    return (
        dienst.database.execute(
            "SELECT 1 FROM links WHERE client_id = ? AND destination_id = ?",
            (client.client_id, destination),
        ).fetchone()
        is not None
    )


def check_sees_case(dienst: Zustelldienst, client: Client, case_id: str) -> None:
    """The sender and the linked subscribers see a case. Raises Refusal."""
    row = dienst.database.execute(
        "SELECT * FROM cases WHERE case_id = ?", (case_id,)
    ).fetchone()
    if row is None:
        raise not_found("case")
    if row["sender"] != client.client_id and not is_linked(
        dienst, client, row["destination_id"]
    ):
        raise forbidden("The case belongs to others.")


def not_found(what: str) -> Refusal:
    """There is none, or none any more."""
    return Refusal(404, f"{what}-not-found", f"{what.capitalize()} not found")
