"""What goes out is encrypted and believed by the algorithms of the settings."""

from dataclasses import asdict, replace

import pytest

from adapters.fitconnect.jose.algorithms import KNOWN, Algorithms
from adapters.fitconnect.jose.errors import HeaderRefused, KeyUnusable
from adapters.fitconnect.jose.jwe import Keyring, decrypt
from adapters.fitconnect.outbox.describing import reply_of
from adapters.fitconnect.outbox.parsing import parse_connection, parse_mapping
from adapters.memory import MemoryNotes
from schemas.channels import Stage
from schemas.errors import FailureKind
from schemas.fields import Fields
from schemas.outcomes import DeliveryConfirmed, DeliveryFailed
from tests.clocks import TestClock
from tests.fakes.fitconnect_service import MAPPING, TinyService, process
from tests.fitconnect_keys import key_for, private_text
from tests.parcels import make_attachment, make_document, make_parcel

PARCEL = make_parcel(make_document(), make_attachment(), mapping=MAPPING)
OTHERS = Algorithms(
    key_encryption=("RSA-OAEP-384",),
    content_encryption=("A192GCM",),
    signature=("PS384",),
)


async def test_a_case_is_delivered_and_followed_by_other_algorithms() -> None:
    service, store = TinyService(TestClock(), OTHERS), MemoryNotes()
    way = process(service, store, algorithms=asdict(OTHERS))

    assert isinstance(await way.deliver(PARCEL), DeliveryConfirmed)
    [submission], [kept] = service.visible, service.submissions.values()
    service.accept(submission)
    assert (await way.follow(PARCEL.delivery)).stage is Stage.ACCEPTED
    ring = Keyring([key_for("destination", OTHERS)], algorithms=OTHERS)
    tokens = [*kept.attachments.values(), *kept.body.values()]
    assert len(tokens) == 3
    for token in tokens:
        assert decrypt(ring, token, limit=10**6)
    assert all(finding.ok for finding in await way.check())


@pytest.mark.parametrize("alg", KNOWN.key_encryption[1:])
async def test_a_key_outside_the_setting_is_not_encrypted_for(alg: str) -> None:
    service = TinyService(TestClock(), Algorithms(key_encryption=(alg,)))

    outcome = await process(service, MemoryNotes()).deliver(PARCEL)

    assert outcome == DeliveryFailed(
        kind=FailureKind.AWAY, code="E-FIT-KEY-REFUSED", whole_destination=True
    )
    assert not service.submissions


async def test_without_a_setting_content_is_encrypted_as_prescribed() -> None:
    service = TinyService(TestClock())
    narrow = Algorithms(content_encryption=KNOWN.content_encryption[1:])

    await process(service, MemoryNotes()).deliver(PARCEL)

    [kept] = service.submissions.values()
    for token in (*kept.attachments.values(), *kept.body.values()):
        key = key_for("destination", Algorithms())
        assert decrypt(Keyring([key]), token, limit=10**6)
        with pytest.raises(HeaderRefused):
            decrypt(Keyring([key], algorithms=narrow), token, limit=10**6)


def test_a_reply_key_outside_the_setting_is_not_offered() -> None:
    mapping = parse_mapping(
        Fields(
            {
                **MAPPING,
                "reply_channel": "fitconnect",
                "process_standards": ("urn:xoev-de:bmk:standard:xbau_2.4",),
            }
        )
    )
    connection = parse_connection(
        Fields({"environment": "test", "replies": True, "reply_key": "file:reply.json"})
    )
    others = replace(connection.environment, algorithms=OTHERS)

    assert reply_of(mapping, connection, lambda _: private_text("reply"))
    with pytest.raises(KeyUnusable, match="is for RSA-OAEP-256"):
        reply_of(
            mapping,
            replace(connection, environment=others),
            lambda _: private_text("reply"),
        )
