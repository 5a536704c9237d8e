"""Whatever bytes strangers publish, they lead to a verdict and never to a crash."""

from dataclasses import replace

import pytest
from cryptography.x509 import load_der_x509_certificate
from cryptography.x509.ocsp import OCSPCertStatus
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.fitconnect.keyring.certificates import (
    common_name,
    fault_of,
    is_self_signed,
    valid_until,
)
from adapters.fitconnect.keyring.checks import certificate_findings
from adapters.fitconnect.keyring.faults import CertificateFault
from adapters.fitconnect.keyring.ocsp import OcspAnswer, read_answer
from adapters.fitconnect.keyring.revocation import (
    Policy,
    Revocation,
    Source,
    revocation_fault,
)
from tests.fitconnect_keys import test_key
from tests.unit.fitconnect.keyring.authority import NOW, Authority

ROOT = Authority("Wurzel")
KEY = ROOT.certified(test_key("decryption"))
DER = KEY.certificates[0]
OWN = load_der_x509_certificate(DER)
ANSWER = ROOT.answer(OWN, OCSPCertStatus.GOOD)
LIST = ROOT.revocation_list()

# A certificate whose serial number is not positive still loads, with a warning.
pytestmark = pytest.mark.filterwarnings(
    "ignore::cryptography.utils.CryptographyDeprecationWarning"
)
changes = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4
)


def changed(raw: bytes, at: list[tuple[int, int]]) -> bytes:
    made = bytearray(raw)
    for place, value in at:
        made[place % len(made)] = value
    return bytes(made)


@given(at=changes)
@settings(max_examples=150)
def test_a_changed_certificate_is_never_good(at: list[tuple[int, int]]) -> None:
    der = changed(DER, at)
    key = replace(KEY, certificates=(der,))
    fault = fault_of(key, roots=[ROOT.certificate], at=NOW)

    assert (fault is None) == (der == DER)
    valid_until(key)
    is_self_signed(key)
    common_name(key)
    assert certificate_findings(key, role="key", at=NOW)


@given(at=changes)
@settings(max_examples=120)
def test_a_changed_answer_is_never_believed(at: list[tuple[int, int]]) -> None:
    raw = changed(ANSWER, at)
    said = read_answer(raw, OWN, ROOT.certificate, NOW)

    # Certificates stand beside what is signed.
    assert said is OcspAnswer.UNKNOWN or raw.startswith(ANSWER[:100])
    assert said is not OcspAnswer.REVOKED


@given(at=changes)
@settings(max_examples=120)
async def test_a_changed_list_is_never_believed(at: list[tuple[int, int]]) -> None:
    raw = changed(LIST, at)

    async def fetch(source: Source, body: bytes = b"", /) -> bytes:
        return raw

    fault = await revocation_fault(
        [OWN],
        Revocation(policy=Policy.REQUIRE, lists=("http://crl.example",)),
        roots=[ROOT.certificate],
        fetch=fetch,
        at=NOW,
    )
    assert fault is (None if raw == LIST else CertificateFault.NOT_CHECKED)
