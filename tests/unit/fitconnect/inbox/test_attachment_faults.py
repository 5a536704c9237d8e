"""An attachment that does not verify is dropped, and nobody blamed too early."""

from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import httpx
import pytest

from adapters.fitconnect.client.failures import (
    BrokenOff,
    ServerError,
    StrangeAnswer,
    SubmissionNotThere,
)
from schemas.channels import Faulty, Gone, Intact
from schemas.errors import StorageFull
from tests.fakes.fitconnect_api import problem
from tests.fakes.fitconnect_deposit import DATA, SERVICE, Deposit, File, sealed
from tests.fakes.fitconnect_mailbox import Mailbox
from tests.fakes.shelf import MemoryShelf
from tests.unit.fitconnect.inbox.receiving import codes, receive


def _cut(mailbox: Mailbox, deposit: Deposit) -> None:
    [(id_, token)] = deposit.attachments.items()
    deposit.attachments[id_] = token[:-100]


def _longer(mailbox: Mailbox, deposit: Deposit) -> None:
    [(id_, token)] = deposit.attachments.items()
    deposit.attachments[id_] = token + b"AAAA"


def _flipped(mailbox: Mailbox, deposit: Deposit) -> None:
    """One bit of the content; the tag is as it was."""
    [(id_, token)] = deposit.attachments.items()
    *head, content, tag = token.split(b".")
    flipped = (b"B" if content[:1] == b"A" else b"A") + content[1:]
    deposit.attachments[id_] = b".".join([*head, flipped, tag])


def _swapped(mailbox: Mailbox, deposit: Deposit) -> None:
    [id_] = deposit.attachments
    deposit.attachments[id_] = sealed(File().content).encode()


def _foreign_tag(mailbox: Mailbox, deposit: Deposit) -> None:
    [id_] = deposit.attachments
    mailbox.submit_with(deposit, attachments={id_: "A" * 22})


def _other_bytes(mailbox: Mailbox, deposit: Deposit) -> None:
    [id_] = deposit.attachments
    mailbox.seal_anew(deposit, id_, b"other bytes")


def _bomb(mailbox: Mailbox, deposit: Deposit) -> None:
    [id_] = deposit.attachments
    token = sealed(b"\0" * 30_000_000, compress=True)
    deposit.attachments[id_] = token.encode()
    mailbox.submit_with(deposit, attachments={id_: token.rpartition(".")[2]})


@pytest.mark.parametrize(
    ("tamper", "code"),
    [
        (_swapped, "fit-attachment-tag"),
        (_foreign_tag, "fit-attachment-tag"),
        (_other_bytes, "fit-attachment-hash"),
        (_flipped, "fit-attachment-encryption"),
        (_cut, "fit-attachment-tag"),
        (_longer, "fit-attachment-encryption"),
        (
            lambda m, d: d.attachments.update({next(iter(d.attachments)): b""}),
            "fit-attachment-tag",
        ),
        (_bomb, "fit-attachment-too-large"),
    ],
    ids=[
        "swapped",
        "foreign tag",
        "other bytes",
        "flipped",
        "cut",
        "longer",
        "empty",
        "bomb",
    ],
)
async def test_an_attachment_that_does_not_verify_is_dropped(
    tamper: Callable[[Mailbox, Deposit], object], code: str
) -> None:
    mailbox = Mailbox()
    file = File(content=b"%PDF" * 2000)
    deposit = mailbox.deposit(files=(file,))
    tamper(mailbox, deposit)

    stored, shelf = await receive(mailbox, deposit, most_attachment_mb=1)

    assert codes(stored) == [code]
    assert shelf.attachments == []
    assert shelf.main.content == DATA
    assert isinstance(stored.inspection, Faulty)
    assert file.id in stored.inspection.problems[0].german
    assert stored.inspection.problems[0].location == file.id


async def test_one_broken_attachment_does_not_keep_the_others_out() -> None:
    mailbox = Mailbox()
    files = (File(b"one"), File(b"two"), File(b"three"))
    deposit = mailbox.deposit(files=files)
    deposit.attachments[files[1].id] = sealed(b"two").encode()

    stored, shelf = await receive(mailbox, deposit)

    assert codes(stored) == ["fit-attachment-tag"]
    assert [one.content for one in shelf.attachments] == [b"one", b"three"]


async def test_two_attachments_cannot_change_places() -> None:
    mailbox = Mailbox()
    one, two = File(b"one"), File(b"two")
    deposit = mailbox.deposit(files=(one, two))
    jwes = deposit.attachments
    jwes[one.id], jwes[two.id] = jwes[two.id], jwes[one.id]

    stored, shelf = await receive(mailbox, deposit)

    assert codes(stored) == ["fit-attachment-tag"] * 2
    assert shelf.attachments == []


async def test_a_fragment_that_was_swapped_spoils_the_whole() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(files=(File(content=b"abcdef" * 100, cuts=2),))
    first, second = deposit.attachments
    jwes = deposit.attachments
    jwes[first], jwes[second] = jwes[second], jwes[first]

    stored, shelf = await receive(mailbox, deposit)

    assert codes(stored) == ["fit-attachment-tag"]
    assert shelf.attachments == []


async def test_nobody_is_blamed_for_what_was_garbled_once_on_the_way() -> None:
    mailbox = Mailbox()
    file = File()
    deposit = mailbox.deposit(files=(file,))
    asked: list[int] = []

    def garbled_once(_: httpx.Request) -> httpx.Response | None:
        asked.append(1)
        cut = deposit.attachments[file.id][:-30]
        return httpx.Response(200, content=cut) if len(asked) == 1 else None

    mailbox.faults[file.id] = garbled_once

    stored, shelf = await receive(mailbox, deposit)

    assert stored.inspection == Intact()
    assert [one.content for one in shelf.attachments] == [file.content]


class Broken(httpx.AsyncByteStream):
    """Breaks off after some bytes."""

    def __init__(self, begun: bytes) -> None:
        self.begun = begun

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.begun
        raise httpx.RemoteProtocolError("cut")


@pytest.mark.parametrize("times", [1, 2])
async def test_a_download_that_breaks_off_is_begun_anew_once(times: int) -> None:
    mailbox = Mailbox()
    file = File(content=b"x" * 50_000)
    deposit = mailbox.deposit(files=(file,))
    left = [1] * times

    def breaking(_: httpx.Request) -> httpx.Response | None:
        if not left:
            return None
        left.pop()
        begun = deposit.attachments[file.id][:20_000]
        return httpx.Response(200, stream=Broken(begun))

    mailbox.faults[file.id] = breaking
    shelf = MemoryShelf()

    if times == 1:
        stored, _ = await receive(mailbox, deposit, shelf)
        assert stored.inspection == Intact()
    else:
        with pytest.raises(BrokenOff):
            await receive(mailbox, deposit, shelf)
    assert not shelf.is_open


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (problem(404, "attachment-not-found"), StrangeAnswer),
        (problem(404, "submission-not-found"), SubmissionNotThere),
        (problem(500), ServerError),
        (
            httpx.Response(200, html="<p>", headers={"Content-Encoding": "br"}),
            StrangeAnswer,
        ),
    ],
)
async def test_what_the_service_cannot_deliver_is_no_fault_of_the_sender(
    answer: httpx.Response, failure: type[Exception]
) -> None:
    mailbox = Mailbox()
    file = File()
    deposit = mailbox.deposit(files=(file,))
    mailbox.faults[file.id] = lambda _: answer
    shelf = MemoryShelf()

    with pytest.raises(failure):
        await receive(mailbox, deposit, shelf)
    assert not shelf.is_open


async def test_an_attachment_larger_than_allowed_is_not_read_to_its_end() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(files=(File(content=b"x" * 100_000), File()))

    stored, shelf = await receive(mailbox, deposit, most_attachment_mb=0.05)

    assert codes(stored) == ["fit-attachment-too-large"]
    assert len(shelf.attachments) == 1


async def test_more_than_allowed_in_all_is_refused_at_once() -> None:
    mailbox = Mailbox()
    files = tuple(File(content=b"x" * 30_000) for _ in range(4))
    deposit = mailbox.deposit(files=files)

    stored, _ = await receive(mailbox, deposit, most_total_mb=0.1)

    assert codes(stored) == ["fit-attachments-too-many"]
    downloads = [one for one in mailbox.requests if "/attachments/" in one.url.path]
    assert len(downloads) == 3


async def test_too_many_attachments_are_not_even_fetched() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(files=tuple(File(content=b"") for _ in range(4)))

    stored, _ = await receive(mailbox, deposit, most_attachments=3)

    assert codes(stored) == ["fit-attachments-too-many"]
    assert not [one for one in mailbox.requests if "/attachments/" in one.url.path]


async def test_a_full_disk_leaves_nothing_open() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(files=(File(content=b"x" * 100_000),))
    shelf = MemoryShelf(room=50_000)

    with pytest.raises(StorageFull):
        await receive(mailbox, deposit, shelf)

    assert not shelf.is_open
    assert shelf.dropped == 1


async def test_storing_twice_says_the_same() -> None:
    mailbox = Mailbox()
    file = File()
    deposit = mailbox.deposit(files=(file,))
    deposit.attachments[file.id] = sealed(b"other").encode()
    opened = await mailbox.inbox().open(deposit.announced)
    assert not isinstance(opened, Gone)

    first = await opened.store(MemoryShelf())
    second = await opened.store(MemoryShelf())

    assert first == second


async def test_nothing_of_the_submission_appears_in_a_repr_or_a_problem() -> None:
    mailbox = Mailbox()
    file = File(filename="Erika Mustermann.pdf")
    deposit = mailbox.deposit(data=b'{"name":"Mustermann"}', files=(file,))
    deposit.attachments[file.id] = sealed(b"Mustermann").encode()

    stored, _ = await receive(mailbox, deposit)

    assert "Mustermann" not in repr(stored.inspection)
    opened = await mailbox.inbox().open(deposit.announced)
    assert not isinstance(opened, Gone)
    assert "Mustermann" not in repr(opened._parts)
    assert str(deposit.body["encryptedData"])[:40] not in repr(opened._parts)


async def test_the_service_is_what_was_announced() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    deposit.body["publicService"] = {"identifier": SERVICE + str(uuid4())[:2]}

    opened = await mailbox.inbox().open(deposit.announced)

    assert not isinstance(opened, Gone)
    assert opened.service.startswith(SERVICE)
