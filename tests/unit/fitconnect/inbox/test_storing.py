"""What is stored has been verified; what does not verify is not stored."""

import json
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
from adapters.fitconnect.events.tags import tags_json
from adapters.fitconnect.inbox.inspecting import safe_media_type
from adapters.fitconnect.jose.errors import KeyNotHeld
from schemas.channels import Faulty, Gone, Intact
from schemas.checking.claims import NoClaim, SchemaUri
from schemas.errors import StorageFull
from tests.fakes.fitconnect_api import problem
from tests.fakes.fitconnect_mailbox import (
    DATA,
    SCHEMA,
    SERVICE,
    Deposit,
    File,
    Mailbox,
    sealed,
)
from tests.fakes.shelf import MemoryShelf
from tests.unit.fitconnect.inbox.receiving import codes, receive

NAMES = "D’Àr̥gž Ğülcan-Łäẞler Nȯ 1.pdf"
"""Letters of DIN 91379."""


async def test_a_submission_is_stored_whole() -> None:
    mailbox = Mailbox()
    files = (File(), File(content=b"\x89PNG" * 30_000, mime="image/png"), File(b""))
    deposit = mailbox.deposit(files=files)

    stored, shelf = await receive(mailbox, deposit)

    assert stored.source == "rathaus"
    assert stored.channel == "fit-connect"
    assert (stored.submission, stored.case) == (deposit.submission, deposit.case)
    assert stored.claim == SchemaUri(uri=SCHEMA)
    assert stored.proof == tags_json(deposit.tags)
    assert stored.inspection == Intact()
    assert [event.author for event in stored.events] == ["service"] * 3
    assert [event.token for event in stored.events] == deposit.log
    assert (shelf.main.filename, shelf.main.media_type) == (
        "antrag.json",
        "application/json",
    )
    assert shelf.main.content == DATA
    assert shelf.kept[0] is shelf.main
    assert [one.content for one in shelf.attachments] == [f.content for f in files]
    assert [one.filename for one in shelf.attachments] == [f.filename for f in files]
    assert [one.media_type for one in shelf.attachments] == [f.mime for f in files]


async def test_xml_is_xml() -> None:
    mailbox = Mailbox()
    data = "<Antrag><Ort>Köln</Ort></Antrag>".encode()

    _, shelf = await receive(mailbox, mailbox.deposit(data=data))

    assert shelf.main.content == data
    assert (shelf.main.filename, shelf.main.media_type) == (
        "antrag.xml",
        "application/xml",
    )


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_what_was_compressed_is_taken(version: str) -> None:
    mailbox = Mailbox(version=version)
    deposit = mailbox.deposit(
        data=json.dumps({"long": "ä" * 100_000}).encode(),
        metadata_version="1.0.0",
        compress=True,
    )

    stored, _ = await receive(mailbox, deposit)

    assert stored.inspection == Intact()


async def test_a_hundred_attachments_keep_their_order() -> None:
    mailbox = Mailbox()
    files = tuple(File(content=b"x", filename=f"{n}.txt") for n in range(100))
    deposit = mailbox.deposit(files=files)

    stored, shelf = await receive(mailbox, deposit)

    assert stored.inspection == Intact()
    assert [one.filename for one in shelf.attachments] == [
        f"{n}.txt" for n in range(100)
    ]


async def test_fragments_are_joined_in_their_order() -> None:
    mailbox = Mailbox()
    content = bytes(range(256)) * 1000
    deposit = mailbox.deposit(files=(File(content=content, cuts=3), File()))
    assert len(deposit.attachments) == 4
    deposit.body["attachments"] = sorted(deposit.attachments)

    stored, shelf = await receive(mailbox, deposit)

    assert stored.inspection == Intact()
    assert shelf.attachments[0].content == content


async def test_names_of_people_survive() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(files=(File(filename=NAMES),))

    _, shelf = await receive(mailbox, deposit)

    assert shelf.attachments[0].filename == NAMES


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("../../etc/passwd", "../../etc/passwd"),
        ("a\x00b\r\nc\x7f.pdf", "abc.pdf"),
        ("gnp.\u202efdp", "gnp.fdp"),
        ("x" * 400, "x" * 255),
        ("\x01\x02", "anlage-1"),
    ],
)
async def test_a_hostile_file_name_is_only_text(theirs: str, ours: str) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(files=(File(filename=theirs),))

    _, shelf = await receive(mailbox, deposit)

    assert shelf.attachments[0].filename == ours


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Application/PDF; charset=x", "application/pdf"),
        ("text/html\r\nX-Evil: 1", "application/octet-stream"),
        ("nonsense", "application/octet-stream"),
        ("a/" + "b" * 300, "application/octet-stream"),
    ],
)
def test_a_hostile_media_type_is_none(theirs: str, ours: str) -> None:
    """Their schema forbids most; by another version's it may be allowed."""
    assert safe_media_type(theirs) == ours


# The data

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


# Attachments


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
    tamper: Tamper, code: str
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
