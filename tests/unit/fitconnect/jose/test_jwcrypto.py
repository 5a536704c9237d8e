"""An independent library opens what we make, and makes what we open."""

import json

import pytest
from jwcrypto import jwe, jwk, jws

from adapters.fitconnect.jose.algorithms import KNOWN, Algorithms
from adapters.fitconnect.jose.jwe import Keyring, decrypt, encrypt
from adapters.fitconnect.jose.jws import sign, verify
from adapters.fitconnect.jose.keys import private_jwk, public_jwk, thumbprint
from tests.fitconnect_keys import key_for, public_key
from tests.unit.fitconnect.jose.crafting import KEY, LIMIT, RING, SIGNING, noise

# It takes no content at all for a failure.
PLAINS = [b"{}", "Größe".encode(), noise(100_000), noise(1001) + bytes(9000)]
THEIR_KEY = jwk.JWK(**private_jwk(KEY))
THEIR_PUBLIC_KEY = jwk.JWK(**public_jwk(KEY))
THEIR_SIGNING_KEY = jwk.JWK(**private_jwk(SIGNING))
THEIR_VERIFYING_KEY = jwk.JWK(**public_jwk(SIGNING))


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("plain", PLAINS, ids=len)
def test_it_opens_what_we_encrypt(plain: bytes, *, compress: bool) -> None:
    token = encrypt(
        KEY.public(), plain, content_type="application/json", compress=compress
    )
    theirs = jwe.JWE()
    theirs.deserialize(token, key=THEIR_KEY)

    assert theirs.payload == plain


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("plain", PLAINS, ids=len)
def test_we_open_what_it_encrypts(plain: bytes, *, compress: bool) -> None:
    header = {
        "alg": "RSA-OAEP-256",
        "enc": "A256GCM",
        "cty": "application/json",
        "kid": THEIR_PUBLIC_KEY.thumbprint(),
        **({"zip": "DEF"} if compress else {}),
    }
    theirs = jwe.JWE(plaintext=plain, protected=json.dumps(header))
    theirs.add_recipient(THEIR_PUBLIC_KEY)

    assert decrypt(RING, theirs.serialize(compact=True), limit=LIMIT) == plain


def test_it_believes_what_we_sign() -> None:
    theirs = jws.JWS()
    theirs.deserialize(
        sign(SIGNING, {"sub": "Größe"}).decode(), key=THEIR_VERIFYING_KEY
    )

    assert json.loads(theirs.payload) == {"sub": "Größe"}


def test_we_believe_what_it_signs() -> None:
    header = {"alg": "PS512", "typ": "secevent+jwt", "kid": SIGNING.kid}
    theirs = jws.JWS(b'{"sub": "x"}')
    theirs.add_signature(THEIR_SIGNING_KEY, protected=json.dumps(header))
    token = theirs.serialize(compact=True)

    assert verify(token, SIGNING.public(), kind="secevent+jwt") == {"sub": "x"}


# It knows neither RSA-OAEP-384 nor -512.
@pytest.mark.parametrize("enc", KNOWN.content_encryption)
def test_every_content_encryption_is_the_one_of_this_name(enc: str) -> None:
    algorithms = Algorithms(content_encryption=(enc,))
    key = public_key("decryption", algorithms)
    header = {"alg": "RSA-OAEP-256", "enc": enc, "kid": KEY.kid}
    theirs = jwe.JWE()
    theirs.deserialize(encrypt(key, b"{}", content_type="x/y"), key=THEIR_KEY)
    made = jwe.JWE(plaintext=b"{}", protected=json.dumps(header))
    made.add_recipient(THEIR_PUBLIC_KEY)
    token = made.serialize(compact=True)

    assert theirs.payload == b"{}"
    assert decrypt(Keyring([KEY], algorithms=algorithms), token, limit=9) == b"{}"


@pytest.mark.parametrize("alg", KNOWN.signature)
def test_every_signature_is_the_one_of_this_name(alg: str) -> None:
    algorithms = Algorithms(signature=(alg,))
    key = key_for("signing", algorithms)
    theirs, made = jws.JWS(), jws.JWS(b'{"sub": "x"}')
    theirs.deserialize(sign(key, {"sub": "x"}).decode(), key=jwk.JWK(**public_jwk(key)))
    header = {"alg": alg, "typ": "secevent+jwt", "kid": key.kid}
    made.add_signature(jwk.JWK(**private_jwk(key)), protected=json.dumps(header))
    token = made.serialize(compact=True)

    assert json.loads(theirs.payload) == {"sub": "x"}
    assert verify(token, key.public(), kind="secevent+jwt") == {"sub": "x"}


def test_thumbprints_are_the_same() -> None:
    assert thumbprint(private_jwk(KEY)) == THEIR_KEY.thumbprint() == KEY.kid
