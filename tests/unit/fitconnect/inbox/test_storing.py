"""What is stored has been verified; what does not verify is not stored."""

import json

import pytest

from adapters.fitconnect.events.tags import tags_json
from adapters.fitconnect.inbox.inspecting import safe_media_type
from schemas.channels import Intact
from schemas.checking.claims import SchemaUri
from tests.fakes.fitconnect_deposit import DATA, SCHEMA, File
from tests.fakes.fitconnect_mailbox import Mailbox
from tests.unit.fitconnect.inbox.receiving import receive

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
