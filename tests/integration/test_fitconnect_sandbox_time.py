"""What happens in the sandbox when days pass, and what its callbacks tell of it."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from adapters.fitconnect.sandbox.courier import headers_of
from tests.counterparts.fitconnect_party import Town, kinds_of, problem_in, read, town

DAY = 86_400.0
PATIENCE = 10.0


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


@dataclass
class Ear:
    """Hears callbacks, and answers with these statuses, then with the last one."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    again: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, count: int) -> list[dict[str, Any]]:
        """Bodies, as soon as so many came."""
        async with asyncio.timeout(PATIENCE):
            while len(self.heard) < count:
                self.again.clear()
                await self.again.wait()
        return [json.loads(body) for _, body in self.heard]

    async def converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
            pairs = (line.split(": ", 1) for line in head)
            headers = {name.lower(): value for name, value in pairs}
            body = await reader.readexactly(int(headers["content-length"]))
            status = self.statuses[0]
            self.statuses = self.statuses[1:] or [status]
            self.heard.append((headers, body))
            close = "Connection: close\r\nContent-Length: 0\r\n\r\n"
            writer.write(f"HTTP/1.1 {status} X\r\n{close}".encode())
            await writer.drain()
        finally:
            writer.close()
        self.again.set()


@asynccontextmanager
async def listening(*statuses: int) -> AsyncIterator[Ear]:
    ear = Ear(statuses=list(statuses) or [200])
    server = await asyncio.start_server(ear.converse, "127.0.0.1", 0)
    ear.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        yield ear


async def test_what_stays_incomplete_is_deleted_after_a_day(place: Town) -> None:
    sent = await place.sender.announced()
    await place.sandbox.tell(advance=DAY - 60)
    await place.sandbox.expect(announced=1)
    await place.sandbox.tell(advance=120)
    await place.sandbox.expect(deleted=1)
    await place.sender.authenticate()
    late = await place.sender.submit(sent, "a", "b")

    assert problem_in(late)["type"].endswith("/submission-not-found")


async def test_what_nobody_fetches_is_rejected_on_day_14_and_deleted_on_day_21(
    place: Town,
) -> None:
    sent = await place.sender.send(attachments=[b"one"])
    folder = place.sandbox.folder / "jwes" / sent.submission
    await place.sandbox.tell(advance=13.9 * DAY)
    await place.sandbox.expect(submitted=1)
    await place.sandbox.tell(advance=0.2 * DAY)
    await place.sandbox.expect(expired=1)
    await place.subscriber.authenticate()
    await place.sender.authenticate()
    gone = await place.subscriber.http.get(f"/submissions/{sent.submission}")
    refused = await place.subscriber.accept(sent)
    kept = folder.exists()
    await place.sandbox.tell(advance=6.8 * DAY)
    await place.sandbox.expect(expired=1)
    await place.sandbox.tell(advance=0.2 * DAY)
    await place.sandbox.expect(deleted=1)
    await place.sender.authenticate()

    assert (gone.status_code, refused.status_code) == (404, 409)
    assert (kept, folder.exists()) == (True, False)
    assert kinds_of(await place.sender.log(sent))[2:] == [
        "reject-submission",
        "delete-submission",
    ]


async def test_what_was_accepted_is_deleted_a_week_later_and_its_log_stays(
    place: Town,
) -> None:
    sent = await place.sender.send()
    await place.sandbox.tell(advance=10 * DAY)
    await place.subscriber.authenticate()
    await place.subscriber.accept(sent)
    await place.sandbox.tell(advance=6.9 * DAY)
    await place.sandbox.expect(accepted=1)
    await place.sandbox.tell(advance=0.2 * DAY)
    await place.sandbox.expect(deleted=1)
    await place.sender.authenticate()
    log = await place.sender.log(sent)
    await place.sandbox.tell(advance=731 * DAY)
    await place.sender.authenticate()

    assert len(log) == 4
    assert await place.sender.log(sent) == []


async def test_weeks_that_pass_at_once_leave_out_no_step(place: Town) -> None:
    sent = await place.sender.send()

    await place.sandbox.tell(advance=22 * DAY)
    await place.sender.authenticate()

    assert kinds_of(await place.sender.log(sent))[2:] == [
        "reject-submission",
        "delete-submission",
    ]


async def test_events_carry_real_time_however_far_deadlines_were_put_forward(
    place: Town,
) -> None:
    sent = await place.sender.send()
    await place.sandbox.tell(advance=15 * DAY)
    await place.sender.authenticate()
    [_, _, late] = await place.sender.log(sent)
    await place.sandbox.tell(skew=-3600.0)
    [token] = await place.sender.log(await place.sender.announced())
    stamps = [read(one)["iat"] for one in (late, token)]

    assert 3500 < stamps[0] - stamps[1] < 3700


async def test_a_callback_tells_the_subscriber_and_an_event_the_sender(
    place: Town,
) -> None:
    async with listening() as ear, listening() as other:
        await place.sandbox.tell(
            callback={"url": ear.url, "destination_id": place.sandbox.destination}
        )
        named = {"url": other.url, "secret": "geheim"}
        sent = await place.sender.send(callback=named)
        [new] = await ear.until(1)
        await other.until(1)
        await place.subscriber.accept(sent)
        [notified, accepted] = await other.until(2)
        [(headers, body)] = ear.heard
    log = await place.sender.log(sent)

    assert new == {
        "type": "https://schema.fitko.de/fit-connect/submission-api"
        "/callbacks/new-submissions",
        "submissionIds": [sent.submission],
        "submissions": [
            {
                "destinationId": place.sandbox.destination,
                "submissionId": sent.submission,
                "caseId": sent.case,
            }
        ],
    }
    text = headers["callback-timestamp"].encode() + b"." + body
    secret = place.sandbox.callback_secret.encode()
    right = hmac.new(secret, text, hashlib.sha512).hexdigest()
    assert headers["callback-authentication"] == right
    assert notified["type"].endswith("/new-events")
    assert notified == accepted
    assert kinds_of(log[:3])[2] == "notify-submission"


async def test_a_callback_is_repeated_until_somebody_takes_it(place: Town) -> None:
    async with listening(500, 302, 202) as ear, listening() as other:
        await place.sandbox.tell(
            callback={"url": ear.url, "destination_id": place.sandbox.destination},
            switches={"callback_retry": 0.01},
        )
        sent = await place.sender.send(callback={"url": other.url, "secret": "s"})
        await other.until(1)
        bodies = await ear.until(3)

    assert bodies == bodies[:1] * 3
    assert len(ear.heard) == 3
    assert kinds_of(await place.sender.log(sent))[2:] == ["notify-submission"]


async def test_callbacks_come_twice_and_in_disorder_on_demand(place: Town) -> None:
    here = {"url": "", "destination_id": place.sandbox.destination}
    async with listening() as ear:
        await place.sandbox.tell(
            callback={**here, "url": ear.url},
            switches={"callback_hold": True, "callback_order": "reversed"},
        )
        sent = [await place.sender.send() for _ in range(2)]
        silence = len(ear.heard)
        await place.sandbox.tell(
            switches={"callback_hold": False, "callback_copies": 2}
        )
        bodies = await ear.until(4)

    heard = [body["submissionIds"][0] for body in bodies]
    assert silence == 0
    assert heard == [sent[1].submission] * 2 + [sent[0].submission] * 2


async def test_both_hear_of_what_the_service_does_by_itself(place: Town) -> None:
    async with listening() as ear, listening() as other:
        await place.sender.send(callback={"url": other.url, "secret": "s"})
        await place.sandbox.tell(
            callback={"url": ear.url, "destination_id": place.sandbox.destination}
        )
        await place.sandbox.tell(advance=15 * DAY)

        for bodies in (await ear.until(1), await other.until(1)):
            assert [body["type"].rpartition("/")[2] for body in bodies] == [
                "new-events"
            ]


def test_callbacks_are_signed_as_documented() -> None:
    body = (
        '{"type":"https://schema.fitko.de/fit-connect/submission-api/callbacks/'
        'new-submissions","submissionIds":["f39ab143-d91a-474a-b69f-b00f1a1873c2"],'
        '"submissions":[{"destinationId":"d12caea8-f372-4eb1-b102-b0a228253a11",'
        '"submissionId":"f39ab143-d91a-474a-b69f-b00f1a1873c2",'
        '"caseId":"9eec7d3e-dc66-4f82-9f52-1520bf96a32e"}]}'
    )
    secret = "insecure_unsafe_qHScgrg_kP-R31jHUwp3GkVkGJolvBchz65b74Lzue0"

    headers = headers_of(secret, 1672527599, body)

    assert headers["callback-authentication"] == (
        "2056b372b5bcec06d8f11ab79b84b42d6cbe1c8e1178cdfa36e4385dcf717758"
        "aaa7599f417d9ec3e079087884f4fd59680bf713621383e2d4414ef74fb10df3"
    )


async def test_a_callback_takes_its_time_on_demand(place: Town) -> None:
    async with listening() as ear:
        await place.sandbox.tell(
            callback={"url": ear.url, "destination_id": place.sandbox.destination},
            switches={"callback_delay": 0.3},
        )
        loop = asyncio.get_running_loop()
        before = loop.time()
        await place.sender.send()
        await ear.until(1)

    assert loop.time() - before >= 0.3


async def test_callbacks_that_nobody_took_are_sent_after_a_restart(
    tmp_path: Path,
) -> None:
    async with listening() as ear:
        async with town(tmp_path) as place:
            await place.sandbox.tell(
                callback={"url": ear.url, "destination_id": place.sandbox.destination},
                switches={"callback_hold": True},
            )
            sent = await place.sender.send()
        async with town(tmp_path):
            [body] = await ear.until(1)

    assert body["submissionIds"] == [sent.submission]


async def test_a_callback_to_nobody_waits_for_somebody(place: Town) -> None:
    async with listening() as ear:
        url = ear.url
    here = {"destination_id": place.sandbox.destination}
    await place.sandbox.tell(
        callback={**here, "url": url}, switches={"callback_retry": 0.01}
    )
    await place.sender.send()
    state = await place.sandbox.state()
    port = int(url.rstrip("/").rpartition(":")[2])
    server = await asyncio.start_server(ear.converse, "127.0.0.1", port)
    async with server:
        await ear.until(1)

    assert state["callbacks_waiting"] == 1
