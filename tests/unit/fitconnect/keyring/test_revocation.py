"""Revoked is revoked, doubtful is not checked; the policy says what that means."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.x509 import load_der_x509_certificate
from cryptography.x509.ocsp import OCSPCertStatus

from adapters.fitconnect.jose.keys import PrivateKey
from adapters.fitconnect.keyring.certificates import read_chain, self_signed
from adapters.fitconnect.keyring.checks import revocation_finding
from adapters.fitconnect.keyring.faults import CertificateFault
from adapters.fitconnect.keyring.fetching import Fetcher, ListAway
from adapters.fitconnect.keyring.revocation import (
    Policy,
    Revocation,
    Source,
    revocation_fault,
    stops,
)
from schemas.secrets import FromFile
from tests.fitconnect_keys import test_key
from tests.unit.fitconnect.keyring.authority import NOW, Authority

GOOD, REVOKED = OCSPCertStatus.GOOD, OCSPCertStatus.REVOKED
NOT_CHECKED = CertificateFault.NOT_CHECKED
ROOT = Authority("Wurzel")
STRANGER = Authority("Wurzel")
KEY = ROOT.certified(test_key("decryption"))
OWN = load_der_x509_certificate(KEY.certificates[0])
OCSP = Revocation(policy=Policy.REQUIRE, ocsp="http://ocsp.example")
CRL = Revocation(policy=Policy.REQUIRE, lists=("http://crl.example",))
BOTH = Revocation(
    policy=Policy.REQUIRE, ocsp="http://ocsp.example", lists=("http://crl.example",)
)
DAY = timedelta(days=1)


class Answers:
    """Says the same to everybody; nothing where there is no answer."""

    def __init__(self, *answers: bytes | None) -> None:
        self._answers = list(answers)
        self.asked: list[Source] = []

    async def __call__(self, source: Source, body: bytes = b"", /) -> bytes:
        self.asked.append(source)
        answer = self._answers.pop(0)
        if answer is None:
            raise OSError
        return answer


async def fault(revocation: Revocation, *answers: bytes | None) -> object:
    return await revocation_fault(
        [OWN], revocation, roots=[ROOT.certificate], fetch=Answers(*answers), at=NOW
    )


async def test_a_responder_is_believed() -> None:
    assert await fault(OCSP, ROOT.answer(OWN, GOOD)) is None
    assert await fault(OCSP, ROOT.answer(OWN, REVOKED)) is CertificateFault.REVOKED


async def test_a_responder_may_have_been_made_by_the_issuer() -> None:
    said = ROOT.responder().answer(OWN, GOOD, issuer=ROOT.certificate)

    assert await fault(OCSP, said) is None


@pytest.mark.parametrize(
    "said",
    [
        None,
        b"",
        b"<html>",
        STRANGER.answer(OWN, GOOD, issuer=ROOT.certificate),
        STRANGER.answer(OWN, GOOD),
        ROOT.responder(may_answer=False).answer(OWN, GOOD, issuer=ROOT.certificate),
        ROOT.answer(OWN, OCSPCertStatus.UNKNOWN),
        ROOT.answer(ROOT.certificate, GOOD),
        ROOT.answer(OWN, GOOD, end=NOW - DAY, start=NOW - 2 * DAY),
        ROOT.answer(OWN, GOOD, end=None, start=NOW - 2 * DAY),
        ROOT.answer(OWN, GOOD, start=NOW + DAY, end=NOW + 2 * DAY),
    ],
    ids=range(11),
)
async def test_a_doubtful_answer_is_none(said: bytes | None) -> None:
    assert await fault(OCSP, said) is NOT_CHECKED


async def test_a_list_is_believed() -> None:
    assert await fault(CRL, ROOT.revocation_list()) is None
    assert await fault(CRL, ROOT.revocation_list(OWN)) is CertificateFault.REVOKED


@pytest.mark.parametrize(
    "said",
    [
        None,
        b"",
        b"-----BEGIN nothing",
        STRANGER.revocation_list(),
        Authority("Fremd").revocation_list(),
        ROOT.revocation_list(end=NOW - DAY / 2),
    ],
    ids=range(6),
)
async def test_a_doubtful_list_is_none(said: bytes | None) -> None:
    assert await fault(CRL, said) is NOT_CHECKED


async def test_the_list_is_looked_up_where_the_responder_is_away() -> None:
    assert await fault(BOTH, None, ROOT.revocation_list()) is None
    assert await fault(BOTH, None, ROOT.revocation_list(OWN)) is (
        CertificateFault.REVOKED
    )


async def test_nobody_is_asked_where_the_policy_is_off() -> None:
    answers = Answers()
    off = Revocation(policy=Policy.OFF, ocsp="http://ocsp.example")

    assert await revocation_fault([OWN], off, roots=[], fetch=answers, at=NOW) is None
    assert answers.asked == []


async def test_a_certificate_without_an_issuer_cannot_be_checked() -> None:
    own = load_der_x509_certificate(self_signed(KEY, name="allein", at=NOW))
    found = await revocation_fault(
        [own], OCSP, roots=[ROOT.certificate], fetch=Answers(), at=NOW
    )

    assert found is NOT_CHECKED


def test_the_policy_decides_what_not_checked_means() -> None:
    assert not stops(NOT_CHECKED, Policy.WARN)
    assert stops(NOT_CHECKED, Policy.REQUIRE)
    assert stops(CertificateFault.REVOKED, Policy.WARN)


async def test_what_was_not_checked_is_said() -> None:
    warn = Revocation(policy=Policy.WARN, ocsp="http://ocsp.example")
    (softly,) = await finding(KEY, warn, None)
    (hard,) = await finding(KEY, OCSP, None)
    (well,) = await finding(KEY, OCSP, ROOT.answer(OWN, GOOD))

    assert (softly[0], "not checked" in softly[1]) == (True, True)
    assert (hard[0], "could not be checked" in hard[2]) == (False, True)
    assert well[0]
    assert await finding(test_key("decryption"), OCSP) == []


async def finding(
    key: PrivateKey, revocation: Revocation, *answers: bytes | None
) -> list[tuple[bool, str, str]]:
    found = await revocation_finding(
        key,
        revocation,
        roots=[ROOT.certificate],
        fetch=Answers(*answers),
        at=NOW,
    )
    assert read_chain(key) or not found
    return [(one.ok, one.subject, one.remedy) for one in found]


async def test_lists_come_by_http_and_from_files(tmp_path: Path) -> None:
    (tmp_path / "a.crl").write_bytes(b"list")
    asked: list[tuple[str, bytes]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.content))
        return httpx.Response(200, content=b"answer")

    fetch = Fetcher(tmp_path, transport=httpx.MockTransport(answer))
    assert await fetch(FromFile(path=Path("a.crl"))) == b"list"
    assert await fetch("http://crl.example") == b"answer"
    assert await fetch("http://ocsp.example", b"question") == b"answer"
    assert asked == [("GET", b""), ("POST", b"question")]


@pytest.mark.parametrize("status", [301, 404, 500])
async def test_only_a_success_is_an_answer(tmp_path: Path, status: int) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=b"x"))

    with pytest.raises(ListAway):
        await Fetcher(tmp_path, transport=transport)("http://crl.example")
