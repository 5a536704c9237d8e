"""The sandbox takes, shows, and misbehaves as it is told to."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from adapters.http.sandbox import Fault, SandboxOptions, SpecialistSystem
from adapters.http.sandbox.faults import parse_fault

KEY = "Idempotency-Key"


@pytest.fixture
async def system() -> AsyncIterator[SpecialistSystem]:
    async with SpecialistSystem(SandboxOptions(keep_content=True)) as system:
        yield system


@pytest.fixture
async def client(system: SpecialistSystem) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=system.url, timeout=5, trust_env=False
    ) as client:
        yield client


async def post(client: httpx.AsyncClient, key: str = "d1") -> httpx.Response:
    return await client.post("/v", content=b"<x/>", headers={KEY: key})


async def control(client: httpx.AsyncClient, **what: object) -> httpx.Response:
    return await client.post("/_sandbox", json=what)


async def test_a_delivery_is_kept_and_its_receipt_shown(
    client: httpx.AsyncClient, system: SpecialistSystem
) -> None:
    taken = await post(client)
    shown = await client.get("/v/d1")

    assert (taken.status_code, shown.status_code) == (201, 200)
    assert taken.headers["Location"] == "/vorgaenge/d1"
    assert taken.json() == shown.json()
    assert [copy.content for copy in system.copies("d1")] == [b"<x/>"]


async def test_an_id_that_is_honoured_leaves_one_copy(
    client: httpx.AsyncClient, system: SpecialistSystem
) -> None:
    first, second = await post(client), await post(client)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert len(system.copies("d1")) == 1


async def test_an_id_that_is_not_honoured_leaves_two(
    client: httpx.AsyncClient, system: SpecialistSystem
) -> None:
    await control(client, honours_ids=False)
    await post(client)
    await post(client)

    assert len(system.copies("d1")) == 2
    assert (await client.get("/_sandbox")).json()["duplicates"] == ["d1"]


async def test_a_repetition_can_be_answered_with_a_conflict() -> None:
    async with (
        SpecialistSystem(SandboxOptions(conflict=True)) as system,
        httpx.AsyncClient(base_url=system.url, trust_env=False) as client,
    ):
        statuses = [(await post(client)).status_code for _ in range(2)]

    assert statuses == [201, 409]


async def test_receipts_can_be_switched_off(client: httpx.AsyncClient) -> None:
    await post(client)
    unknown = await client.get("/v/d2")
    await control(client, answers_receipts=False)
    silent = await client.get("/v/d1")

    assert (unknown.status_code, silent.status_code) == (404, 405)


async def test_a_fault_ends_after_as_many_times_as_told(
    client: httpx.AsyncClient,
) -> None:
    await control(client, misbehave="500s", times=2)

    statuses = [(await post(client)).status_code for _ in range(3)]

    assert statuses == [500, 500, 201]


async def test_a_busy_system_says_when_to_come_back(client: httpx.AsyncClient) -> None:
    await control(client, misbehave="503")

    answer = await post(client)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


async def test_faults_can_hit_receipts_only(client: httpx.AsyncClient) -> None:
    await control(client, misbehave="500", on="receipts")

    assert (await post(client)).status_code == 201
    assert (await client.get("/v/d1")).status_code == 500


@pytest.mark.parametrize(
    ("fault", "copies"),
    [
        (Fault.DROP, 0),
        (Fault.DROP_MIDWAY, 0),
        (Fault.GARBAGE, 0),
        (Fault.STORE_DROP, 1),
        (Fault.STORE_SHORT, 1),
    ],
)
async def test_a_broken_connection_stores_or_not_as_its_name_says(
    client: httpx.AsyncClient, system: SpecialistSystem, fault: Fault, copies: int
) -> None:
    await control(client, misbehave=fault.value)

    with pytest.raises(httpx.TransportError):
        await post(client)
    assert len(system.copies("d1")) == copies


@pytest.mark.parametrize(
    ("fault", "copies"),
    [(Fault.HANG, 0), (Fault.STORE_HANG, 1), (Fault.STORE_SLOW, 1)],
)
async def test_what_hangs_is_let_go_when_told(
    client: httpx.AsyncClient, system: SpecialistSystem, fault: Fault, copies: int
) -> None:
    system.misbehave(fault)
    waiting = asyncio.create_task(post(client))
    await asyncio.sleep(0.1)
    hanging = not waiting.done()
    system.behave()
    with pytest.raises(httpx.TransportError):
        await waiting

    assert hanging
    assert len(system.copies("d1")) == copies


async def test_an_endless_answer_does_not_end(
    client: httpx.AsyncClient, system: SpecialistSystem
) -> None:
    system.misbehave(Fault.STORE_ENDLESS)
    size = 0
    async with client.stream("POST", "/v", content=b"x", headers={KEY: "d1"}) as answer:
        async for chunk in answer.aiter_raw():
            size += len(chunk)
            if size > 1_000_000:
                break

    assert len(system.copies("d1")) == 1


async def test_a_token_is_required_where_one_is_set() -> None:
    async with (
        SpecialistSystem(SandboxOptions(token="geheim")) as system,
        httpx.AsyncClient(base_url=system.url, trust_env=False) as client,
    ):
        refused = await post(client)
        asked = await client.get("/health")
        client.headers["Authorization"] = "Bearer geheim"
        taken = await post(client)

    assert [refused.status_code, asked.status_code, taken.status_code] == [
        401,
        401,
        201,
    ]
    assert system.counts() == {"d1": 1}


async def test_it_can_go_away_and_come_back_with_what_it_has(
    client: httpx.AsyncClient, system: SpecialistSystem
) -> None:
    await post(client)
    await system.stop()
    with pytest.raises(httpx.ConnectError):
        await client.get("/health")
    await system.start()

    assert (await post(client)).status_code == 200


async def test_deliveries_in_a_folder_outlive_the_system(tmp_path: Path) -> None:
    options = SandboxOptions(folder=tmp_path / "taken")
    for _ in range(2):
        async with (
            SpecialistSystem(options) as system,
            httpx.AsyncClient(base_url=system.url, trust_env=False) as client,
        ):
            await post(client, "d1")
            await post(client, "../../d2")

    assert system.counts()["d1"] == 1
    assert all("d2" not in path.name for path in tmp_path.rglob("*"))
    assert [path.read_bytes() for path in (tmp_path / "taken").glob("*-d1.body")] == [
        b"<x/>"
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"misbehave":"dance"}',
        b'{"misbehave":"hang","on":"moon"}',
        b'{"hang":true}',
        b'{"latency":-1}',
        b'{"times":"3"}',
    ],
)
async def test_an_order_it_does_not_know_is_refused(
    client: httpx.AsyncClient, body: bytes
) -> None:
    answer = await client.post("/_sandbox", content=body)

    assert answer.status_code == 422
    assert answer.json()["error"]


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"GET /\r\n\r\n",
        b"DELETE / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_a_request_it_cannot_read_hurts_nobody(
    client: httpx.AsyncClient, system: SpecialistSystem, raw: bytes
) -> None:
    reader, writer = await asyncio.open_connection(*system.address)
    writer.write(raw)
    writer.write_eof()
    try:
        answer = await reader.read()
    except ConnectionResetError:
        answer = b""
    writer.close()

    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    assert (await post(client)).status_code == 201


async def test_a_body_in_chunks_is_taken(
    client: httpx.AsyncClient, system: SpecialistSystem
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"<a>"
        yield b"</a>"

    await client.post("/v", content=chunks(), headers={KEY: "d1"})

    assert [copy.content for copy in system.copies("d1")] == [b"<a></a>"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("500s", (Fault.STATUS, 500)),
        ("418", (Fault.STATUS, 418)),
        ("hang", (Fault.HANG, 500)),
        ("accept-then-drop", (Fault.STORE_DROP, 500)),
        ("99", None),
        ("fax", None),
    ],
)
def test_a_fault_has_a_word(word: str, expected: tuple[Fault, int] | None) -> None:
    assert parse_fault(word) == expected


async def test_it_runs_as_a_program_and_ends_when_told(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "api.cli", "sandbox", "specialist", "--port", "0"),
        *("--folder", str(tmp_path), "--token", "t"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        client.headers["Authorization"] = "Bearer t"
        taken = await post(client)
    process.send_signal(signal.SIGTERM)
    status = await process.wait()

    assert taken.status_code == 201
    assert status == 0
    assert len(list(tmp_path.glob("*.body"))) == 1
