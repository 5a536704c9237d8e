"""Events to rows: each carries the hash of the one before."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from schemas.events import FORMAT, Event, chain_hash
from schemas.ids import CaseId
from storage.codec import EVENTS


def links(
    events: Iterable[Event],
    *,
    case: CaseId,
    seq: int,
    head: bytes,
    at: datetime,
    actor: str,
) -> tuple[list[dict[str, Any]], bytes]:
    """Rows that continue the chain after (seq, head), and its new head.

    Kind, time and actor stand inside the hashed bytes too: the columns beside
    them are for searching only.
    """
    rows: list[dict[str, Any]] = []
    for number, event in enumerate(events, start=seq + 1):
        kind, fields = EVENTS.dump(event)
        stamp = at.isoformat().encode()
        body = b"\n".join((kind.encode(), stamp, actor.encode(), fields))
        link = chain_hash(previous=head, format=FORMAT, body=body)
        rows.append(
            {
                "case_id": case,
                "seq": number,
                "kind": kind,
                "at": at,
                "actor": actor,
                "format": FORMAT,
                "body": body,
                "previous": head,
                "hash": link,
            }
        )
        head = link
    return rows, head


def fields_of(kind: str, body: bytes) -> Any:  # noqa: ANN401 - one of the events
    """The event again, out of the bytes that were hashed."""
    return EVENTS.load(kind, body.split(b"\n", 3)[3])
