"""Notes, documents, encryption and verdicts, without a service."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fitconnect.client.failures import (
    Busy,
    DestinationInactive,
    FitRefused,
    RequestWrong,
)
from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.jose.jwe import decrypt, tag_of
from adapters.fitconnect.jose.keyring import Keyring
from adapters.fitconnect.outbox import notes as noting
from adapters.fitconnect.outbox.counterpart import metadata_version, read_counterpart
from adapters.fitconnect.outbox.documents import exactly, filename, media_type
from adapters.fitconnect.outbox.errors import (
    CounterpartUnfit,
    LogGone,
    MetadataNotOffered,
    TagsDiffer,
)
from adapters.fitconnect.outbox.notes import Announcement, Begun, Notes
from adapters.fitconnect.outbox.outcomes import outcome_of
from adapters.fitconnect.outbox.sealing import SealedUpload, Span, sealed_whole
from adapters.fitconnect.outbox.standing import (
    Announce,
    Closed,
    Done,
    Foreign,
    GoOn,
    LogView,
    Move,
    NoLog,
    NotShown,
    Occupied,
    Shown,
    Undecided,
    Unprovable,
    may_submit,
    next_move,
)
from adapters.fitconnect.outbox.uploading import spans_of
from schemas.errors import EngineError, FailureKind, ObjectDamaged, SecretMissing
from schemas.outcomes import DeliveryFailed, OutcomeUnknown
from tests.fitconnect_keys import test_key
from tests.parcels import make_document

RING = Keyring([test_key("destination")])
KEY = test_key("destination").public()
TAGS = Tags(metadata="M" * 22, data="D" * 22, attachments={})
OTHER_TAGS = replace(TAGS, data="E" * 22)


def announcement(submission: str = "s1", payload: str = "p") -> Announcement:
    return Announcement(
        destination="z", submission=submission, case="c", payload=payload
    )


def begun(submission: str = "s1", payload: str = "p") -> Begun:
    return Begun(
        destination="z",
        submission=submission,
        case="c",
        payload=payload,
        tags=(TAGS,),
    )


NEW = Notes(announcement=announcement())
ONE = replace(NEW, begun={"s1": begun()})
LATER = replace(NEW, begun={"s0": begun("s0")})
TWO = replace(NEW, begun={"s0": begun("s0"), "s1": begun()})


@pytest.mark.parametrize(
    ("notes", "views", "closed", "move"),
    [
        (Notes(), {}, Closed(), Announce()),
        (NEW, {}, Closed(), GoOn()),
        (NEW, {}, Closed(gone=frozenset({"s1"})), Announce()),
        (NEW, {}, Closed(refused=frozenset({"s1"})), Announce()),
        (
            replace(NEW, announcement=announcement(payload="q")),
            {},
            Closed(),
            Announce(),
        ),
        (ONE, {"s1": Shown(tags=TAGS)}, Closed(), Done(begun=begun())),
        (ONE, {"s1": Shown(tags=OTHER_TAGS)}, Closed(), Foreign()),
        (ONE, {"s1": NotShown(deleted=False)}, Closed(), GoOn()),
        (ONE, {"s1": NotShown(deleted=True)}, Closed(), Announce()),
        (ONE, {"s1": NoLog()}, Closed(), Unprovable()),
        # A typed "not found" ends it; any other refusal may be of what is there.
        (
            ONE,
            {"s1": NotShown(deleted=False)},
            Closed(gone=frozenset({"s1"})),
            Announce(),
        ),
        (
            ONE,
            {"s1": NotShown(deleted=False)},
            Closed(refused=frozenset({"s1"})),
            Undecided(),
        ),
        (LATER, {"s0": NotShown(deleted=False)}, Closed(), Undecided()),
        (LATER, {"s0": Shown(tags=TAGS)}, Closed(), Done(begun=begun("s0"))),
        (
            TWO,
            {"s0": NotShown(deleted=False), "s1": NotShown(deleted=False)},
            Closed(),
            Undecided(),
        ),
        (
            TWO,
            {"s0": NotShown(deleted=False), "s1": Shown(tags=TAGS)},
            Closed(),
            Done(begun=begun()),
        ),
        (
            TWO,
            {"s0": NotShown(deleted=True), "s1": NotShown(deleted=False)},
            Closed(),
            GoOn(),
        ),
        (
            TWO,
            dict.fromkeys(("s0", "s1"), NotShown(deleted=True)),
            Closed(),
            Announce(),
        ),
    ],
)
def test_what_comes_next_follows_from_notes_and_logs(
    notes: Notes, views: dict[str, LogView], closed: Closed, move: Move
) -> None:
    assert next_move(notes, "p", views, closed) == move


def test_something_else_is_never_sent_beside_what_may_be_there() -> None:
    shown, hidden = Shown(tags=TAGS), NotShown(deleted=False)

    assert next_move(ONE, "q", {"s1": shown}) == Occupied()
    assert next_move(ONE, "q", {"s1": hidden}) == Undecided()
    assert next_move(ONE, "q", {"s1": NotShown(deleted=True)}) == Announce()


def test_a_submit_leaves_only_when_it_is_the_only_one() -> None:
    assert may_submit(ONE, "s1")
    assert not may_submit(TWO, "s1")
    assert not may_submit(LATER, "s1")
    assert not may_submit(NEW, "s1")


ids = st.uuids(version=4).map(str)
tags = st.text("abcXYZ-_09", min_size=22, max_size=22)


@given(st.dictionaries(ids, tags, max_size=5), tags, tags, st.text(max_size=40))
def test_notes_are_read_as_they_were_written(
    uploads: dict[str, str], metadata: str, data: str, payload: str
) -> None:
    parts = {f"{n:04}.pdf": (one,) for n, one in enumerate(uploads)}
    told = replace(announcement(payload=payload), parts=parts)
    hashes = dict.fromkeys(parts, "ab")
    notes = Notes(announcement=told, uploaded=uploads, hashes=hashes)
    submit = noting.with_submit(notes, metadata, data)
    kept = {**noting.announced(told), **noting.submitting(notes, submit)}

    found = noting.read_notes(kept)

    assert found == replace(notes, begun={"s1": submit})
    assert submit.tags == (Tags(metadata=metadata, data=data, attachments=uploads),)


def test_a_repeated_submit_keeps_the_tags_of_the_first() -> None:
    first = noting.with_submit(NEW, "M" * 22, "D" * 22)
    notes = replace(NEW, begun={"s1": first})

    second = noting.with_submit(notes, "N" * 22, "D" * 22)

    assert second.tags[:1] == first.tags
    assert len(second.tags) == 2


def test_a_new_announcement_voids_what_came_to_nothing() -> None:
    kept = noting.submitting(NEW, begun("s0"))

    kept |= noting.announced(announcement("s2"), ["s0"])

    assert noting.read_notes(kept) == Notes(announcement=announcement("s2"))


@given(st.binary(max_size=5000), st.integers(1, 700), st.integers(1, 4))
async def test_fragments_together_are_the_document(
    content: bytes, step: int, parts: int
) -> None:
    document = make_document(content, step=step)
    spans = spans_of(document, parts if len(content) >= 20 else 1)

    found = [
        b"".join([chunk async for chunk in exactly(document, s.start, s.length)])
        for s in spans
    ]

    assert b"".join(found) == content


@pytest.mark.parametrize("size", [0, 1, 499, 501, 9000])
@pytest.mark.parametrize("step", [1, 100, 1000])
async def test_a_document_of_another_size_is_damaged(size: int, step: int) -> None:
    document = replace(make_document(b"x" * 500, step=step), size=size)

    with pytest.raises(ObjectDamaged):
        _ = [chunk async for chunk in exactly(document, 0, size)]


@given(st.binary(max_size=3000), st.integers(1, 700))
async def test_what_is_sealed_opens_and_is_as_long_as_announced(
    content: bytes, step: int
) -> None:
    document = make_document(content, step=step)
    span = Span(document=document, start=0, length=len(content))
    sealed = SealedUpload(span, KEY, content_type="application/pdf")
    upload = sealed.upload()

    token = b"".join([chunk async for chunk in upload.open()])

    assert len(token) == upload.length
    assert decrypt(RING, token, limit=3000) == content
    assert tag_of(token) == sealed.tag
    assert sealed.sha512 == hashlib.sha512(content).hexdigest()


async def test_each_opening_encrypts_anew_and_the_last_one_counts() -> None:
    document = make_document()
    sealed = SealedUpload(
        Span(document=document, start=0, length=document.size),
        KEY,
        content_type="application/xml",
    )
    upload = sealed.upload()

    first = b"".join([chunk async for chunk in upload.open()])
    second = b"".join([chunk async for chunk in upload.open()])

    assert first.split(b".")[1:3] != second.split(b".")[1:3]
    assert sealed.tag == tag_of(second) != tag_of(first)


async def test_a_large_document_passes_in_small_pieces() -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 1_000_000

    document = replace(make_document(), size=40_000_000, open=stream)
    span = Span(document=document, start=0, length=document.size)
    sealed = SealedUpload(span, KEY, content_type="application/pdf")

    sizes = [len(chunk) async for chunk in sealed.upload().open()]

    assert max(sizes) < 2_000_000
    assert sum(sizes) == sealed.upload().length


async def test_nothing_of_a_damaged_document_passes_as_whole() -> None:
    document = replace(make_document(b"x" * 100), size=101)
    span = Span(document=document, start=0, length=101)
    sealed = SealedUpload(span, KEY, content_type="application/pdf")
    upload = sealed.upload()
    sent = list[bytes]()

    async def send() -> None:
        async for chunk in upload.open():
            sent.append(chunk)

    with pytest.raises(ObjectDamaged):
        await send()

    assert len(b"".join(sent)) < (upload.length or 0)
    assert sealed.tag == ""
    with pytest.raises(ObjectDamaged):
        await sealed_whole(document, KEY, content_type="application/xml")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Nachweis.pdf", "Nachweis.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("Antrag für Größe.xml", "Antrag für Größe.xml"),
        ("zeile\nfolgt.xml", "zeilefolgt.xml"),
        ("\x00nul.xml", "nul.xml"),
        ("", "0001.xml"),
        (".", "0001.xml"),
        ("ab\u202egnp.exe", "abgnp.exe"),
        ("Ș̌ łęć.pdf", "Ș̌ łęć.pdf"),
    ],
)
def test_a_file_name_is_the_senders_and_harmless(theirs: str, ours: str) -> None:
    assert filename(make_document(filename=theirs)) == ours


@pytest.mark.parametrize(
    ("given_type", "found"),
    [
        ("application/pdf", "application/pdf"),
        ("Text/XML; charset=utf-8", "text/xml"),
        ("application/pdf\r\nX-Evil: 1", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("a/" + "b" * 200, "application/octet-stream"),
    ],
)
def test_a_media_type_is_one_or_none(given_type: str, found: str) -> None:
    assert media_type(make_document(media_type=given_type)) == found


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Busy(), DeliveryFailed(kind=FailureKind.AWAY, code="E-FIT-BUSY")),
        (
            DestinationInactive(),
            DeliveryFailed(
                kind=FailureKind.AWAY,
                code="E-FIT-DESTINATION-INACTIVE",
                whole_destination=True,
            ),
        ),
        (FitRefused(), DeliveryFailed(kind=FailureKind.SENDER, code="E-FIT-REFUSED")),
        (RequestWrong(), DeliveryFailed(kind=FailureKind.OURS, code="E-FIT-REQUEST")),
        (
            ObjectDamaged(),
            DeliveryFailed(kind=FailureKind.OURS, code="E-OBJECT-DAMAGED"),
        ),
        (
            SecretMissing(),
            DeliveryFailed(
                kind=FailureKind.AWAY, code="E-SECRET-MISSING", whole_destination=True
            ),
        ),
        (TagsDiffer(), DeliveryFailed(kind=FailureKind.OURS, code="E-FIT-TAGS-DIFFER")),
    ],
)
def test_what_never_left_has_failed(
    error: EngineError, outcome: DeliveryFailed
) -> None:
    assert outcome_of(error, may_be_there=False) == outcome


@pytest.mark.parametrize("error", [Busy(), FitRefused(), LogGone(), SecretMissing()])
def test_what_may_be_there_has_not_failed(error: EngineError) -> None:
    assert outcome_of(error, may_be_there=True) == OutcomeUnknown(code=error.code)


@pytest.mark.parametrize(
    ("offered", "wanted", "found"),
    [
        (["1.0.0", "2.1.0", "2.0.0"], "newest", "2.1.0"),
        (["2.10.0", "2.9.0"], "newest", "2.10.0"),
        (["1.0.0", "3.0.0"], "newest", "1.0.0"),
        ([], "newest", "1.0.0"),
        (["1.0.0", "2.1.0"], "1.0.0", "1.0.0"),
        (["2.1.0", "quatsch", "2.1"], "newest", "2.1.0"),
    ],
)
def test_the_newest_metadata_both_know_are_written(
    offered: list[str], wanted: str, found: str
) -> None:
    counterpart = read_counterpart(
        {"status": "active", "encryptionKid": "k", "metadataVersions": offered}, "z"
    )

    assert metadata_version(counterpart, wanted, majors=frozenset({1, 2})) == found


@pytest.mark.parametrize(
    ("offered", "wanted"), [(["3.0.0"], "newest"), (["2.1.0"], "2.0.0")]
)
def test_metadata_nobody_takes_are_not_written(offered: list[str], wanted: str) -> None:
    counterpart = read_counterpart(
        {"status": "active", "encryptionKid": "k", "metadataVersions": offered}, "z"
    )

    with pytest.raises(MetadataNotOffered):
        metadata_version(counterpart, wanted, majors=frozenset({1, 2}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ("services", "identifier", "submissionSchemas", "schemaUri", "mimeType")
            )
            | st.text(max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(
            (
                "destinationId",
                "status",
                "encryptionKid",
                "metadataVersions",
                "services",
                "publicServices",
            )
        ),
        json_values,
    )
)
def test_any_description_is_read_or_called_strange(answer: dict[str, object]) -> None:
    try:
        found = read_counterpart(answer, "z")
    except CounterpartUnfit:
        return
    assert found.id == "z"
