"""What a way out over FIT-Connect says, follows and refuses."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.jose.jwe import decrypt
from adapters.fitconnect.jose.keyring import Keyring
from adapters.fitconnect.outbox.errors import LogGone, NothingSent, TagsDiffer
from adapters.memory import MemoryNotes
from schemas.channels import Stage
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
from tests.fitconnect_keys import jwk_of, test_key
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


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"status": "inactive"},
            failed(FailureKind.AWAY, "E-FIT-DESTINATION-INACTIVE", whole=True),
        ),
        (
            {"publicServices": []},
            failed(FailureKind.OURS, "E-FIT-SERVICE-NOT-OFFERED"),
        ),
        (
            {"metadataVersions": ["3.0.0"]},
            failed(FailureKind.OURS, "E-FIT-METADATA-NOT-OFFERED"),
        ),
        (
            {"destinationId": "11111111-1111-4111-8111-111111111111"},
            failed(FailureKind.OURS, "E-FIT-DESTINATION-STRANGE"),
        ),
        (
            {"encryptionKid": jwk_of("sign-destination")["kid"]},
            failed(FailureKind.AWAY, "E-FIT-KEY-REFUSED", whole=True),
        ),
    ],
)
async def test_a_destination_that_does_not_fit_gets_nothing(
    service: TinyService,
    store: MemoryNotes,
    change: dict[str, object],
    expected: DeliveryFailed,
) -> None:
    service.description |= change

    outcome = await process(service, store).deliver(PARCEL)

    assert outcome == expected
    assert not service.submissions


async def test_data_of_another_schema_is_not_sent(
    service: TinyService, store: MemoryNotes
) -> None:
    mapping = {**MAPPING, "schema": "urn:example:bauantrag:1.0"}

    outcome = await process(service, store).deliver(replace(PARCEL, mapping=mapping))

    assert outcome == failed(FailureKind.OURS, "E-FIT-SCHEMA-NOT-OFFERED")
    assert not service.submissions


@pytest.mark.parametrize(
    "change",
    [
        {"key_ops": ["verify"]},
        {"alg": "PS512"},
        {"n": "AQAB"},
        {"e": "Aw"},
        {"kty": "oct"},
        {"kid": "another"},
    ],
)
async def test_a_key_that_is_none_for_encryption_is_refused(
    service: TinyService, store: MemoryNotes, change: dict[str, object]
) -> None:
    service.key |= change

    outcome = await process(service, store).deliver(PARCEL)

    assert outcome == failed(FailureKind.AWAY, "E-FIT-KEY-REFUSED", whole=True)
    assert not service.submissions


async def test_a_certificate_is_demanded_where_the_operator_says_so(
    service: TinyService, store: MemoryNotes
) -> None:
    way = process(service, store, require_certificate=True)

    assert await way.deliver(PARCEL) == failed(
        FailureKind.AWAY, "E-FIT-KEY-REFUSED", whole=True
    )


@pytest.mark.parametrize(
    ("documents", "code"),
    [
        ((make_attachment(),), "E-FIT-DATA-UNFIT"),
        ((make_document(), make_document(number=2)), "E-FIT-DATA-UNFIT"),
        ((make_document(media_type="application/pdf"),), "E-FIT-DATA-UNFIT"),
        ((make_document(b"x" * 2000),), "E-FIT-DATA-TOO-LARGE"),
        (
            (make_document(), *(make_attachment(number=n) for n in range(2, 103))),
            "E-FIT-TOO-MANY-ATTACHMENTS",
        ),
        (
            (make_document(), replace(make_attachment(), size=376_000_000)),
            "E-FIT-ATTACHMENTS-TOO-LARGE",
        ),
    ],
)
async def test_a_case_that_does_not_fit_is_not_announced(
    service: TinyService, store: MemoryNotes, documents: tuple[object, ...], code: str
) -> None:
    parcel = replace(PARCEL, documents=documents)  # type: ignore[arg-type]

    outcome = await process(service, store, max_data=1000).deliver(parcel)

    assert outcome == failed(FailureKind.OURS, code)
    assert not service.submissions


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
