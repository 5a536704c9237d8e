"""Nothing is encrypted for a key whose certificate does not prove it."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from adapters.base import Surroundings
from adapters.fitconnect.jose.keys import PrivateKey
from adapters.fitconnect.keyring.faults import CertificateFault
from adapters.fitconnect.keyring.revocation import Policy, Revocation, Source
from adapters.fitconnect.outbox.judging import CertificateJudge
from adapters.fitconnect.outbox.settings import KeyPolicy
from adapters.memory import MemoryNotes
from adapters.secrets import MachineSecrets
from schemas.errors import SecretMissing
from schemas.secrets import FromFile
from tests.clocks import TestClock
from tests.fitconnect_keys import test_key
from tests.unit.fitconnect.keyring.authority import NOW, Authority

ROOT, STRANGER = Authority("Wurzel"), Authority("Fremde")
MIDDLE = ROOT.below("Zwischenstelle")
BARE = test_key("destination")
CHAINED = MIDDLE.certified(BARE, via=[MIDDLE])
LISTS: Mapping[str, bytes] = {
    "http://crl.example/clean": MIDDLE.revocation_list(),
    "http://crl.example/revoked": MIDDLE.revocation_list(
        x509.load_der_x509_certificate(CHAINED.certificates[0])
    ),
}


async def fetch(source: Source, _body: bytes = b"", /) -> bytes:
    """A list that nobody has published is an outage."""
    try:
        return LISTS[str(source)]
    except KeyError as error:
        raise OSError from error


def judge(
    home: Path,
    *roots: Authority,
    required: bool = False,
    policy: Policy = Policy.OFF,
    lists: str = "",
) -> CertificateJudge:
    pem = b"".join(
        one.certificate.public_bytes(serialization.Encoding.PEM) for one in roots
    )
    (home / "roots.pem").write_bytes(pem)
    return CertificateJudge(
        KeyPolicy(
            roots=(FromFile(path=Path("roots.pem")),) if roots else (),
            needs_certificate=required,
            revocation=Revocation(policy=policy, lists=(lists,) if lists else ()),
            allow_small=False,
        ),
        Surroundings(
            secrets=MachineSecrets(environ={}, home=home),
            home=home,
            clock=TestClock(NOW),
            notes=MemoryNotes(),
        ),
        fetch,
    )


@pytest.mark.parametrize(
    ("key", "roots", "required", "fault"),
    [
        (BARE, (), False, None),
        (BARE, (), True, CertificateFault.ABSENT),
        (BARE, (ROOT,), True, CertificateFault.ABSENT),
        (CHAINED, (), True, None),
        (CHAINED, (ROOT,), True, None),
        (CHAINED, (STRANGER, ROOT), True, None),
        (CHAINED, (STRANGER,), True, CertificateFault.UNTRUSTED),
        (MIDDLE.certified(BARE), (ROOT,), True, CertificateFault.UNTRUSTED),
        (
            ROOT.certified(BARE, end=NOW - timedelta(days=1)),
            (),
            False,
            CertificateFault.EXPIRED,
        ),
    ],
)
async def test_a_certificate_must_prove_what_the_operator_demands(
    tmp_path: Path,
    key: PrivateKey,
    roots: tuple[Authority, ...],
    required: bool,  # noqa: FBT001 - a parameter of the test
    fault: CertificateFault | None,
) -> None:
    found = await judge(tmp_path, *roots, required=required).fault(key.public())

    assert found is fault


@pytest.mark.parametrize(
    ("policy", "lists", "fault"),
    [
        (Policy.REQUIRE, "clean", None),
        (Policy.REQUIRE, "revoked", CertificateFault.REVOKED),
        (Policy.REQUIRE, "away", CertificateFault.NOT_CHECKED),
        (Policy.WARN, "revoked", CertificateFault.REVOKED),
        (Policy.WARN, "away", None),
        (Policy.OFF, "revoked", None),
    ],
)
async def test_a_revoked_certificate_stops_and_doubt_does_as_configured(
    tmp_path: Path, policy: Policy, lists: str, fault: CertificateFault | None
) -> None:
    looking = judge(
        tmp_path,
        ROOT,
        required=True,
        policy=policy,
        lists=f"http://crl.example/{lists}",
    )

    assert await looking.fault(CHAINED.public()) is fault


async def test_roots_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    looking = judge(tmp_path, ROOT, required=True)
    (tmp_path / "roots.pem").write_text("-----BEGIN CERTIFICATE-----\nx\n")

    with pytest.raises(SecretMissing, match=r"roots\.pem"):
        await looking.fault(CHAINED.public())
