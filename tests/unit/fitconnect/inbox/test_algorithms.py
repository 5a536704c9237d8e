"""A mailbox speaks the algorithms of its settings, from listing to answer."""

import json
from collections.abc import Mapping
from dataclasses import asdict

import httpx
import pytest

from adapters.base import Finding
from adapters.fitconnect.inbox.failures import LogTooNew
from adapters.fitconnect.jose.algorithms import PRESCRIBED, Algorithms
from adapters.fitconnect.jose.errors import KeyUnusable
from adapters.fitconnect.jose.jws import header_of
from schemas.channels import AnswerTaken, Faulty, Intact
from schemas.services import Setting
from tests.fakes.fitconnect_deposit import File
from tests.fakes.fitconnect_mailbox import ENVIRON, Mailbox, environ_with
from tests.fitconnect_keys import jwk_of, test_key
from tests.unit.fitconnect.inbox.answers import accept
from tests.unit.fitconnect.inbox.receiving import receive

OTHERS = Algorithms(
    key_encryption=("RSA-OAEP-512",),
    content_encryption=("A128GCM",),
    signature=("PS256",),
)


def setting(algorithms: Algorithms) -> Mapping[str, Setting]:
    """As an operator writes it."""
    return asdict(algorithms)


async def bad(mailbox: Mailbox, algorithms: Algorithms) -> list[Finding]:
    inbox = mailbox.inbox(ENVIRON, algorithms=setting(algorithms))
    return [one for one in await inbox.check() if not one.ok]


async def test_a_mailbox_is_emptied_and_answered_by_other_algorithms() -> None:
    mailbox = Mailbox(algorithms=OTHERS)
    files = (File(), File(b"%PDF" * 5000, cuts=2))
    deposit = mailbox.deposit(files=files)
    environ = environ_with(OTHERS)
    stored, shelf = await receive(
        mailbox, deposit, environ=environ, algorithms=setting(OTHERS)
    )
    inbox = mailbox.inbox(environ, algorithms=setting(OTHERS))
    token = await inbox.sign(accept(deposit))

    assert stored.inspection == Intact()
    assert [one.content for one in shelf.attachments] == [one.content for one in files]
    assert header_of(token)["alg"] == "PS256"
    assert isinstance(await inbox.answer(accept(deposit), token), AnswerTaken)
    assert mailbox.answers(deposit)[0].tags == deposit.tags
    assert [one for one in await inbox.check() if not one.ok] == []


async def test_keys_outside_the_setting_stop_the_source_and_say_which() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()

    with pytest.raises(KeyUnusable, match="env:DECRYPTION: It is for RSA-OAEP-512"):
        await mailbox.inbox(environ_with(OTHERS)).open(deposit.announced)
    with pytest.raises(KeyUnusable, match="env:SIGNING: It is for PS256"):
        await mailbox.inbox(environ_with(OTHERS)).sign(accept(deposit))


async def test_events_by_a_key_outside_the_setting_leave_a_submission_waiting() -> None:
    mailbox = Mailbox(algorithms=Algorithms(signature=("PS256",)))
    deposit = mailbox.deposit()

    with pytest.raises(LogTooNew):
        await receive(mailbox, deposit)
    taken = setting(Algorithms(signature=("PS512", "PS256")))
    stored, _ = await receive(mailbox, deposit, algorithms=taken)
    assert stored.inspection == Intact()


async def test_content_encryption_outside_the_setting_is_refused() -> None:
    mailbox = Mailbox(algorithms=Algorithms(content_encryption=("A128GCM",)))
    deposit = mailbox.deposit()

    stored, _ = await receive(mailbox, deposit)

    assert isinstance(stored.inspection, Faulty)
    assert {one.code for one in stored.inspection.problems} == {
        *("fit-metadata-encryption", "fit-data-encryption")
    }


async def test_keys_that_are_still_for_an_old_algorithm_are_named() -> None:
    changing = Algorithms(
        key_encryption=("RSA-OAEP-512", "RSA-OAEP-256"), signature=("PS256", "PS512")
    )

    decryption, signing = await bad(Mailbox(), changing)

    assert test_key("destination").kid[:8] in decryption.subject
    assert "RSA-OAEP-256, new ones are for RSA-OAEP-512" in decryption.remedy
    assert test_key("sign-destination").kid[:8] in signing.subject
    assert "PS512, new ones are for PS256" in signing.remedy
    assert await bad(Mailbox(), PRESCRIBED) == []


async def test_a_key_published_for_another_algorithm_than_ours_is_noticed() -> None:
    mailbox, kid = Mailbox(), test_key("sign-destination").kid
    both = Algorithms(signature=("PS512", "PS256"))
    jwk = json.dumps(jwk_of("sign-destination", OTHERS))
    mailbox.faults[f"/keys/{kid}"] = lambda _: httpx.Response(200, text=jwk)

    [finding] = await bad(mailbox, both)

    assert "Another key" in finding.remedy
