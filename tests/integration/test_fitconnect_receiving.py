"""Our mailbox against a service of its own: what it lists and proves."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.fitconnect.client.failures import NotLinked
from adapters.fitconnect.inbox.failures import LogTooNew
from schemas.channels import (
    AnswerTaken,
    Faulty,
    Intact,
    TechnicalAnswer,
    Unclear,
)
from tests.counterparts.fitconnect_mailbox import (
    DATA,
    accepting,
    announced,
    mailbox,
    received,
)
from tests.counterparts.fitconnect_party import (
    SCHEMA_URI,
    Town,
    metadata_of,
    town,
)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_a_submission_is_fetched_proved_stored_and_accepted(
    tmp_path: Path, version: str
) -> None:
    async with town(tmp_path, version=version) as place:
        files = [b"%PDF-1.7 " * 9000, b""]
        sent = await place.sender.send(DATA, files)
        async with mailbox(place, version=version) as inbox:
            assert await inbox.listing() == (announced(sent),)

            stored, shelf = await received(inbox, announced(sent))
            answer = accepting(stored)
            taken = await inbox.answer(answer, await inbox.sign(answer))

            assert stored.inspection == Intact()
            assert json.loads(stored.proof) == sent.tags
            assert shelf.main.content == DATA
            assert [one.content for one in shelf.attachments] == files
            assert [one.filename for one in shelf.attachments] == [
                "Anlage 1.bin",
                "Anlage 2.bin",
            ]
            assert isinstance(taken, AnswerTaken)
            assert await inbox.listing() == ()
        await place.sandbox.expect(accepted=1)


async def test_xml_and_its_schema_come_through(place: Town) -> None:
    data = "<Antrag><Ort>Köln</Ort></Antrag>".encode()
    sent = await place.sender.send(data, mime="application/xml")

    async with mailbox(place) as inbox:
        stored, shelf = await received(inbox, announced(sent))

    assert stored.inspection == Intact()
    assert getattr(stored.claim, "uri", "") == SCHEMA_URI
    assert shelf.main.filename == "antrag.xml"


async def test_a_rejection_arrives_with_its_problems(place: Town) -> None:
    sent = await place.sender.send(
        DATA, metadata=metadata_of(b'{"other":"data"}', {}), caseId=None
    )

    async with mailbox(place) as inbox:
        stored, _ = await received(inbox, announced(sent))
        assert isinstance(stored.inspection, Faulty)
        answer = TechnicalAnswer(
            submission=stored.submission,
            case=stored.case,
            accepted=False,
            proof=stored.proof,
            problems=stored.inspection.problems,
        )
        taken = await inbox.answer(answer, await inbox.sign(answer))

    assert [one.code for one in stored.inspection.problems] == ["fit-data-hash"]
    assert isinstance(taken, AnswerTaken)
    await place.sandbox.expect(rejected=1)


async def test_a_disordered_list_with_repetitions_is_the_same_list(
    place: Town,
) -> None:
    sent = [await place.sender.send() for _ in range(3)]
    await place.sandbox.tell(switches={"list_twice": True, "list_order": "reversed"})

    async with mailbox(place) as inbox:
        found = await inbox.listing()

    assert len(found) == 3
    assert set(found) == {announced(one) for one in sent}


@pytest.mark.parametrize("forgery", ["none", "rs256", "wrong-key"])
async def test_forged_events_are_not_believed(place: Town, forgery: str) -> None:
    await place.sandbox.tell(switches={"forge": forgery})
    sent = await place.sender.send()

    async with mailbox(place) as inbox:
        stored, shelf = await received(inbox, announced(sent))

    assert stored.inspection == Unclear(code="E-FIT-LOG")
    assert stored.events == ()
    assert shelf.main.media_type == "application/json"


async def test_a_key_that_is_not_published_leaves_the_submission_there(
    place: Town,
) -> None:
    await place.sandbox.tell(switches={"forge": "unknown-kid"})
    sent = await place.sender.send()

    async with mailbox(place) as inbox:
        with pytest.raises(LogTooNew):
            await received(inbox, announced(sent))
        assert await inbox.listing() == (announced(sent),)


async def test_foreign_tags_are_told_the_sender(place: Town) -> None:
    await place.sandbox.tell(switches={"forge": "foreign-tags"})
    sent = await place.sender.send()

    async with mailbox(place) as inbox:
        stored, _ = await received(inbox, announced(sent))

    assert isinstance(stored.inspection, Faulty)
    assert {one.code for one in stored.inspection.problems} == {
        "fit-metadata-tag",
        "fit-data-tag",
    }


async def test_what_was_swapped_on_the_way_is_refused(place: Town) -> None:
    sent = await place.sender.send(DATA, [b"one", b"two"])
    first, second = (
        place.sandbox.part(sent.submission, one) for one in sent.attachments
    )
    data = place.sandbox.part(sent.submission, "data")
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    data.write_text(await place.sender.seal(b'{"forged":1}'), encoding="ascii")

    async with mailbox(place) as inbox:
        stored, shelf = await received(inbox, announced(sent))

    assert isinstance(stored.inspection, Faulty)
    assert [one.code for one in stored.inspection.problems] == [
        "fit-data-tag",
        "fit-data-hash",
        "fit-attachment-tag",
        "fit-attachment-tag",
    ]
    assert shelf.main.media_type == "application/jose"
    assert shelf.attachments == []


async def test_expired_tokens_and_short_failures_are_got_over(place: Town) -> None:
    sent = await place.sender.send(DATA, [b"x" * 200_000])
    async with mailbox(place) as inbox:
        await inbox.listing()
        await place.sandbox.tell(expire_tokens=True)
        assert await inbox.listing() == (announced(sent),)

        for desk in ("read", "attachment"):
            await place.sandbox.tell(misbehave="drop", on=desk, times=1)
        stored, shelf = await received(inbox, announced(sent))

    assert stored.inspection == Intact()
    assert shelf.attachments[0].size == 200_000


async def test_a_client_that_is_not_linked_is_told_what_to_do(place: Town) -> None:
    sent = await place.sender.send()
    await place.sandbox.tell(
        link={
            "client_id": place.sandbox.subscriber.client_id,
            "destination_id": place.sandbox.destination,
            "linked": False,
        }
    )
    async with mailbox(place) as inbox:
        with pytest.raises(NotLinked, match="E-FIT-NOT-LINKED"):
            await inbox.open(announced(sent))


async def test_a_rate_limit_is_heeded_instead_of_hit(place: Town) -> None:
    await place.sandbox.tell(switches={"rate_limit": 3, "rate_window": 1.0})
    async with mailbox(place) as inbox:
        for _ in range(5):
            assert await inbox.listing() == ()


async def test_a_clock_that_is_four_minutes_ahead_is_tolerated(place: Town) -> None:
    await place.sandbox.tell(skew=240)
    sent = await place.sender.send()

    async with mailbox(place) as inbox:
        stored, _ = await received(inbox, announced(sent))

    assert stored.inspection == Intact()


async def test_the_check_of_a_sound_mailbox_finds_nothing(place: Town) -> None:
    async with mailbox(place) as inbox:
        findings = await inbox.check()

    assert [one for one in findings if not one.ok] == []
    assert len(findings) >= 6
