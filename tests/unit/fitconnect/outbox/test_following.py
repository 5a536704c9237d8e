"""What becomes of a delivery at its recipient."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.outbox.errors import LogGone, NothingSent, TagsDiffer
from adapters.memory import MemoryNotes
from schemas.channels import Stage
from schemas.outcomes import (
    DeliveryConfirmed,
    OutcomeUnknown,
)
from schemas.services import Setting
from tests.clocks import TestClock
from tests.fakes.fitconnect_service import MAPPING, TinyService, go_on, process
from tests.fitconnect_keys import private_text
from tests.parcels import make_parcel

PARCEL = make_parcel(mapping=MAPPING)
DELIVERY = PARCEL.delivery
OTHER = "A" * 22


@pytest.fixture
def service() -> TinyService:
    return TinyService(TestClock())


@pytest.fixture
def store() -> MemoryNotes:
    return MemoryNotes()


async def test_what_was_never_announced_cannot_be_followed(
    service: TinyService, store: MemoryNotes
) -> None:
    with pytest.raises(NothingSent):
        await process(service, store).follow(DELIVERY)


async def test_a_delivery_is_followed_until_it_is_accepted(
    service: TinyService, store: MemoryNotes
) -> None:
    way = process(service, store)
    await way.deliver(PARCEL)
    before = await way.follow(DELIVERY)
    (submission,) = service.visible
    service.accept(submission)
    after = await way.follow(DELIVERY)

    assert before.stage is Stage.SUBMITTED
    assert after.stage is Stage.ACCEPTED
    assert after.submission == submission
    assert after.case == service.submissions[submission].case
    assert [event.kind for event in after.events] == [
        "create-submission",
        "submit-submission",
        "accept-submission",
    ]
    assert [e.token.decode() for e in after.events] == (
        service.submissions[submission].events
    )


async def test_a_late_rejection_tells_its_reasons(
    service: TinyService, store: MemoryNotes
) -> None:
    way = process(service, store)
    await way.deliver(PARCEL)
    (submission,) = service.visible
    service.reject(submission)

    found = await way.follow(DELIVERY)

    assert found.stage is Stage.REJECTED
    assert [problem.code for problem in found.problems] == ["fit-technical"]


async def test_a_rejected_submission_was_delivered_and_is_not_repeated(
    service: TinyService, store: MemoryNotes
) -> None:
    """Whoever wants it sent anew makes another delivery of it."""
    await process(service, store).deliver(PARCEL)
    service.reject(service.visible[0])

    outcome = await process(service, store).deliver(PARCEL)
    anew = replace(PARCEL, delivery=make_parcel(delivery="anew").delivery)

    assert isinstance(outcome, DeliveryConfirmed)
    assert len(service.visible) == 1
    assert isinstance(await process(service, store).deliver(anew), DeliveryConfirmed)
    assert len(service.visible) == 2


async def test_an_acceptance_of_other_bytes_is_an_alarm(
    service: TinyService, store: MemoryNotes
) -> None:
    way = process(service, store)
    await way.deliver(PARCEL)
    (submission,) = service.visible
    tags = service.submissions[submission].tags
    assert tags is not None
    service.accept(submission, Tags(metadata=tags.metadata, data=OTHER))

    with pytest.raises(TagsDiffer):
        await way.follow(DELIVERY)


async def test_a_log_that_is_gone_is_told(
    service: TinyService, store: MemoryNotes
) -> None:
    way = process(service, store)
    await way.deliver(PARCEL)
    for kept in service.submissions.values():
        kept.events.clear()

    with pytest.raises(LogGone):
        await way.follow(DELIVERY)
    assert await way.deliver(PARCEL) == OutcomeUnknown(code="E-FIT-LOG-GONE")


@pytest.mark.parametrize("is_on", [True, False])
async def test_replies_in_the_log_are_not_the_submissions_own_events(
    service: TinyService, store: MemoryNotes, tmp_path: Path, *, is_on: bool
) -> None:
    key = tmp_path / "reply.jwk.json"
    key.write_text(private_text("reply"))
    more: dict[str, Setting] = {"replies": True, "reply_key": f"file:{key}"}
    way = process(service, store, go_on, None, **(more if is_on else {}))
    channel: dict[str, Setting] = {
        "reply_channel": "fitconnect",
        "process_standards": ("urn:x:y_2.4",),
    }
    parcel = replace(PARCEL, mapping={**MAPPING, **channel})

    assert isinstance(await way.deliver(parcel), DeliveryConfirmed)
    service.reply(service.visible[0])
    followed = await way.follow(DELIVERY)

    kinds = [event.kind for event in followed.events]
    assert kinds == ["create-submission", "submit-submission"]
    assert way.takes_replies is is_on
    assert followed.stage is Stage.SUBMITTED
