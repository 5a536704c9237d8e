"""Events that subscribers post: looked at in every way the facts name, then written."""

import re
import uuid
from dataclasses import replace
from typing import Final

from adapters.fitconnect.sandbox.calls import Answer, Call, Refusal
from adapters.fitconnect.sandbox.courier import tell_sender
from adapters.fitconnect.sandbox.database import State, transaction
from adapters.fitconnect.sandbox.destinations import published_key
from adapters.fitconnect.sandbox.event_log import (
    EVENTS,
    TOKEN_TYPE,
    Event,
    tags_of,
    write_event,
)
from adapters.fitconnect.sandbox.oauth import client_of, forbidden
from adapters.fitconnect.sandbox.parties import (
    SUBMISSION,
    Parcel,
    check_sees_case,
    find_parcel,
    is_reader,
)
from adapters.fitconnect.sandbox.signatures import (
    ALGORITHM,
    Signed,
    is_signed_by,
    take_apart,
)
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

_LARGEST: Final = 256 * 1024
_SCHEMA: Final = re.compile(
    r"https://schema\.fitko\.de/fit-connect/set-payload/1\.(\d+)\.(\d+)"
    r"/set-payload\.schema\.json"
)
_NEWEST_MINOR: Final = 2
_EARLIEST: Final = 1_577_833_200
_SKEW: Final = 300
_OUTCOMES: Final = {"accept": State.ACCEPTED, "reject": State.REJECTED}


async def post_event(dienst: Zustelldienst, call: Call) -> Answer:
    """``POST /{version}/cases/{case}/events``."""
    client = client_of(dienst, call)
    check_sees_case(dienst, client, call.names["case"])
    call.must_be("application/jose")
    raw = await call.read(_LARGEST)
    try:
        text = raw.decode("ascii").strip()
        token = take_apart(text)
    except (ValueError, RecursionError) as error:
        raise _bad("This is not a compact JWS.") from error
    parcel = _parcel(dienst, call, token)
    if not is_reader(dienst, client, parcel):
        raise forbidden("The client is not linked to the destination.")
    _check_signature(dienst, parcel, token)
    _check_claims(dienst, call, token)
    verb = _check_event(parcel, token)
    event = Event(
        jti=str(token.claims["jti"]),
        case_id=parcel.case_id,
        subject=parcel.subject,
        kind=f"{verb}-{parcel.kind}",
        token=text,
    )
    _write(dienst, replace(parcel, state=_OUTCOMES[verb]), event)
    return Answer(status=204)


def _parcel(dienst: Zustelldienst, call: Call, token: Signed) -> Parcel:
    """The submission that the event is about. Raises Refusal."""
    kind, _, parcel_id = str(token.claims.get("sub", "")).partition(":")
    if kind != SUBMISSION:
        raise _bad("sub is not submission:<id>.")
    parcel = find_parcel(dienst, kind, parcel_id)
    if token.claims.get("txn") != f"case:{parcel.case_id}" or (
        parcel.case_id != call.names["case"]
    ):
        raise _bad("sub, txn and the path are not about one case.")
    return parcel


def _check_signature(dienst: Zustelldienst, parcel: Parcel, token: Signed) -> None:
    header = token.header
    if header.get("typ") != TOKEN_TYPE or header.get("alg") != ALGORITHM:
        raise _bad(f"The header has typ {TOKEN_TYPE} and alg {ALGORITHM}.")
    if "crit" in header:
        raise _bad("Critical headers are not understood.")
    if token.claims.get("iss") != parcel.destination_id:
        raise _bad("iss is not the destination.")
    jwk = published_key(dienst, parcel.destination_id, str(header.get("kid", "")))
    if jwk is None or jwk.get("key_ops") != ["verify"] or jwk.get("alg") != ALGORITHM:
        raise _bad("kid names no published key for signatures.")
    if not is_signed_by(jwk, token):
        raise _bad("The signature does not verify.")


def _check_claims(dienst: Zustelldienst, call: Call, token: Signed) -> None:
    claims = token.claims
    schema = claims.get("$schema")
    found = _SCHEMA.fullmatch(schema) if isinstance(schema, str) else None
    lacking = schema is None and call.version == "v1"
    if not lacking and (
        found is None or (call.version != "v1" and int(found[1]) < _NEWEST_MINOR)
    ):
        # The title was observed, the status is assumed.
        raise Refusal(422, "payload-schema", "Payload Schema not supported")
    try:
        uuid.UUID(str(claims.get("jti")))
    except ValueError as error:
        raise _bad("jti is not a UUID.") from error
    at = claims.get("iat")
    if isinstance(at, bool) or not isinstance(at, int) or at < _EARLIEST:
        raise _bad("iat is not a time in seconds.")
    if at > max(dienst.clock.now(), dienst.clock.stamp()) + _SKEW:
        raise _bad("iat lies in the future.")


def _check_event(parcel: Parcel, token: Signed) -> str:
    """``accept`` or ``reject``. Raises Refusal."""
    events = token.claims.get("events")
    if not isinstance(events, dict) or len(events) != 1:
        raise _bad("There is not exactly one event.")
    [(uri, payload)] = events.items()
    verb = str(uri).removeprefix(EVENTS).removesuffix(f"-{parcel.kind}")
    if verb not in _OUTCOMES or uri != f"{EVENTS}{verb}-{parcel.kind}":
        raise _bad("Subscribers accept or reject; nothing else.")
    if not isinstance(payload, dict):
        raise _bad("The event is not an object.")
    if parcel.state is not State.SUBMITTED:
        raise _answered(parcel)
    if verb == "accept":
        if payload.get("authenticationTags") != tags_of(parcel):
            raise Refusal(
                422, "authentication-tags", "Authentication tags do not match"
            )
    elif not are_problems(payload.get("problems")):
        raise _bad("Problems are objects with type, title, detail and instance.")
    return verb


def are_problems(value: object) -> bool:
    """Whether these are problems as a rejection has them."""
    members = ("type", "title", "detail", "instance")
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(one, dict)
            and all(isinstance(one.get(name), str) and one[name] for name in members)
            for one in value
        )
    )


def _write(dienst: Zustelldienst, parcel: Parcel, event: Event) -> None:
    database = dienst.database
    with transaction(database):
        done = database.execute(
            "UPDATE parcels SET state = ?, since = ? WHERE parcel_id = ? AND state = ?",
            (
                *(parcel.state.value, dienst.clock.now()),
                *(parcel.parcel_id, State.SUBMITTED.value),
            ),
        )
        if not done.rowcount:
            raise _answered(parcel)
        known = database.execute(
            "SELECT 1 FROM events WHERE jti = ?", (event.jti,)
        ).fetchone()
        if known is not None:
            raise Refusal(409, "event-known", detail="jti was used before.")
        write_event(dienst, event)
        tell_sender(dienst, parcel)


def _answered(parcel: Parcel) -> Refusal:
    """What the real one answers to a second accept is not known: an assumption."""
    return Refusal(
        409, "already-answered", detail=f"The {parcel.kind} is {parcel.state.value}."
    )


def _bad(detail: str) -> Refusal:
    return Refusal(422, "event-invalid", "Invalid event", detail)
