"""The check finds what keeps a mailbox from working, and says what to do."""

import httpx
import pytest

from adapters.base import Finding
from tests.fakes.fitconnect_api import problem
from tests.fakes.fitconnect_mailbox import ENVIRON, Mailbox
from tests.fitconnect_keys import jwk_of, test_key


async def bad(mailbox: Mailbox, **environ: str) -> list[Finding]:
    inbox = mailbox.inbox({**ENVIRON, **environ}, callback_secret="env:CALLBACK")
    return [one for one in await inbox.check() if not one.ok]


async def test_a_mailbox_in_order_has_nothing_to_complain_of() -> None:
    assert await bad(Mailbox()) == []


async def test_the_check_changes_nothing() -> None:
    mailbox = Mailbox()
    mailbox.deposit()

    await bad(mailbox)

    methods = {one.method for one in mailbox.requests if one.url.path != "/token"}
    assert methods == {"GET"}


@pytest.mark.parametrize(
    ("environ", "subject", "place"),
    [
        ({"DECRYPTION": ""}, "E-SECRET-MISSING", "env:DECRYPTION"),
        ({"OLD": "garbage"}, "E-FIT-KEY ", "env:OLD: This is not a JSON object."),
        ({"SIGNING": ""}, "E-SECRET-MISSING", "env:SIGNING"),
        ({"SIGNING": "{}"}, "E-FIT-KEY ", "env:SIGNING: "),
        ({"SIGNING": ENVIRON["OLD"]}, "E-FIT-KEY ", "signing_key"),
        ({"CALLBACK": ""}, "callback secret", "env:CALLBACK"),
        ({"FIT_SECRET": ""}, "E-SECRET-MISSING", "env:FIT_SECRET"),
    ],
)
async def test_a_secret_that_is_none_is_named(
    environ: dict[str, str], subject: str, place: str
) -> None:
    [finding] = await bad(Mailbox(), **environ)

    assert finding.subject.startswith(subject)
    assert place in finding.subject
    assert finding.remedy


async def test_a_refused_login_ends_the_check_there() -> None:
    mailbox = Mailbox()
    mailbox.faults["/token"] = lambda _: httpx.Response(
        401, json={"error": "invalid_client"}
    )

    [finding] = await bad(mailbox)

    assert finding.subject.startswith("E-FIT-LOGIN")
    assert "Self-Service-Portal" in finding.remedy


async def test_a_client_that_is_not_linked_is_told_so() -> None:
    mailbox = Mailbox()
    mailbox.faults["/submissions"] = lambda _: problem(403)

    [finding] = await bad(mailbox)

    assert finding.subject.startswith("E-FIT-NOT-LINKED")


async def test_an_unknown_destination_is_told_so() -> None:
    mailbox = Mailbox()
    mailbox.faults["d12caea8-f372-4eb1-b102-b0a228253a11"] = lambda _: problem(
        404, "destination-not-found"
    )

    [finding] = await bad(mailbox)

    assert finding.subject.startswith("E-FIT-DESTINATION-UNKNOWN")


async def test_an_inactive_destination_takes_nothing() -> None:
    [finding] = await bad(Mailbox(card={"status": "inactive"}))

    assert "activate" in finding.remedy


async def test_senders_that_encrypt_for_a_key_we_lack_are_noticed() -> None:
    [finding] = await bad(Mailbox(card={"encryptionKid": "another-key-of-somebody"}))

    assert "decryption_keys" in finding.remedy


async def test_a_signing_key_that_nobody_can_verify_is_noticed() -> None:
    [finding] = await bad(Mailbox(published=["destination", "destination-old"]))

    assert test_key("sign-destination").kid[:8] in finding.subject
    assert "publish" in finding.remedy


async def test_another_key_under_our_id_is_noticed() -> None:
    mailbox = Mailbox()
    kid = test_key("sign-destination").kid
    mailbox.faults[f"/keys/{kid}"] = lambda _: httpx.Response(
        200, json={**jwk_of("sign-stranger"), "kid": kid}
    )

    [finding] = await bad(mailbox)

    assert "Another key" in finding.remedy


async def test_a_service_that_is_away_is_a_finding_and_no_error() -> None:
    mailbox = Mailbox()

    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    mailbox.faults["/token"] = refuse

    [finding] = await bad(mailbox)

    assert finding.subject.startswith("E-FIT-UNREACHABLE")
