"""What the sandbox does wrong when it is told to, and that it has done its work."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from adapters.fitconnect.jose.errors import SignatureInvalid
from adapters.fitconnect.jose.jws import header_of
from tests.counterparts.fitconnect_party import (
    EVENTS,
    Town,
    accepting,
    problem_in,
    read,
    town,
)
from tests.fitconnect_keys import test_key


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


async def test_it_answers_with_a_status_as_often_as_it_is_told(place: Town) -> None:
    await place.sandbox.tell(misbehave="503", on="list", times=2)

    answers = [await place.subscriber.http.get("/submissions") for _ in range(3)]
    other = await place.sender.announce()

    assert [one.status_code for one in answers] == [503, 503, 200]
    assert problem_in(answers[0])["status"] == 503
    assert other.status_code == 201


@pytest.mark.parametrize(
    ("fault", "done"),
    [
        ("drop", {"submitted": 1}),
        ("500", {"submitted": 1}),
        ("garbage", {"submitted": 1}),
        ("commit-then-drop", {"accepted": 1}),
        ("commit-then-500", {"accepted": 1}),
        ("commit-then-garbage", {"accepted": 1}),
    ],
)
async def test_the_answer_to_an_event_is_lost_before_or_after_it_was_taken(
    place: Town, fault: str, done: dict[str, int]
) -> None:
    sent = await place.sender.send()
    await place.sandbox.tell(misbehave=fault, on="answer", times=1)

    try:
        answer = await place.subscriber.accept(sent)
    except httpx.HTTPError:
        assert fault.endswith("drop")
    else:
        assert answer.status_code != 204
    await place.sandbox.expect(**done)


async def test_it_hangs_until_the_caller_goes_and_has_done_its_work(
    place: Town,
) -> None:
    sent = await place.sender.send()
    await place.sandbox.tell(misbehave="commit-then-hang", on="answer", times=1)
    token = place.subscriber.signed(accepting(place.sandbox, sent))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await place.subscriber.answer(sent, token)

    await place.sandbox.expect(accepted=1)


async def test_whoever_hangs_is_let_go_when_it_stops(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        await place.sandbox.tell(misbehave="hang", on="list")
        hanging = asyncio.create_task(place.subscriber.http.get("/submissions"))
        while not (await place.sandbox.state())["hanging"]:
            pass
    with pytest.raises(httpx.HTTPError):
        await hanging


async def test_lists_name_twice_and_logs_come_reversed_on_demand(place: Town) -> None:
    sent = [await place.sender.send() for _ in range(2)]
    ids = [one.submission for one in sent]
    straight = await place.subscriber.log(sent[0])
    await place.sandbox.tell(
        switches={
            "list_twice": True,
            "list_order": "reversed",
            "events_order": "reversed",
        }
    )

    shown = (await place.subscriber.http.get("/submissions")).json()["submissions"]
    turned = await place.subscriber.log(sent[0])

    assert [one["submissionId"] for one in shown] == ids[::-1] * 2
    assert turned == straight[::-1]


async def test_it_takes_its_time_on_demand(place: Town) -> None:
    await place.sandbox.tell(switches={"latency": 0.2})
    loop = asyncio.get_running_loop()
    before = loop.time()

    await place.subscriber.http.get("/submissions")

    assert loop.time() - before >= 0.2


@pytest.mark.parametrize("forgery", ["none", "rs256", "wrong-key"])
async def test_events_are_forged_on_demand(place: Town, forgery: str) -> None:
    await place.sandbox.tell(switches={"forge": forgery})
    [token] = await place.sender.log(await place.sender.announced())

    with pytest.raises(SignatureInvalid):
        read(token)


async def test_events_name_an_unknown_key_or_foreign_tags_on_demand(
    place: Town,
) -> None:
    await place.sandbox.tell(switches={"forge": "unknown-kid"})
    [token] = await place.sender.log(await place.sender.announced())
    await place.sandbox.tell(switches={"forge": "foreign-tags"})
    sent = await place.sender.send()
    [_, submitted] = await place.sender.log(sent)

    assert header_of(token)["kid"] == test_key("portal").kid
    forged = read(submitted)["events"][f"{EVENTS}submit-submission"]
    assert forged["authenticationTags"]["data"] != sent.tags["data"]
    assert forged["authenticationTags"].keys() == sent.tags.keys()


@pytest.mark.parametrize(
    "wanted",
    [
        {"misbehave": "sulk"},
        {"misbehave": "503", "on": "mondays"},
        {"advance": -1.0},
        {"switches": {"latency": "long"}},
        {"switches": {"unheard_of": True}},
        {"surprise": True},
    ],
)
async def test_what_it_cannot_do_is_said_and_changes_nothing(
    place: Town, wanted: dict[str, object]
) -> None:
    before = await place.sandbox.state()

    told = await place.sender.http.post(place.sandbox.control_url, json=wanted)

    assert problem_in(told)["status"] == 422
    assert await place.sandbox.state() == before


async def test_none_ends_every_misbehaviour(place: Town) -> None:
    await place.sandbox.tell(misbehave="503", on="list")
    await place.sandbox.tell(misbehave="drop", on="everything")
    state = await place.sandbox.tell(misbehave="none")

    assert state["misbehaves"] == {}
    assert (await place.subscriber.http.get("/submissions")).status_code == 200
