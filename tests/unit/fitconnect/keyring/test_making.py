"""Keys come from us or out of PKCS#12 files, with their certificates in order."""

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    KeySerializationEncryption,
    NoEncryption,
    pkcs12,
)

from adapters.fitconnect.jose.keys import PrivateKey
from adapters.fitconnect.keyring.certificates import fault_of, read_chain
from adapters.fitconnect.keyring.errors import Pkcs12Unusable
from adapters.fitconnect.keyring.folder import KeyPair
from adapters.fitconnect.keyring.making import (
    made_pair,
    pair_of,
    read_pkcs12,
    with_self_signed,
)
from tests.fitconnect_keys import test_key
from tests.unit.fitconnect.keyring.authority import NOW, Authority

KEY = test_key("decryption")
ROOT = Authority("Wurzel")
UPPER = ROOT.below("Verwaltung")
LOWER = UPPER.below("Kreise")
PASSWORD = "geheim-ä"


def packed(
    key: PrivateKey | ec.EllipticCurvePrivateKey,
    others: list[x509.Certificate],
    *,
    own: x509.Certificate | None,
    encryption: KeySerializationEncryption | None = None,
) -> bytes:
    return pkcs12.serialize_key_and_certificates(
        b"bauamt",
        key.rsa if isinstance(key, PrivateKey) else key,
        own,
        others,
        encryption or BestAvailableEncryption(PASSWORD.encode()),
    )


CERTIFIED = LOWER.certified(KEY)
OWN = read_chain(CERTIFIED)[0]


def test_the_chain_comes_in_order_whatever_order_the_file_has() -> None:
    stranger = Authority("Fremd").certificate
    others = [ROOT.certificate, stranger, LOWER.certificate, UPPER.certificate]
    key = read_pkcs12(packed(KEY, others, own=OWN), PASSWORD, algorithm="RSA-OAEP-256")

    expected = (OWN, LOWER.certificate, UPPER.certificate, ROOT.certificate)
    assert read_chain(key) == expected
    assert (key.kid, key.algorithm) == (KEY.kid, "RSA-OAEP-256")
    assert fault_of(key, roots=[ROOT.certificate], at=NOW) is None


def test_a_file_without_a_password_opens() -> None:
    raw = packed(KEY, [], own=OWN, encryption=NoEncryption())

    assert read_pkcs12(raw, "", algorithm="PS512").kid == KEY.kid


@pytest.mark.parametrize(
    ("raw", "password"),
    [
        (packed(KEY, [], own=OWN), "falsch"),
        (packed(KEY, [], own=OWN), ""),
        (b"", PASSWORD),
        (b"-----BEGIN CERTIFICATE-----", PASSWORD),
        (packed(KEY, [], own=None), PASSWORD),
        (packed(ec.generate_private_key(ec.SECP256R1()), [], own=None), PASSWORD),
        (packed(replace(KEY, rsa=ROOT.key), [], own=None), PASSWORD),
    ],
    ids=range(7),
)
def test_a_file_that_does_not_serve_is_refused_without_its_password(
    raw: bytes, password: str
) -> None:
    with pytest.raises(Pkcs12Unusable) as raised:
        read_pkcs12(raw, password, algorithm="RSA-OAEP-256")
    assert not password or password not in str(raised.value)


def test_one_key_for_both_uses_gets_two_ids() -> None:
    both = replace(KEY, algorithm="PS512")
    pair = pair_of(KEY, both)

    assert pair.decryption.kid == KEY.kid
    assert pair.signing.kid == f"{KEY.kid}-verify"
    assert len(pair.signing.kid) <= 64


def test_self_signed_certificates_fit_their_keys() -> None:
    pair = with_self_signed(
        KeyPair(decryption=KEY, signing=test_key("signing")),
        name="Größe " * 20,
        at=NOW,
    )

    for key in (pair.decryption, pair.signing):
        assert fault_of(key, roots=[], at=NOW) is None
    assert [len(str(jwk["x5c"])) > 100 for jwk in pair.public()] == [True, True]


def test_a_made_pair_is_two_keys_for_two_uses() -> None:
    pair = made_pair(bits=2048)

    assert pair.decryption.kid != pair.signing.kid
    assert pair.decryption.operations == {"unwrapKey"}
    assert pair.signing.operations == {"sign"}
