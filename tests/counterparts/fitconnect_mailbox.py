"""Our mailbox for the destination of a FIT-Connect of the test's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.fitconnect.inbox.adapter import FitConnectInbox
from adapters.fitconnect.inbox.settings import parse_source
from schemas.channels import (
    Announced,
    ChannelSubmission,
    Gone,
    TechnicalAnswer,
)
from schemas.clock import SystemClock
from schemas.fields import Fields
from schemas.ids import SourceId
from schemas.services import Setting
from tests.counterparts.fitconnect_party import (
    SERVICE,
    Sent,
    Town,
)
from tests.fakes.fitconnect_api import surroundings
from tests.fakes.shelf import MemoryShelf

DAY = 86_400
DATA = '{"name":"Žofie Müller-Łäẞler"}'.encode()


@asynccontextmanager
async def mailbox(
    place: Town, *, version: str = "v2", **settings: Setting
) -> AsyncIterator[FitConnectInbox]:
    sandbox = place.sandbox
    fields = Fields(
        {
            "version": version,
            "token_url": sandbox.token_url,
            "submission_url": sandbox.base_url,
            "destination": sandbox.destination,
            "client_id": sandbox.subscriber.client_id,
            "client_secret": "env:SECRET",
            "decryption_keys": (f"file:{sandbox.decryption_key}",),
            "signing_key": f"file:{sandbox.signing_key}",
            **settings,
        }
    )
    source = parse_source(fields)
    assert not fields.finish()
    around = surroundings(
        SystemClock(),
        {"SECRET": sandbox.subscriber.client_secret},
        sandbox.folder,
    )
    inbox = FitConnectInbox(SourceId("post"), source, around)
    try:
        yield inbox
    finally:
        await inbox.aclose()


async def received(
    inbox: FitConnectInbox, announced: Announced
) -> tuple[ChannelSubmission, MemoryShelf]:
    opened = await inbox.open(announced)
    assert not isinstance(opened, Gone)
    assert opened.service == SERVICE
    shelf = MemoryShelf()
    return await opened.store(shelf), shelf


def accepting(stored: ChannelSubmission, *, again: bool = False) -> TechnicalAnswer:
    return TechnicalAnswer(
        submission=stored.submission,
        case=stored.case,
        accepted=True,
        proof=stored.proof,
        is_repeated=again,
    )


def announced(sent: Sent) -> Announced:
    return Announced(submission=sent.submission, case=sent.case)
