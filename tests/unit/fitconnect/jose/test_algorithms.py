"""Every algorithm that we know does its work, and none of them another's."""

import json
from itertools import product

import pytest
from cryptography.hazmat.primitives import hashes
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.fitconnect.jose.algorithms import KNOWN, PRESCRIBED, Algorithms, pss
from adapters.fitconnect.jose.errors import (
    DecryptionFailed,
    HeaderRefused,
    KeyUnusable,
    SignatureInvalid,
)
from adapters.fitconnect.jose.jwe import Decryptor, Encryptor, Keyring, decrypt, encrypt
from adapters.fitconnect.jose.jws import header_of, sign, verify
from adapters.fitconnect.jose.keys import private_jwk, read_private, read_public
from tests.fitconnect_keys import jwk_of, key_for, private_text, public_key
from tests.unit.fitconnect.jose.crafting import HEADER, KEY, LIMIT, SIGNING, crafted
from tests.unit.fitconnect.jose.test_jws import HEADER as SIGNED_HEADER
from tests.unit.fitconnect.jose.test_jws import KIND, signed

JSON = "application/json"
HASHES = {
    "RSA-OAEP-256": hashes.SHA256(),
    "RSA-OAEP-384": hashes.SHA384(),
    "RSA-OAEP-512": hashes.SHA512(),
}
JWES = [
    Algorithms(key_encryption=(alg,), content_encryption=(enc,))
    for alg, enc in product(KNOWN.key_encryption, KNOWN.content_encryption)
]
SIGNATURES = [Algorithms(signature=(one,)) for one in KNOWN.signature]
UNSOUND = ["RSA1_5", "RSA-OAEP", "RS256", "RS512", "HS256", "ES512", "none", "dir", ""]


def named(algorithms: Algorithms) -> str:
    return "-".join((*algorithms.key_encryption, *algorithms.content_encryption))


def ring_of(algorithms: Algorithms) -> Keyring:
    return Keyring([key_for("decryption", algorithms)], algorithms=algorithms)


@pytest.mark.parametrize("algorithms", JWES, ids=named)
@given(
    plain=st.binary(max_size=600),
    written=st.integers(1, 200),
    read=st.integers(1, 300),
    compress=st.booleans(),
)
@settings(max_examples=8)
def test_what_any_pair_of_algorithms_encrypts_comes_back(
    algorithms: Algorithms, plain: bytes, written: int, read: int, *, compress: bool
) -> None:
    public = public_key("decryption", algorithms)
    encryptor = Encryptor(public, content_type=JSON, compress=compress)
    token = encryptor.head()
    token += b"".join(
        encryptor.update(plain[at : at + written])
        for at in range(0, len(plain), written)
    )
    token += encryptor.finish()
    decryptor = Decryptor(ring_of(algorithms), limit=LIMIT)
    back = b"".join(
        decryptor.feed(token[at : at + read]) for at in range(0, len(token), read)
    )

    assert back + decryptor.finish() == plain
    said = decryptor.header
    assert (said.algorithm,) == algorithms.key_encryption
    assert (said.content_encryption,) == algorithms.content_encryption


@pytest.mark.parametrize("algorithms", JWES, ids=named)
def test_a_token_by_the_book_opens(algorithms: Algorithms) -> None:
    [alg], [enc] = algorithms.key_encryption, algorithms.content_encryption
    header = {**HEADER, "alg": alg, "enc": enc}
    size = {"A128GCM": 16, "A192GCM": 24, "A256GCM": 32}[enc]
    token = crafted(header, secret=bytes(size), hashing=HASHES[alg])

    assert decrypt(ring_of(algorithms), token, limit=LIMIT) == b"{}"


@pytest.mark.parametrize("algorithms", SIGNATURES, ids=lambda one: one.signature[0])
@given(claims=st.dictionaries(st.text(max_size=9), st.integers(), max_size=3))
@settings(max_examples=8)
def test_what_any_algorithm_signs_is_believed(
    algorithms: Algorithms, claims: dict[str, object]
) -> None:
    token = sign(key_for("signing", algorithms), claims)

    assert (header_of(token)["alg"],) == algorithms.signature
    assert verify(token, public_key("signing", algorithms), kind=KIND) == claims


def test_what_is_prescribed_is_the_first_that_we_know() -> None:
    assert (
        KNOWN.key_encryption[:1],
        KNOWN.content_encryption[:1],
        KNOWN.signature[:1],
    ) == (
        PRESCRIBED.key_encryption,
        PRESCRIBED.content_encryption,
        PRESCRIBED.signature,
    )
    assert (
        Algorithms(
            key_encryption=("RSA-OAEP-256",),
            content_encryption=("A256GCM",),
            signature=("PS512",),
        )
        == PRESCRIBED
    )


@pytest.mark.parametrize("algorithms", JWES[1:], ids=named)
def test_sound_tokens_outside_the_setting_do_not_open(algorithms: Algorithms) -> None:
    token = encrypt(public_key("decryption", algorithms), b"{}", content_type=JSON)
    theirs = key_for("decryption", algorithms)

    for key in (KEY, theirs):
        with pytest.raises(HeaderRefused):
            decrypt(Keyring([key]), token, limit=LIMIT)


@pytest.mark.parametrize("alg", KNOWN.key_encryption[1:])
def test_a_token_opens_by_its_keys_algorithm_alone(alg: str) -> None:
    ring = Keyring([KEY], algorithms=KNOWN)
    truly = crafted({**HEADER, "alg": alg}, hashing=HASHES[alg])
    falsely = crafted({**HEADER, "alg": alg})

    for token in (truly, falsely):
        with pytest.raises(HeaderRefused):
            decrypt(ring, token, limit=LIMIT)
    with pytest.raises(DecryptionFailed):
        decrypt(ring, crafted(hashing=HASHES[alg]), limit=LIMIT)


@pytest.mark.parametrize(
    ("enc", "size"), [("A128GCM", 32), ("A192GCM", 16), ("A256GCM", 16)]
)
def test_a_content_key_of_another_enc_is_refused(enc: str, size: int) -> None:
    token = crafted({**HEADER, "enc": enc}, secret=bytes(size))

    with pytest.raises(DecryptionFailed):
        decrypt(Keyring([KEY], algorithms=KNOWN), token, limit=LIMIT)


@pytest.mark.parametrize("name", UNSOUND)
def test_what_we_do_not_know_opens_nothing_whatever_is_allowed(name: str) -> None:
    ring = Keyring([KEY], algorithms=KNOWN)

    for header in ({**HEADER, "alg": name}, {**HEADER, "enc": name}):
        with pytest.raises(HeaderRefused):
            decrypt(ring, crafted(header), limit=LIMIT)


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        (alg, key)
        for alg, key in product(KNOWN.signature, KNOWN.signature)
        if alg != key
    ],
)
def test_a_signature_counts_by_its_keys_algorithm_alone(alg: str, key: str) -> None:
    pad, hashing = pss(alg)
    public = public_key("signing", Algorithms(signature=(key,)))
    truly = signed({**SIGNED_HEADER, "alg": alg}, pad=pad, hashing=hashing)
    falsely = signed({**SIGNED_HEADER, "alg": key}, pad=pad, hashing=hashing)

    for token in (truly, falsely):
        with pytest.raises(SignatureInvalid):
            verify(token, public, kind=KIND)


@pytest.mark.parametrize("name", UNSOUND)
def test_what_we_do_not_know_signs_nothing(name: str) -> None:
    token = signed({**SIGNED_HEADER, "alg": name})

    with pytest.raises(SignatureInvalid):
        header_of(token)
    with pytest.raises(SignatureInvalid):
        verify(token, SIGNING.public(), kind=KIND)


@pytest.mark.parametrize("name", [*KNOWN.key_encryption[1:], *KNOWN.signature[1:]])
def test_a_key_outside_the_setting_is_none_and_says_why(name: str) -> None:
    which = "signing" if name in KNOWN.signature else "decryption"
    own = {"signature": (name,)} if which == "signing" else {"key_encryption": (name,)}
    theirs = Algorithms(**own)
    public, private = jwk_of(which, theirs), private_text(which, theirs)

    with pytest.raises(KeyUnusable, match=f"is for {name}"):
        read_public(public)
    with pytest.raises(KeyUnusable, match=f"is for {name}"):
        read_private(private)
    assert read_public(public, algorithms=KNOWN).algorithm == name
    assert read_private(private, algorithms=theirs).algorithm == name


@pytest.mark.parametrize("name", UNSOUND)
@pytest.mark.parametrize("which", ["signing", "decryption"])
def test_a_key_for_what_we_do_not_know_is_none(name: str, which: str) -> None:
    private = json.loads(private_text(which)) | {"alg": name}

    with pytest.raises(KeyUnusable, match="do not say"):
        read_public(jwk_of(which) | {"alg": name}, algorithms=KNOWN)
    with pytest.raises(KeyUnusable, match="do not say"):
        read_private(json.dumps(private), algorithms=KNOWN)


def test_a_key_that_names_no_algorithm_has_the_first_of_its_kind() -> None:
    algorithms = Algorithms(
        key_encryption=("RSA-OAEP-512", "RSA-OAEP-256"), signature=("PS256", "PS512")
    )
    encrypting, verifying = dict(jwk_of("decryption")), dict(jwk_of("signing"))
    private = private_jwk(KEY)
    for jwk in (encrypting, verifying, private):
        del jwk["alg"]

    found = [read_public(one, algorithms=algorithms) for one in (encrypting, verifying)]
    own = read_private(json.dumps(private), algorithms=algorithms)

    assert [one.algorithm for one in found] == ["RSA-OAEP-512", "PS256"]
    assert own.algorithm == "RSA-OAEP-512"


def test_a_key_is_encrypted_for_by_the_first_enc_of_the_setting() -> None:
    algorithms = Algorithms(content_encryption=("A192GCM", "A256GCM"))
    token = encrypt(public_key("decryption", algorithms), b"{}", content_type=JSON)

    with pytest.raises(HeaderRefused, match="A256GCM"):
        decrypt(Keyring([KEY]), token, limit=LIMIT)
    assert decrypt(Keyring([KEY], algorithms=algorithms), token, limit=9) == b"{}"
