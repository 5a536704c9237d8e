"""A reply is encrypted only for a key that a sender may have offered."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.jose.algorithms import Algorithms
from adapters.fitconnect.jose.jwe import Keyring, encrypt, tag_of
from adapters.fitconnect.jose.keys import (
    EXPONENT,
    made_private,
    public_jwk,
)
from adapters.fitconnect.metadata.making import make_metadata
from adapters.fitconnect.metadata.reading import ANY
from adapters.fitconnect.metadata.values import FIT_CONNECT, DataPart, Metadata, Reply
from adapters.fitconnect.replies.errors import (
    NothingOffered,
    OfferUnproved,
    ReplyKeyUnusable,
)
from adapters.fitconnect.replies.offer import offer_in, offer_of
from tests.fitconnect_keys import jwk_of, test_key

STANDARD = "urn:xoev-de:bmk:standard:xbau_2.4"
DATA = DataPart(
    hash=hashlib.sha512(b"{}").hexdigest(),
    schema_uri="https://schema.example/1",
    mime="application/json",
)


def offering(jwk: object, kind: str = FIT_CONNECT) -> Metadata:
    content = {"processStandards": [STANDARD], "encryptionPublicKey": jwk}
    return Metadata(version="2.1.0", data=DATA, reply=Reply(kind=kind, content=content))


def test_key_and_standards_are_read() -> None:
    offer = offer_of(offering(jwk_of("reply")))

    assert offer.standards == (STANDARD,)
    assert offer.key.kid == test_key("reply").kid


def test_what_is_answered_is_encrypted_by_the_setting() -> None:
    chosen = Algorithms(content_encryption=("A128GCM", "A256GCM"))
    own = test_key("destination")
    plain = make_metadata(offering(jwk_of("reply")), offers_reply=True)
    token = encrypt(own.public(), plain, content_type="application/json")
    found = [
        offer_in(token, Tags(metadata=tag_of(token)), keyring, ANY).key
        for keyring in (Keyring([own]), Keyring([own], algorithms=chosen))
    ]

    assert [key.content_encryption for key in found] == ["A256GCM", "A128GCM"]


def test_a_key_for_signatures_is_refused() -> None:
    with pytest.raises(ReplyKeyUnusable, match="signatures"):
        offer_of(offering(jwk_of("sign-destination")))


def test_a_small_key_is_refused() -> None:
    small = made_private(
        rsa.generate_private_key(EXPONENT, 2048), algorithm="RSA-OAEP-256"
    )

    with pytest.raises(ReplyKeyUnusable, match="2048 bits"):
        offer_of(offering(public_jwk(small.public())))


@pytest.mark.parametrize("jwk", [None, "key", {}, [], {"kty": "RSA", "n": 1}])
def test_what_is_no_key_is_refused(jwk: object) -> None:
    with pytest.raises(ReplyKeyUnusable):
        offer_of(offering(jwk))


def test_no_offer_is_none() -> None:
    with pytest.raises(NothingOffered, match="letter"):
        offer_of(Metadata(version="2.1.0", data=DATA))
    with pytest.raises(NothingOffered, match="eMail"):
        offer_of(offering(jwk_of("reply"), kind="eMail"))


def test_a_key_in_other_metadata_than_were_submitted_is_not_used() -> None:
    own = test_key("destination")
    plain = make_metadata(offering(jwk_of("reply")), offers_reply=True)
    submitted, slipped_in = (
        encrypt(own.public(), plain, content_type="application/json") for _ in range(2)
    )
    tags = Tags(metadata=tag_of(submitted))
    keyring = Keyring([own])

    assert offer_in(submitted, tags, keyring, ANY).standards == (STANDARD,)
    with pytest.raises(OfferUnproved):
        offer_in(slipped_in, tags, keyring, ANY)
