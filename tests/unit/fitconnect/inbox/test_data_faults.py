"""Data that do not verify are kept only as they were received."""

from collections.abc import Callable

import pytest

from adapters.fitconnect.jose.errors import KeyNotHeld
from schemas.checking.claims import NoClaim
from tests.fakes.fitconnect_deposit import DATA, Deposit, File, sealed
from tests.fakes.fitconnect_mailbox import Mailbox
from tests.fakes.shelf import MemoryShelf
from tests.unit.fitconnect.inbox.receiving import codes, receive

Tamper = Callable[[Mailbox, Deposit], object]


def _compressed_bomb(mailbox: Mailbox, deposit: Deposit) -> None:
    token = sealed(b"[" + b" " * 30_000_000 + b"]", compress=True)
    assert len(token) < 100_000
    deposit.body["encryptedData"] = token
    mailbox.submit_with(deposit, data=token.rpartition(".")[2])


def _other_encryption(mailbox: Mailbox, deposit: Deposit) -> None:
    """The header says another algorithm."""
    _, rest = str(deposit.body["encryptedData"]).split(".", 1)
    header = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00iLCJraWQiOiJ4IiwiY3R5IjoieCJ9"
    deposit.body["encryptedData"] = f"{header}.{rest}"


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (lambda m, d: d.body.update(encryptedData=sealed(DATA)), ["fit-data-tag"]),
        (lambda m, d: m.seal_anew(d, "data", b"{}"), ["fit-data-hash"]),
        (lambda m, d: m.submit_with(d, data="A" * 22), ["fit-data-tag"]),
        (lambda m, d: d.body.pop("encryptedData"), ["fit-data-missing"]),
        (lambda m, d: d.body.update(encryptedData=None), ["fit-data-missing"]),
        (
            lambda m, d: d.body.update(encryptedData="x.y"),
            ["fit-data-tag", "fit-data-encryption"],
        ),
        (
            lambda m, d: d.body.update(
                encryptedData=str(d.body["encryptedData"])[:-1] + "!"
            ),
            ["fit-data-tag", "fit-data-encryption"],
        ),
        (_other_encryption, ["fit-data-encryption"]),
        (_compressed_bomb, ["fit-data-too-large"]),
    ],
    ids=[
        "swapped",
        "other bytes",
        "foreign tag",
        "missing",
        "null",
        "no JWE",
        "broken tag",
        "other algorithm",
        "bomb",
    ],
)
async def test_data_that_do_not_verify_are_kept_only_as_received(
    tamper: Tamper, expected: list[str]
) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(files=(File(),))
    tamper(mailbox, deposit)

    stored, shelf = await receive(mailbox, deposit, most_data_mb=1)

    assert codes(stored) == expected
    assert shelf.main.media_type == "application/jose"
    sealed_data = deposit.body.get("encryptedData") or deposit.body["encryptedMetadata"]
    assert shelf.main.content == str(sealed_data).encode()
    assert len(shelf.attachments) == 1


async def test_data_for_a_key_that_is_not_ours_wait_for_us() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    token = sealed(DATA, "stranger")
    deposit.body["encryptedData"] = token
    mailbox.submit_with(deposit, data=token.rpartition(".")[2])
    shelf = MemoryShelf()

    with pytest.raises(KeyNotHeld):
        await receive(mailbox, deposit, shelf)

    assert shelf.kept == []


async def test_metadata_that_do_not_mention_the_data_prove_nothing_of_them() -> None:
    mailbox = Mailbox()

    def forget(metadata: dict[str, object]) -> None:
        structure = metadata["contentStructure"]
        assert isinstance(structure, dict)
        del structure["data"]

    deposit = mailbox.deposit(metadata_version="1.0.0", change=forget)

    stored, shelf = await receive(mailbox, deposit)

    assert codes(stored) == ["fit-data-hash"]
    assert stored.claim == NoClaim()
    assert shelf.main.media_type == "application/jose"
