"""The way of a submission over the sandbox's desks, in both generations."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.counterparts.fitconnect_party import (
    EVENTS,
    Party,
    Sent,
    Town,
    kinds_of,
    read,
    town,
)
from tests.fitconnect_keys import test_key


@pytest.fixture(params=["v1", "v2"])
async def place(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    async with town(tmp_path, version=request.param) as made:
        yield made


async def kinds(party: Party, sent: Sent) -> list[str]:
    """Names of the case's events, all by keys that are published."""
    return kinds_of(await party.log(sent))


async def listed(party: Party) -> list[str]:
    answer = await party.http.get("/submissions")
    return [one["submissionId"] for one in answer.json()["submissions"]]


async def test_what_is_sent_lies_there_byte_for_byte_until_it_is_accepted(
    place: Town,
) -> None:
    sender, subscriber = place.sender, place.subscriber
    sent = await sender.send("Müller-Lüdenscheidt".encode(), [b"one", b"\0" * 70_000])
    shown = (await subscriber.http.get(f"/submissions/{sent.submission}")).json()
    attached = {
        one: (
            await subscriber.http.get(
                f"/submissions/{sent.submission}/attachments/{one}"
            )
        ).text
        for one in shown["attachments"]
    }
    before = await listed(subscriber)
    accepted = await subscriber.accept(sent)

    assert before == [sent.submission]
    assert (shown["encryptedMetadata"], shown["encryptedData"]) == (
        sent.metadata,
        sent.data,
    )
    assert attached == sent.attachments
    assert (accepted.status_code, accepted.content) == (204, b"")
    assert await listed(subscriber) == []
    assert await kinds(sender, sent) == [
        "create-submission",
        "submit-submission",
        "accept-submission",
    ]


async def test_the_event_of_submitting_holds_the_tags_of_what_was_sent(
    place: Town,
) -> None:
    sent = await place.sender.send(attachments=[b"one", b"two"])

    [_, token] = await place.subscriber.log(sent)
    claims = read(token)

    assert claims["events"] == {
        f"{EVENTS}submit-submission": {"authenticationTags": sent.tags}
    }
    assert claims["iss"] == place.sandbox.base_url
    assert claims["sub"] == f"submission:{sent.submission}"
    assert claims["txn"] == f"case:{sent.case}"


async def test_each_generation_names_the_service_in_its_own_way(place: Town) -> None:
    sent = await place.sender.send()

    old, new = [
        (
            await place.subscriber.http.get(
                f"{place.sandbox.base_url}/{version}/submissions/{sent.submission}"
            )
        ).json()
        for version in ("v1", "v2")
    ]

    assert old["serviceType"] == new["publicService"]
    assert "publicService" not in old
    assert "serviceType" not in new
    assert old["encryptedData"] == new["encryptedData"]


async def test_a_rejection_ends_a_submission_as_well(place: Town) -> None:
    sent = await place.sender.send()

    rejected = await place.subscriber.reject(sent)

    assert rejected.status_code == 204
    assert await listed(place.subscriber) == []
    assert (await kinds(place.sender, sent))[-1] == "reject-submission"


async def test_a_case_goes_on_with_a_further_submission(place: Town) -> None:
    first = await place.sender.send()
    second = await place.sender.send(caseId=first.case)
    path = f"/submissions/{second.submission}/events"
    own = (await place.sender.http.get(path)).json()

    assert second.case == first.case
    assert len(await place.sender.log(first)) == 4
    assert (own["count"], own["totalCount"]) == (2, 2)
    assert [read(token)["sub"] for token in own["eventLog"]] == [
        f"submission:{second.submission}"
    ] * 2


async def test_lists_and_logs_have_pages(place: Town) -> None:
    first = await place.sender.send()
    others = [(await place.sender.send(caseId=first.case)) for _ in range(2)]
    wanted = [one.submission for one in (first, *others)]
    query: dict[str, str | int] = {"offset": 1, "limit": 1}
    query["destinationId"] = place.sandbox.destination
    page = (await place.subscriber.http.get("/submissions", params=query)).json()
    log = f"/cases/{first.case}/events"
    events = await place.subscriber.http.get(log, params={"offset": 4, "limit": 500})
    beyond = await place.subscriber.http.get(log, params={"limit": 501})

    assert (page["offset"], page["count"], page["totalCount"]) == (1, 1, 3)
    assert [one["submissionId"] for one in page["submissions"]] == wanted[1:2]
    assert await listed(place.subscriber) == wanted
    assert (events.json()["count"], events.json()["totalCount"]) == (2, 6)
    assert beyond.status_code == 400


async def test_what_everybody_may_know_is_told_without_a_token(place: Town) -> None:
    base = place.sandbox.base_url
    async with httpx.AsyncClient(base_url=base, trust_env=False) as nobody:
        keys = (await nobody.get("/.well-known/jwks.json")).json()["keys"]
        info = (await nobody.get(f"/{place.sender.version}/info")).json()
        status = await nobody.get("/status")
        destination = await nobody.get(f"/v2/destinations/{place.sandbox.destination}")
        guarded = await nobody.get(f"/v1/destinations/{place.sandbox.destination}")

    assert [key["kid"] for key in keys] == [test_key("service").kid]
    assert keys[0]["key_ops"] == ["verify"]
    assert set(info["version"]) == {"major", "minor", "patch"}
    assert status.status_code == 200
    assert destination.json()["status"] == "active"
    assert guarded.status_code == 401


async def test_data_may_be_lacking_only_on_v1(place: Town) -> None:
    sent = await place.sender.announced()
    metadata = await place.sender.seal(b"{}")
    path = f"/submissions/{sent.submission}"

    answer = await place.sender.http.put(path, json={"encryptedMetadata": metadata})

    assert answer.status_code == (200 if place.sender.version == "v1" else 400)
