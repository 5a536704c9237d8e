"""The sandbox's own signatures and keys against those of the client: two hands."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fitconnect.jose import jws
from adapters.fitconnect.jose.keys import read_private, read_public, thumbprint
from adapters.fitconnect.sandbox.keys import (
    SIGNING,
    OwnKey,
    private_jwk,
)
from adapters.fitconnect.sandbox.keys import thumbprint as own_thumbprint
from adapters.fitconnect.sandbox.signatures import is_signed_by, sign, take_apart
from tests.fitconnect_keys import jwk_of, test_key

KEY = test_key("sign-destination")
OWN = OwnKey(kid=KEY.kid, private=KEY.rsa, purpose=SIGNING)


def test_each_hand_verifies_what_the_other_signed() -> None:
    claims = {"jti": "1", "name": "Jürgen"}
    ours = sign(OWN, claims, typ="secevent+jwt")
    theirs = take_apart(jws.sign(KEY, claims).decode())

    assert jws.verify(ours, KEY.public(), kind="secevent+jwt") == claims
    assert is_signed_by(OWN.public(), theirs)
    assert not is_signed_by(jwk_of("service"), theirs)


def test_keys_are_written_and_named_alike() -> None:
    written = private_jwk(KEY.rsa, SIGNING)

    assert read_private(json.dumps(written)).kid == KEY.kid
    assert read_public(OWN.certified("Prüfstein")).kid == KEY.kid
    assert own_thumbprint(written) == thumbprint(written)


@given(st.text(alphabet="abcdefgh.-_=é", max_size=60))
def test_what_is_no_token_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        take_apart(text)
