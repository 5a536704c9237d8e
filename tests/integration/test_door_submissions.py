"""Handing in: what is answered is stored, once, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.documents import Role
from schemas.errors import DatabaseAway
from schemas.ids import parse_tracking_id
from tests.fakes.doorstep import (
    HUNDESTEUER,
    SENDER,
    SUBMISSIONS,
    WOHNGELD,
    XML,
    Doorstep,
    assert_problem,
    attachment,
    form_headers,
    headers,
    main_part,
    multipart,
    pieces,
    post,
)


async def test_a_submission_is_answered_after_the_commit() -> None:
    step = Doorstep()
    woken_at_commit: list[int] = []
    step.intake.before = lambda: woken_at_commit.append(step.woken)

    answer = await post(step)

    document = answer.json()
    tracking = parse_tracking_id(document["tracking_id"])
    assert answer.status_code == 202
    assert answer.headers["location"] == f"{SUBMISSIONS}/{tracking}"
    assert document == {
        "case_number": "2026-000001",
        "tracking_id": tracking,
        "status": "received",
        "links": {"self": f"{SUBMISSIONS}/{tracking}"},
    }
    assert (woken_at_commit, step.woken) == ([0], 1)


async def test_a_document_arrives_byte_for_byte() -> None:
    step = Doorstep()

    await post(step, pieces(XML))

    [arrival] = step.intake.arrivals
    [document] = arrival.documents
    assert step.vault.objects == {document.stored.id: XML}
    assert (document.role, document.position) == (Role.MAIN, 0)
    assert document.media_type == "application/xml"
    assert (arrival.service, arrival.sender) == (WOHNGELD, SENDER)
    assert (arrival.office, arrival.key) == ("wohngeld", "k-1")
    assert arrival.snapshot.hash.startswith(WOHNGELD)
    assert arrival.received_at == step.clock.moment


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/xml", XML),
        ("text/xml; charset=UTF-8", XML),
        ("Application/JSON", b'{"name": "M\xc3\xbcller"}'),
        ("application/json; charset=utf-8", b"[]"),
    ],
)
async def test_xml_and_json_are_taken(media_type: str, body: bytes) -> None:
    step = Doorstep()

    answer = await post(step, body, headers(content_type=media_type))

    assert answer.status_code == 202
    assert list(step.vault.objects.values()) == [body]


@pytest.mark.parametrize("main_at", [0, 1, 2])
async def test_attachments_keep_their_order_and_main_comes_first(main_at: int) -> None:
    step = Doorstep()
    parts = [attachment("a.pdf", b"A"), attachment("b.pdf", b"")]
    parts.insert(main_at, main_part())

    answer = await post(step, pieces(multipart(*parts), 11), form_headers())

    documents = step.intake.arrivals[0].documents
    assert answer.status_code == 202
    assert [d.position for d in documents] == [0, 1, 2]
    assert [d.role for d in documents] == [Role.MAIN] + [Role.ATTACHMENT] * 2
    assert [step.vault.objects[d.stored.id] for d in documents] == [XML, b"A", b""]


async def test_a_file_name_is_sealed_under_its_own_document() -> None:
    step = Doorstep()

    await post(step, multipart(main_part(), attachment("Müller.pdf")), form_headers())

    main, beleg = step.intake.arrivals[0].documents
    assert main.sealed_name.decode() == f"{main.stored.id}:"
    assert beleg.sealed_name.decode() == f"{beleg.stored.id}:Müller.pdf"


async def test_a_hundred_attachments_are_taken() -> None:
    step = Doorstep()
    parts = [attachment(f"{n}.pdf") for n in range(100)]

    answer = await post(step, multipart(main_part(), *parts), form_headers())

    assert answer.status_code == 202
    assert len(step.intake.arrivals[0].documents) == 101


async def test_the_service_may_stand_in_the_address() -> None:
    step = Doorstep()

    answer = await post(
        step,
        given=headers(amtsweg_service=None),
        query=f"?service=urn:de:fim:leika:leistung:{HUNDESTEUER}",
    )

    assert answer.status_code == 202
    assert step.intake.arrivals[0].office == "steuern"


async def test_a_correction_names_what_it_replaces() -> None:
    step = Doorstep()
    first = (await post(step)).json()["tracking_id"]

    answer = await post(
        step, given=headers(idempotency_key="k-2", amtsweg_replaces=first.lower())
    )

    assert answer.status_code == 202
    assert step.intake.arrivals[1].replaces == first


async def test_replacing_what_is_not_there_is_refused() -> None:
    step = Doorstep()

    answer = await post(step, given=headers(amtsweg_replaces="4DH9J-JJV2Z-15G6"))

    assert_problem(answer, 422, "E-REPLACES-UNKNOWN")
    assert step.vault.is_empty()
    assert not step.woken


async def test_when_the_commit_is_uncertain_the_documents_stay() -> None:
    """They may belong to a case: the sweeper asks the database, not us."""
    for failure in (DatabaseAway(), RuntimeError("driver")):
        step = Doorstep()
        step.intake.failure = failure

        answer = await post(step)

        assert answer.status_code in {500, 503}
        assert len(step.vault.objects) == 1
        assert not step.woken


async def test_a_database_that_is_away_is_said_so() -> None:
    step = Doorstep()
    step.intake.failure = DatabaseAway()

    answer = await post(step)

    assert_problem(answer, 503, "E-DATABASE-AWAY")
    assert answer.headers["retry-after"]


async def test_a_wake_up_that_fails_costs_nothing() -> None:
    step = Doorstep()

    def fail() -> None:
        raise OSError("no such channel")

    object.__setattr__(step, "wake", fail)

    assert (await post(step)).status_code == 202


@given(content=st.binary(max_size=300), size=st.integers(1, 50))
async def test_any_attachment_arrives_byte_for_byte(content: bytes, size: int) -> None:
    if b"--grenze" in content:
        return
    step = Doorstep()
    body = multipart(main_part(), attachment(content=content))

    answer = await post(step, pieces(body, size), form_headers())

    assert answer.status_code == 202
    stored = step.intake.arrivals[0].documents[1].stored
    assert step.vault.objects[stored.id] == content
