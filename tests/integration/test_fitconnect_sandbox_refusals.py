"""What the sandbox refuses, and with which problem."""

import base64
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.counterparts.fitconnect_party import (
    SERVICE,
    Town,
    problem_in,
    town,
)

Claims = dict[str, Any]
ID = "3b8b3c44-6f0f-4a0c-9d3b-1f6e2a7c5d10"
SCHEMAS = "https://schema.fitko.de/fit-connect/set-payload/"
UNSUPPORTED = "Payload Schema not supported"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("changed", "status", "kind"),
    [
        ({"destinationId": ID}, 404, "destination-not-found"),
        ({"caseId": ID}, 404, "case-not-found"),
        ({"publicService": None}, 400, "bad-request"),
        ({"publicService": {"identifier": "leika 99"}}, 400, "bad-request"),
        ({"announcedAttachments": [ID, ID]}, 400, "bad-request"),
        ({"announcedAttachments": ["no-uuid"]}, 400, "bad-request"),
        ({"announcedAttachments": [str(uuid.uuid1())]}, 400, "bad-request"),
        (
            {"announcedAttachments": [str(uuid.uuid4()) for _ in range(101)]},
            413,
            "payload-too-large",
        ),
        ({"callback": {"url": "https://a.example/"}}, 400, "bad-request"),
    ],
)
async def test_a_wrong_announcement_is_refused(
    place: Town, changed: Claims, status: int, kind: str
) -> None:
    answer = await place.sender.announce(**changed)

    assert answer.status_code == status
    assert problem_in(answer)["type"].endswith(kind)
    await place.sandbox.expect()


async def test_types_that_nobody_has_seen_do_not_look_official(place: Town) -> None:
    known = await place.sender.announce(destinationId=ID)
    assumed = await place.sender.announce(caseId=ID)

    assert problem_in(known)["type"] == (
        "https://schema.fitko.de/fit-connect/submission-api/problems"
        "/destination-not-found"
    )
    assert problem_in(assumed)["type"].startswith("urn:amtsweg:sandbox:")


async def test_the_old_name_of_the_service_is_not_understood_on_v2(
    place: Town,
) -> None:
    service = {"name": "", "identifier": SERVICE}

    answer = await place.sender.announce(publicService=None, serviceType=service)

    assert problem_in(answer)["status"] == 400


async def test_ids_of_attachments_are_used_once(place: Town) -> None:
    first = await place.sender.announce([ID])
    second = await place.sender.announce([ID])

    assert (first.status_code, problem_in(second)["status"]) == (201, 422)
    await place.sandbox.expect(announced=1)


async def test_only_an_active_destination_takes_submissions(place: Town) -> None:
    path = f"/destinations/{place.sandbox.destination}"
    api = f"{place.sandbox.base_url}/destination-api/v2"
    merge = {"Content-Type": "application/merge-patch+json"}
    patched = await place.subscriber.http.patch(
        api + path, content=b'{"status":"inactive"}', headers=merge
    )

    answer = await place.sender.announce()

    assert patched.json()["status"] == "inactive"
    assert problem_in(answer)["type"].endswith("/destination-state-invalid")


async def test_everything_announced_must_be_there_before_it_is_submitted(
    place: Town,
) -> None:
    sent = await place.sender.announced([ID])
    jwe = await place.sender.seal(b"{}")

    early = await place.sender.submit(sent, jwe, jwe)
    await place.sender.attach(sent, ID, jwe)
    late = await place.sender.submit(sent, jwe, jwe)

    assert (problem_in(early)["status"], late.status_code) == (422, 200)


async def test_what_was_submitted_does_not_change_any_more(place: Town) -> None:
    sent = await place.sender.send(attachments=[b"one"])
    [one] = sent.attachments
    other = await place.sender.seal(b'{"other":1}')

    again = await place.sender.submit(sent, other, other)
    attached = await place.sender.attach(sent, one, other)
    path = f"/submissions/{sent.submission}"
    shown = (await place.subscriber.http.get(path)).json()

    assert (problem_in(again)["status"], problem_in(attached)["status"]) == (409, 409)
    assert shown["encryptedData"] == sent.data


def jwe(header: Claims, *, parts: int = 5, tag: str = "A" * 22) -> str:
    """Looks like one; nobody could open it."""
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=")
    pieces = [encoded.decode(), "A" * 683, "A" * 16, "A" * 40, tag]
    return ".".join(pieces[:parts])


HEADER: Claims = {
    "alg": "RSA-OAEP-256",
    "enc": "A256GCM",
    "cty": "application/json",
    "kid": "a-key-of-ours",
}


@pytest.mark.parametrize(
    ("token", "title"),
    [
        (jwe(HEADER | {"alg": "RSA1_5"}), "Invalid JWE Header 'alg'"),
        (jwe(HEADER | {"enc": "A128CBC-HS256"}), "Invalid JWE Header 'enc'"),
        (jwe(HEADER | {"cty": "text/plain"}), "Invalid JWE Header 'cty'"),
        (jwe(HEADER | {"cty": None}), "Invalid JWE Header 'cty'"),
        (jwe(HEADER | {"zip": "DEF"}), "Invalid JWE Header 'zip'"),
        (jwe(HEADER | {"kid": None}), "Invalid JWE Header 'kid'"),
        (jwe(HEADER, parts=4), "Invalid JWE"),
        (jwe(HEADER) + ".AAAA", "Invalid JWE"),
        (jwe(HEADER, tag="short"), "Invalid JWE"),
        (jwe(HEADER).replace("AAAA.", "AA=A."), "Invalid JWE"),
        ("e30.AAAA.AAAA.AAAA." + "A" * 22, "Invalid JWE"),
        ("Straße", "Invalid JWE"),
    ],
)
async def test_what_is_no_proper_jwe_is_refused_by_its_outside(
    place: Town, token: str, title: str
) -> None:
    sent = await place.sender.announced()
    good = await place.sender.seal(b"{}")

    answers = [
        await place.sender.submit(sent, token, good),
        await place.sender.submit(sent, good, token),
    ]

    assert [problem_in(one)["title"] for one in answers] == [title] * 2
    assert {one.status_code for one in answers} == {422}
    await place.sandbox.expect(announced=1)


async def test_what_a_jwe_says_of_itself_can_be_looked_at_more_or_less_closely(
    place: Town,
) -> None:
    await place.sandbox.tell(switches={"zip_refused": False, "kid_enforced": True})
    sent = await place.sender.announced()
    zipped = await place.sender.seal(b"{}", zipped=True)

    strange = await place.sender.submit(sent, jwe(HEADER), zipped)
    known = await place.sender.submit(sent, zipped, zipped)

    assert problem_in(strange)["title"] == "Invalid JWE Header 'kid'"
    assert known.status_code == 200


async def test_attachments_have_limits_and_a_media_type(place: Town) -> None:
    await place.sandbox.tell(
        switches={"max_attachment_bytes": 2000, "max_sum_bytes": 3000}
    )
    ids = [str(uuid.uuid4()) for _ in range(3)]
    sent = await place.sender.announced(ids)
    small, large = [await place.sender.seal(b"x" * n) for n in (600, 2000)]
    plain = {"Content-Type": "text/plain"}

    answers = [
        await place.sender.attach(sent, ids[0], large),
        await place.sender.attach(sent, ids[0], small, plain),
        await place.sender.attach(sent, str(uuid.uuid4()), small),
        await place.sender.attach(sent, ids[0], small),
        await place.sender.attach(sent, ids[0], small),
        await place.sender.attach(sent, ids[1], small),
    ]

    assert [one.status_code for one in answers] == [413, 415, 404, 204, 204, 413]
