"""The event log of a submission of ours: read, verified, and what it shows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from adapters.fitconnect.client.failures import NotThere, StrangeAnswer
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.events.errors import Flaw, LogInconsistent
from adapters.fitconnect.events.log import VerifiedLog, verified_log
from adapters.fitconnect.outbox.errors import TagsDiffer
from adapters.fitconnect.outbox.notes import Announcement, Begun
from adapters.fitconnect.outbox.standing import LogView, NoLog, NotShown, Shown
from schemas.channels import Stage
from schemas.clock import Clock
from schemas.ids import DeliveryId
from schemas.outcomes import Receipt

PAGE: Final = 500
MOST_PAGES: Final = 20
RECEIPT_TYPE: Final = "application/json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """What the log of a submission's case shows, and the log itself."""

    view: LogView
    log: VerifiedLog = field(default_factory=lambda: VerifiedLog(entries=()))


async def read_proof(
    client: FitConnectClient, sent: Announcement | Begun, clock: Clock
) -> Proof:
    """Raises TagsDiffer, LogInconsistent and ApiFailure.

    The case's log is asked for, not the submission's: it is there for two years,
    whatever has become of the submission.
    """
    try:
        tokens = await event_tokens(client, f"/cases/{sent.case}/events")
    except NotThere:
        return Proof(view=NoLog())
    environment = client.environment
    log = await verified_log(
        tokens,
        client,
        service_issuers=environment.service_issuers,
        destination=sent.destination,
        now=clock.now(),
        case=sent.case,
    )
    try:
        return Proof(view=_view(log, sent.submission), log=log)
    except LogInconsistent as error:
        if Flaw.TAGS_DIFFER in error.flaws:
            raise TagsDiffer from error
        raise


def receipt_of(delivery: DeliveryId, sent: Begun, log: VerifiedLog) -> Receipt:
    """The verified events of the submission, in one text for the same log."""
    proof = {
        "delivery": delivery,
        "destination": sent.destination,
        "submission": sent.submission,
        "case": sent.case,
        "events": [entry.token.decode() for entry in log.of(sent.submission)],
    }
    text = json.dumps(proof, sort_keys=True, separators=(",", ":"))
    return Receipt(media_type=RECEIPT_TYPE, body=text.encode())


def _view(log: VerifiedLog, submission: str) -> LogView:
    entry = log.submitted(submission)
    if not log.of(submission):
        return NoLog()
    if entry is None or entry.claims.tags is None:
        return NotShown(deleted=log.stage(submission) is Stage.DELETED)
    return Shown(tags=entry.claims.tags)


async def event_tokens(client: FitConnectClient, path: str) -> list[str]:
    """Every page of a log, not verified. Raises ApiFailure."""
    found: list[str] = []
    for _ in range(MOST_PAGES):
        answer = await client.get_json(
            path, query={"offset": len(found), "limit": PAGE}
        )
        page = answer.get("eventLog") if isinstance(answer, Mapping) else None
        if not isinstance(page, list) or not all(isinstance(t, str) for t in page):
            raise StrangeAnswer("(event log)")
        found += page
        total = answer.get("totalCount") if isinstance(answer, Mapping) else None
        if not page or not isinstance(total, int) or len(found) >= total:
            return found
    raise StrangeAnswer("(event log)")
