"""What a way out over FIT-Connect says, follows and refuses."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.fitconnect.jose.jwe import decrypt
from adapters.fitconnect.jose.keyring import Keyring
from adapters.fitconnect.outbox.errors import TagsDiffer
from adapters.memory import MemoryNotes
from schemas.errors import FailureKind
from schemas.outcomes import (
    Arrived,
    DeliveryConfirmed,
    DeliveryFailed,
    NoAnswer,
    NotArrived,
    OutcomeUnknown,
)
from tests.clocks import TestClock
from tests.fakes.fitconnect_service import MAPPING, TinyService, process
from tests.fitconnect_keys import test_key
from tests.parcels import make_attachment, make_document, make_parcel

PARCEL = make_parcel(mapping=MAPPING)
DELIVERY = PARCEL.delivery
OTHER = "A" * 22


@pytest.fixture
def service() -> TinyService:
    return TinyService(TestClock())


@pytest.fixture
def store() -> MemoryNotes:
    return MemoryNotes()


def failed(kind: FailureKind, code: str, *, whole: bool = False) -> DeliveryFailed:
    return DeliveryFailed(kind=kind, code=code, whole_destination=whole)


async def test_a_receipt_holds_the_verified_events_of_the_submission(
    service: TinyService, store: MemoryNotes
) -> None:
    outcome = await process(service, store).deliver(PARCEL)

    assert isinstance(outcome, DeliveryConfirmed)
    (submission,) = service.visible
    proof = json.loads(outcome.receipt.body)
    assert proof["delivery"] == DELIVERY
    assert proof["submission"] == submission
    assert proof["events"] == service.submissions[submission].events


async def test_a_first_try_looks_for_no_notes_and_sees_those_of_others(
    service: TinyService, store: MemoryNotes
) -> None:
    steps: list[str] = []

    async def step(name: str) -> None:
        steps.append(name)

    first = replace(PARCEL, is_first=True)
    assert isinstance(
        await process(service, store, step).deliver(first), DeliveryConfirmed
    )
    assert "read notes" not in steps

    late = await process(service, store, step).deliver(first)
    assert isinstance(late, OutcomeUnknown)
    assert len(service.visible) == 1


async def test_a_repetition_says_the_same_and_sends_nothing(
    service: TinyService, store: MemoryNotes
) -> None:
    first = await process(service, store).deliver(PARCEL)
    second = await process(service, store).deliver(PARCEL)

    assert first == second
    assert len(service.submissions) == 1


async def test_notes_hold_nothing_of_the_case(
    service: TinyService, store: MemoryNotes
) -> None:
    attachment = make_attachment(filename="Gehalt Jürgen Müller.pdf")
    parcel = make_parcel(make_document(), attachment, mapping=MAPPING)

    await process(service, store).deliver(parcel)

    kept = json.dumps(store.kept[DELIVERY], ensure_ascii=False)
    assert "Müller" not in kept
    assert "Würzburg" not in kept
    assert PARCEL.tracking_id not in kept


async def test_a_submission_that_was_deleted_incomplete_is_announced_anew(
    service: TinyService, store: MemoryNotes
) -> None:
    broken = replace(make_attachment(), size=3)
    parcel = make_parcel(make_document(), broken, mapping=MAPPING)
    assert isinstance(await process(service, store).deliver(parcel), DeliveryFailed)
    service.pass_a_day()

    outcome = await process(service, store).deliver(PARCEL)

    assert isinstance(outcome, DeliveryConfirmed)
    assert len(service.submissions) == 2
    assert len(service.visible) == 1


async def test_a_log_that_lags_is_looked_at_again(
    service: TinyService, store: MemoryNotes
) -> None:
    service.hidden = 3

    outcome = await process(service, store).deliver(PARCEL)

    assert isinstance(outcome, DeliveryConfirmed)


async def test_a_log_that_never_shows_it_leaves_the_outcome_unknown(
    service: TinyService, store: MemoryNotes
) -> None:
    service.hidden = 99

    outcome = await process(service, store).deliver(PARCEL)
    service.hidden = 0
    again = await process(service, store).deliver(PARCEL)

    assert outcome == OutcomeUnknown(code="E-FIT-NOT-IN-LOG")
    assert isinstance(again, DeliveryConfirmed)
    assert len(service.visible) == 1


async def test_another_payload_is_not_sent_beside_the_first(
    service: TinyService, store: MemoryNotes
) -> None:
    await process(service, store).deliver(PARCEL)

    outcome = await process(service, store).deliver(replace(PARCEL, payload="other"))

    assert outcome == failed(FailureKind.OURS, "E-FIT-OTHER-PAYLOAD")
    assert len(service.visible) == 1


async def test_other_tags_in_the_log_are_no_delivery_of_ours(
    service: TinyService, store: MemoryNotes
) -> None:
    await process(service, store).deliver(PARCEL)
    (name,) = [one for one in store.kept[DELIVERY] if one.startswith("submit:")]
    noted = json.loads(store.kept[DELIVERY][name])
    noted["tags"][0]["data"] = OTHER
    store.kept[DELIVERY][name] = json.dumps(noted)

    outcome = await process(service, store).deliver(PARCEL)

    assert outcome == failed(FailureKind.OURS, "E-FIT-TAGS-DIFFER")
    assert await process(service, store).ask(DELIVERY) == NoAnswer(
        code="E-FIT-TAGS-DIFFER"
    )
    with pytest.raises(TagsDiffer):
        await process(service, store).follow(DELIVERY)


async def test_who_asks_hears_what_the_log_shows(
    service: TinyService, store: MemoryNotes
) -> None:
    way = process(service, store)

    assert await way.ask(DELIVERY) == NotArrived()
    await way.deliver(PARCEL)
    assert isinstance(await way.ask(DELIVERY), Arrived)


async def test_large_attachments_go_in_fragments_where_that_is_switched_on(
    service: TinyService, store: MemoryNotes
) -> None:
    content = bytes(range(256)) * 10_000
    attachment = make_attachment(content)
    parcel = make_parcel(make_document(), attachment, mapping=MAPPING)
    way = process(service, store, fragments=True, fragment_size=1_000_000)

    outcome = await way.deliver(parcel)

    assert isinstance(outcome, DeliveryConfirmed)
    (kept,) = service.submissions.values()
    assert len(kept.announced) == 3
    ring = Keyring([test_key("destination")])
    parts = [
        decrypt(ring, kept.attachments[one], limit=2_000_000) for one in kept.announced
    ]
    assert b"".join(parts) == content


async def test_a_check_names_what_it_looked_at(
    service: TinyService, store: MemoryNotes
) -> None:
    findings = await process(service, store).check()

    assert [finding.subject for finding in findings] == [
        "login",
        "destination",
        "service and schema",
        "metadata 2.1.0",
        "destination's key, without a certificate",
    ]
    assert all(finding.ok for finding in findings)


async def test_a_check_says_what_keeps_everything_from_going_out(
    service: TinyService, store: MemoryNotes
) -> None:
    service.description["status"] = "inactive"

    findings = await process(service, store).check()

    assert [finding.ok for finding in findings] == [True, False]
    assert "activate" in findings[-1].remedy


async def test_a_description_is_read_again_after_a_while(
    service: TinyService, store: MemoryNotes
) -> None:
    way = process(service, store)
    await way.deliver(PARCEL)
    service.description["status"] = "inactive"
    service.clock.advance(timedelta(minutes=2))

    outcome = await way.deliver(make_parcel(delivery="later", mapping=MAPPING))

    assert isinstance(outcome, DeliveryFailed)
    assert outcome.whole_destination
