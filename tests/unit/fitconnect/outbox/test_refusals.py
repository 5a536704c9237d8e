"""What is not sent over FIT-Connect, and who has to act."""

from dataclasses import replace

import pytest

from adapters.memory import MemoryNotes
from schemas.errors import FailureKind
from schemas.outcomes import (
    DeliveryFailed,
)
from tests.clocks import TestClock
from tests.fakes.fitconnect_service import MAPPING, TinyService, process
from tests.fitconnect_keys import jwk_of
from tests.parcels import make_attachment, make_document, make_parcel

PARCEL = make_parcel(mapping=MAPPING)


@pytest.fixture
def service() -> TinyService:
    return TinyService(TestClock())


@pytest.fixture
def store() -> MemoryNotes:
    return MemoryNotes()


def failed(kind: FailureKind, code: str, *, whole: bool = False) -> DeliveryFailed:
    return DeliveryFailed(kind=kind, code=code, whole_destination=whole)


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
