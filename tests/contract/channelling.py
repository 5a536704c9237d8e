"""Submissions that come over a channel, by hand."""

import os
import uuid
from dataclasses import replace
from datetime import timedelta

from schemas.cases import Accepted, Arrival, Case, Reception
from schemas.channels import (
    SOURCE_SENDER,
    ChannelEvent,
    ChannelSubmission,
    Inspection,
    Intact,
)
from schemas.checking.claims import Claim, NoClaim
from schemas.configuration.snapshot import content_of, encode
from schemas.events import CaseChecked, ReceiptOrdered
from schemas.ids import CaseId, SenderId, SourceId, StepName, new_tracking_id
from schemas.rules.fingerprint import channel_fingerprint
from schemas.services import Service
from schemas.states import Acknowledged, Checked, Problem
from schemas.work import LeasedCase, OrderedAnswer, Progress, StepDone
from storage.channels import ChannelStore
from storage.ledger import Ledger
from tests.contract.leasing import hired, room
from tests.house import House, destination, service

POSTFACH = SourceId("postfach")
WRONG = Problem(code="E-X", location="", german="Falsch.", english="Wrong.")


def event(name: str, *, kind: str = "submit-submission", at: House) -> ChannelEvent:
    return ChannelEvent(
        id=name, kind=kind, author="service", at=at.clock.now(), token=name.encode()
    )


def submission(
    home: House,
    name: str = "s-1",
    *,
    case: str = "c-1",
    ago: timedelta = timedelta(0),
    source: SourceId = POSTFACH,
    claim: Claim | None = None,
    inspection: Inspection | None = None,
) -> ChannelSubmission:
    return ChannelSubmission(
        source=source,
        channel="memory",
        submission=name,
        case=case,
        submitted_at=home.clock.now() - ago,
        claim=claim or NoClaim(),
        proof=f'{{"tag":"{name}"}}',
        inspection=inspection or Intact(),
        events=(event(f"created-{name}", at=home), event(f"in-{name}", at=home)),
    )


async def arrive(
    home: House,
    came: ChannelSubmission,
    *,
    of: Service | None = None,
    body: bytes = b"<antrag/>",
) -> Reception:
    """Hand it in, as a poller does."""
    of = of or service()
    case = CaseId(uuid.uuid4().hex)
    wrapped, document = await home._keep(of, case, body)
    known = {one: destination(one) for one in of.destinations}
    return await home.intake.receive(
        Arrival(
            case=case,
            tenant=of.tenant,
            office=of.office,
            tracking_id=new_tracking_id(os.urandom),
            service=of.key,
            sender=SenderId(f"{SOURCE_SENDER}{came.source}"),
            source=f"{SOURCE_SENDER}{came.source}",
            key=came.submission,
            fingerprint=channel_fingerprint(of.key, came),
            snapshot=encode(content_of(of, known)),
            wrapped_key=wrapped,
            documents=(document,),
            received_at=home.clock.now(),
            ordering_key=f"memory:{came.case}",
            channel=came,
        )
    )


async def arrived(home: House, came: ChannelSubmission) -> Case:
    """The same where it must be taken."""
    reception = await arrive(home, came)
    assert isinstance(reception, Accepted), reception
    return reception.case


async def ordered(
    home: House, name: str = "s-1", *, case: str = "c-1", ago: int = 0
) -> Case:
    """A submission that came so many hours ago, and is to be accepted now."""
    came = await arrived(
        home, submission(home, name, case=case, ago=timedelta(hours=ago))
    )
    await Ledger(home.database).commit(await leased(home, came), answering())
    return came


async def leased(home: House, case: Case) -> LeasedCase:
    """A worker of its own holds the case."""
    worker = await hired(home, f"w-{case.id}")
    [found] = [one for one in await worker.lease(room()) if one.case.id == case.id]
    return found


def answering(*, accepted: bool = True) -> Progress:
    """What an acknowledge step commits."""
    return Progress(
        state=Acknowledged(),
        events=(CaseChecked(pack="p"), ReceiptOrdered(accepted=accepted)),
        steps=(
            StepDone(step=StepName("check")),
            StepDone(step=StepName("acknowledge")),
        ),
        answer=OrderedAnswer(accepted=accepted, problems=() if accepted else (WRONG,)),
    )


def checked_and_answered() -> Progress:
    """The same before the acknowledge step's state."""
    return replace(answering(), state=Checked())


def store(home: House) -> ChannelStore:
    return ChannelStore(home.database)
