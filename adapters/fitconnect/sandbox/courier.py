"""Callbacks: queued with what they tell of, sent until somebody says 2xx."""

import asyncio
import hashlib
import hmac
import json
import sqlite3
import time
from collections.abc import Mapping
from typing import Final

import httpx

from adapters.fitconnect.sandbox.database import transaction
from adapters.fitconnect.sandbox.event_log import sign_event, write_event
from adapters.fitconnect.sandbox.parties import REPLY, Parcel, parcel_of_row
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

TYPES: Final = "https://schema.fitko.de/fit-connect/submission-api/callbacks/"
"""``new-submissions`` is documented, the two others are from memory."""
_PATIENCE: Final = 5.0
_LONGEST_WAIT: Final = 60.0
_BATCH: Final = 100


def tell_readers(dienst: Zustelldienst, parcel: Parcel) -> None:
    """Something lies there for a subscriber, or as a reply for the sender."""
    if parcel.kind == REPLY:
        body = {"type": f"{TYPES}new-replies", "replies": [_named(parcel)]}
        callback = _of_case(dienst, parcel) or _of_client(dienst, parcel.reader)
        _queue(dienst, callback, parcel, body, notifies=True)
        return
    body = {
        "type": f"{TYPES}new-submissions",
        "submissionIds": [parcel.parcel_id],
        "submissions": [_named(parcel)],
    }
    callback = _of_destination(dienst, parcel.destination_id)
    _queue(dienst, callback, parcel, body, notifies=True)


def tell_sender(dienst: Zustelldienst, parcel: Parcel) -> None:
    """There are new events for whoever announced it."""
    callback = parcel.callback or _of_client(dienst, parcel.author)
    _queue(dienst, callback, parcel, _events_of(parcel), notifies=False)


def tell_both(dienst: Zustelldienst, parcel: Parcel) -> None:
    """There are new events that neither of them has caused."""
    tell_sender(dienst, parcel)
    if parcel.kind != REPLY:
        callback = _of_destination(dienst, parcel.destination_id)
        _queue(dienst, callback, parcel, _events_of(parcel), notifies=False)


def headers_of(secret: str, stamp: int, body: str) -> dict[str, str]:
    """What proves that a callback is ours."""
    text = f"{stamp}.{body}".encode()
    return {
        "Content-Type": "application/json",
        "callback-timestamp": str(stamp),
        "callback-authentication": hmac.new(
            secret.encode(), text, hashlib.sha512
        ).hexdigest(),
    }


async def carry_callbacks(dienst: Zustelldienst) -> None:
    """Until cancelled."""
    while True:
        dienst.callbacks_wait.clear()
        wait = await _round(dienst)
        try:
            async with asyncio.timeout(wait):
                await dienst.callbacks_wait.wait()
        except TimeoutError:
            pass


async def _round(dienst: Zustelldienst) -> float | None:
    """Send what is due; seconds until something else is, None for never."""
    if dienst.switches.callback_hold:
        return None
    due = dienst.database.execute(
        "SELECT * FROM callbacks WHERE due <= ? ORDER BY number LIMIT ?",
        (time.time(), _BATCH),
    ).fetchall()
    if dienst.switches.callback_order == "reversed":
        due.reverse()
    if due:
        async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
            for row in due:
                if await _send(dienst, client, row):
                    await _sent(dienst, row)
                else:
                    _put_off(dienst, row)
    (first,) = dienst.database.execute("SELECT min(due) FROM callbacks").fetchone()
    return None if first is None else max(0.0, first - time.time())


async def _send(
    dienst: Zustelldienst, client: httpx.AsyncClient, row: sqlite3.Row
) -> bool:
    callback = json.loads(row["callback"])
    taken = True
    for _ in range(dienst.switches.callback_copies):
        headers = headers_of(callback["secret"], dienst.clock.stamp(), row["body"])
        try:
            answer = await client.post(
                callback["url"], content=row["body"].encode(), headers=headers
            )
            taken = answer.is_success
        except (httpx.HTTPError, httpx.InvalidURL):
            taken = False
    return taken


async def _sent(dienst: Zustelldienst, row: sqlite3.Row) -> None:
    database = dienst.database
    found = database.execute(
        "SELECT * FROM parcels WHERE parcel_id = ?", (row["parcel_id"],)
    ).fetchone()
    gone = ("DELETE FROM callbacks WHERE number = ?", (row["number"],))
    if found is None or not row["notifies"]:
        database.execute(*gone)
        return
    parcel = parcel_of_row(found)
    event = await sign_event(dienst, parcel, "notify")
    with transaction(database):
        database.execute(*gone)
        write_event(dienst, event)
        tell_sender(dienst, parcel)


def _put_off(dienst: Zustelldienst, row: sqlite3.Row) -> None:
    wait = min(dienst.switches.callback_retry * 2 ** row["attempts"], _LONGEST_WAIT)
    dienst.database.execute(
        "UPDATE callbacks SET attempts = attempts + 1, due = ? WHERE number = ?",
        (time.time() + wait, row["number"]),
    )


def _queue(
    dienst: Zustelldienst,
    callback: str,
    parcel: Parcel,
    body: Mapping[str, object],
    *,
    notifies: bool,
) -> None:
    """Inside the caller's transaction; a party without callback hears nothing."""
    if not callback:
        return
    dienst.database.execute(
        "INSERT INTO callbacks (callback, body, parcel_id, notifies, due)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            callback,
            json.dumps(body, separators=(",", ":")),
            parcel.parcel_id,
            int(notifies),
            time.time() + dienst.switches.callback_delay,
        ),
    )
    dienst.callbacks_wait.set()


def _named(parcel: Parcel) -> dict[str, str]:
    return {
        "destinationId": parcel.destination_id,
        f"{parcel.kind}Id": parcel.parcel_id,
        "caseId": parcel.case_id,
    }


def _events_of(parcel: Parcel) -> dict[str, object]:
    return {
        "type": f"{TYPES}new-events",
        "caseIds": [parcel.case_id],
        f"{parcel.kind}s" if parcel.kind != REPLY else "replies": [_named(parcel)],
    }


def _of_case(dienst: Zustelldienst, reply: Parcel) -> str:
    """What the sender has named with the submission that is answered."""
    row = dienst.database.execute(
        "SELECT callback FROM parcels WHERE case_id = ? AND author = ?"
        " ORDER BY number DESC LIMIT 1",
        (reply.case_id, reply.reader),
    ).fetchone()
    return "" if row is None else row["callback"]


def _of_client(dienst: Zustelldienst, client: str) -> str:
    row = dienst.database.execute(
        "SELECT callback FROM clients WHERE client_id = ?", (client,)
    ).fetchone()
    return "" if row is None else row["callback"]


def _of_destination(dienst: Zustelldienst, destination: str) -> str:
    row = dienst.database.execute(
        "SELECT callback FROM destinations WHERE destination_id = ?", (destination,)
    ).fetchone()
    return "" if row is None else row["callback"]
