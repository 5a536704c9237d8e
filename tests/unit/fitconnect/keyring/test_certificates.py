"""A certificate is good for its own key, its own use, its time, and by its chain."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ObjectIdentifier

from adapters.fitconnect.jose.keys import PrivateKey, PublicKey
from adapters.fitconnect.keyring.certificates import (
    fault_of,
    read_roots,
    self_signed,
    valid_until,
)
from adapters.fitconnect.keyring.checks import (
    certificate_findings,
    days_left,
    expiry_codes,
    own_key_findings,
)
from adapters.fitconnect.keyring.faults import CertificateFault
from tests.fitconnect_keys import test_key
from tests.unit.fitconnect.keyring.authority import A_YEAR, NOW, Authority, usage

KEY = test_key("decryption")
SIGNING = test_key("signing")
ROOT = Authority("Wurzel")
MIDDLE = ROOT.below("Verwaltung")
STRANGER = Authority("Fremde Wurzel")
ROOTS = [ROOT.certificate]


def fault(key: PrivateKey | PublicKey, roots: list[x509.Certificate] = ROOTS) -> object:
    return fault_of(key, roots=roots, at=NOW)


def test_a_chain_to_our_root_is_good() -> None:
    assert fault(MIDDLE.certified(KEY, via=[MIDDLE])) is None
    assert fault(MIDDLE.certified(KEY, via=[MIDDLE, ROOT])) is None
    assert fault(MIDDLE.certified(SIGNING, via=[MIDDLE])) is None
    assert fault(ROOT.certified(KEY)) is None
    assert fault(MIDDLE.certified(KEY, via=[MIDDLE]).public()) is None


def test_a_chain_signed_with_pss_is_good() -> None:
    assert fault(ROOT.certified(KEY, pss=True)) is None


def test_the_test_environment_needs_no_root() -> None:
    der = self_signed(KEY, name="Kreis Prüfstein", at=NOW)
    key = replace(KEY, certificates=(der,))

    assert fault(key, []) is None
    assert fault(key) is CertificateFault.UNTRUSTED


def test_a_key_without_a_certificate_is_noticed() -> None:
    assert fault(KEY) is CertificateFault.ABSENT


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"not a certificate"])
def test_what_is_no_certificate_is_noticed(der: bytes) -> None:
    key = replace(KEY, certificates=(der,))

    assert fault(key) is CertificateFault.UNREADABLE
    assert valid_until(key) is None


def test_the_certificate_of_another_key_is_noticed() -> None:
    swapped = replace(KEY, certificates=ROOT.certified(SIGNING).certificates)

    assert fault(swapped) is CertificateFault.OTHER_KEY


def test_time_is_noticed() -> None:
    day = timedelta(days=1)

    late = ROOT.certified(KEY, end=NOW - day)
    early = ROOT.certified(KEY, start=NOW + day)
    assert fault(late) is CertificateFault.EXPIRED
    assert fault(early) is CertificateFault.NOT_YET_VALID
    assert fault(ROOT.certified(KEY, end=NOW)) is CertificateFault.EXPIRED


def test_a_certificate_for_another_use_is_noticed() -> None:
    for key, encrypts in ((KEY, False), (SIGNING, True)):
        wrong = ROOT.certified(key, extensions=[usage(key, encrypts=encrypts)])

        assert fault(wrong) is CertificateFault.WRONG_USE
    assert fault(ROOT.certified(KEY, extensions=[])) is None


@pytest.mark.parametrize(
    "key",
    [
        STRANGER.certified(KEY),
        MIDDLE.certified(KEY),
        MIDDLE.certified(KEY, via=[ROOT]),
        STRANGER.certified(KEY, via=[MIDDLE, ROOT]),
        Authority("Verwaltung").certified(KEY, via=[MIDDLE]),
    ],
    ids=["stranger", "gap", "skipped", "mixed", "namesake"],
)
def test_a_chain_that_does_not_lead_to_our_root_is_noticed(key: PrivateKey) -> None:
    assert fault(key) is CertificateFault.UNTRUSTED


def test_a_certificate_made_by_somebody_who_is_no_authority_is_noticed() -> None:
    citizen = Authority("Bürger")
    citizen.certificate = ROOT.issue(citizen.key.public_key(), citizen.name)

    assert fault(citizen.certified(KEY, via=[citizen])) is CertificateFault.UNTRUSTED


def test_an_unknown_critical_extension_is_noticed() -> None:
    strange = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")

    key = ROOT.certified(KEY, extensions=[usage(KEY), strange])
    assert fault(key) is CertificateFault.UNTRUSTED


def test_roots_are_read_as_pem() -> None:
    pem = ROOT.certificate.public_bytes(serialization.Encoding.PEM)

    assert read_roots(pem + pem) == (ROOT.certificate, ROOT.certificate)
    with pytest.raises(ValueError, match="no PEM"):
        read_roots(b"nothing")


@pytest.mark.parametrize(
    ("days", "is_well"), [(61, True), (60, True), (59, False), (13, False), (1, False)]
)
def test_expiry_is_told_sixty_and_fourteen_days_before(
    days: int, *, is_well: bool
) -> None:
    key = ROOT.certified(KEY, end=NOW + timedelta(days=days))
    (finding,) = certificate_findings(key, role="decryption key", at=NOW, roots=ROOTS)

    assert days_left(key, at=NOW) == days
    assert finding.ok is is_well
    assert ("nothing can be received" in finding.remedy) is (days < 14)
    assert (f"in {days} days" in finding.remedy) is not is_well


@pytest.mark.parametrize(
    ("days", "codes"),
    [
        (60, set()),
        (59, {"E-FIT-CERTIFICATE-EXPIRES"}),
        (13, {"E-FIT-CERTIFICATE-LAST-DAYS"}),
        (-1, {"E-FIT-CERTIFICATE-EXPIRED"}),
    ],
)
def test_each_stage_of_expiry_is_an_alarm_of_its_own(
    days: int, codes: set[str]
) -> None:
    soon = ROOT.certified(KEY, end=NOW + timedelta(days=days))
    later = ROOT.certified(KEY, end=NOW + timedelta(days=400))

    assert expiry_codes([later, soon], at=NOW) == codes
    assert expiry_codes([KEY], at=NOW) == set()


def test_a_fault_is_told_with_what_to_do() -> None:
    (finding,) = certificate_findings(KEY, role="decryption key", at=NOW)

    assert not finding.ok
    assert "without a certificate" in finding.remedy
    assert "import-p12" in finding.remedy


def test_old_decryption_keys_may_have_expired() -> None:
    current, signing = ROOT.certified(KEY), ROOT.certified(SIGNING)
    old = ROOT.certified(test_key("decryption-2"), end=NOW - A_YEAR / 2)
    found = own_key_findings(
        decryption=[current, old], signing=signing, roots=ROOTS, at=NOW
    )

    assert [one.ok for one in found] == [True, True]


def test_one_key_for_both_uses_is_told() -> None:
    both = ROOT.certified(replace(SIGNING, algorithm=KEY.algorithm), extensions=[])
    found = own_key_findings(decryption=[both], signing=SIGNING, roots=ROOTS, at=NOW)

    assert "one key for both" in [one.subject for one in found if not one.ok]


def test_no_decryption_key_at_all_is_told() -> None:
    (finding,) = own_key_findings(decryption=[], signing=SIGNING, at=NOW)

    assert "keygen" in finding.remedy
