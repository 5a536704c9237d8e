"""FIT-Connect, whole: a sender, the sandbox, the inbox, the case, the answer."""

import hashlib
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from schemas.documents import WrappedKey
from schemas.states import Closed, Refused
from storage.vitals import open_disturbances
from tests.acceptance.post_office import POST, PostOffice, open_post_office, until
from tests.acceptance.serving import door_of
from tests.counterparts.fitconnect import fitconnect_here
from tests.counterparts.fitconnect_party import Party, metadata_of, town
from tests.house import SCOPE, House
from tests.looking import rows

BACKLOG: Final = 100
"""With all its cryptography; 5,000 of a mailbox in memory are in tests/unit/sources."""
LINES: Final = 10
NAME: Final = "Größenänderung Şeyma D̂oe ẞ – Mietvertrag.pdf"


@asynccontextmanager
async def post_office(
    folder: Path,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    version: str = "v2",
    every: int = 5,
) -> AsyncIterator[PostOffice]:
    async with town(folder / "fit", version=version) as here:
        line = open_post_office(
            folder, url, here.sandbox, monkeypatch, version=version, every=every
        )
        yield PostOffice(line=line, sandbox=here.sandbox, sender=here.sender)


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_a_submission_becomes_a_closed_case_and_an_accept_in_the_log(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    async with post_office(
        tmp_path, database_url, monkeypatch, version=version
    ) as post:
        sent = await post.sender.send(attachments=[b"Mietvertrag"])
        async with post.working():
            await post.submissions_are(accepted=1)
            await post.cases_are("Closed", 1)

        [case] = await post.cases()
        assert isinstance(case.state, Closed)
        asked = ("fitconnect", "trace", sent.submission, "--live", "--json")
        [told] = (await post.line(*asked)).json
        kinds = {one["kind"] for one in told["proved"]}
        assert {"submit-submission", "accept-submission"} <= kinds
        assert told["where"].startswith("Angenommen")


async def test_a_single_pass_fetches_works_answers_and_ends(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with post_office(tmp_path, database_url, monkeypatch) as post:
        await post.sender.send()

        said = await post.line.process("work", "--once", "--without-prefect")

        assert said.code == 0, said.err
        assert "Nothing is due any more." in said.err
        await post.sandbox.expect(accepted=1)
        [case] = await post.cases()
        assert isinstance(case.state, Closed)


async def test_what_was_swapped_on_the_way_is_rejected_with_a_problem(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with post_office(tmp_path, sqlite_url, monkeypatch) as post:
        mine = await post.sender.send(attachments=[b"Mietvertrag"])
        other = await post.sender.send(attachments=[b"Kaufvertrag"])
        [one], [two] = mine.attachments, other.attachments
        foreign = post.sandbox.part(other.submission, two).read_bytes()
        post.sandbox.part(mine.submission, one).write_bytes(foreign)

        async with post.working():
            await post.submissions_are(accepted=1, rejected=1)

        refused = [
            case for case in await post.cases() if isinstance(case.state, Refused)
        ]
        assert len(refused) == 1
        asked = ("fitconnect", "trace", mine.submission, "--json")
        [told] = (await post.line(*asked)).json
        assert told["problems"]
        assert told["where"].startswith("Abgelehnt")


async def test_what_lies_in_the_mailbox_is_found_by_asking_there(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with post_office(tmp_path, sqlite_url, monkeypatch) as post:
        sent = await post.sender.send()

        here = await post.line("fitconnect", "trace", sent.submission)
        there = await post.line("fitconnect", "trace", sent.submission, "--live")

        assert (here.code, there.code) == (1, 0)
        assert f"noch nicht geholt (Quelle {POST})" in there.out


async def test_a_hundred_attachments_and_their_names_survive(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = [f"Anlage {number}".encode() for number in range(100)]
    data = json.dumps({"name": "Šuša Müller-Ýlmaz"}, ensure_ascii=False).encode()
    async with post_office(tmp_path, sqlite_url, monkeypatch) as post:
        await send_named(post.sender, data, contents)
        async with post.working():
            await post.submissions_are(accepted=1)
            await post.cases_are("Closed", 1)

        async with post.line.house() as house:
            assert await kept(house) == [
                ("main", "antrag.json", _sum(data)),
                *(("attachment", NAME, _sum(content)) for content in contents),
            ]


async def test_two_workers_take_every_submission_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 20
    async with post_office(tmp_path, database_url, monkeypatch) as post:
        async with post.working(workers=2):
            for _ in range(count):
                await post.sender.send()
            await post.submissions_are(accepted=count)
            await post.cases_are("Closed", count)

        assert len(await post.cases()) == count


async def test_lists_that_repeat_and_turn_around_make_one_case_each(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 10
    async with post_office(tmp_path, sqlite_url, monkeypatch) as post:
        for _ in range(count):
            await post.sender.send()
        await post.sandbox.tell(
            switches={"list_twice": True, "list_order": "reversed"},
            misbehave="commit-then-drop",
            times=1,
            on="answer",
        )
        async with post.working():
            await post.submissions_are(accepted=count)
            await post.cases_are("Closed", count)


async def test_a_callback_fetches_without_waiting_for_the_next_poll(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        post_office(tmp_path, sqlite_url, monkeypatch, every=3600) as post,
        door_of() as address,
        post.working(),
    ):
        callback = {
            "url": f"{address}/api/v1/callbacks/fitconnect/{POST}",
            "destination_id": post.sandbox.destination,
        }
        await post.sandbox.tell(callback=callback)
        for number in (1, 2):
            await post.sender.send()
            await post.submissions_are(accepted=number)


async def test_after_an_outage_the_backlog_is_taken_in_order(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "fit"
    async with fitconnect_here(folder) as sandbox:
        port = int(sandbox.base_url.rpartition(":")[2])
        line = open_post_office(tmp_path, sqlite_url, sandbox, monkeypatch)
        async with Party(sandbox, sandbox.sender) as sender:
            sent = await send_many(sender, BACKLOG)
            post = PostOffice(line=line, sandbox=sandbox, sender=sender)

    async with post.working():
        await until_alarmed(post)
        async with fitconnect_here(folder, port=port) as again:
            post = PostOffice(line=line, sandbox=again, sender=sender)
            await line("source", "poll", POST)
            await post.submissions_are(seconds=100, accepted=BACKLOG)
            await post.cases_are("Closed", BACKLOG)

    async with line.house() as house:
        numbers = {row["id"]: row["number"] for row in await rows(house, "cases")}
        found = await rows(house, "channel_submissions")
        came: dict[str, list[tuple[str, str]]] = {}
        for row in found:
            came.setdefault(row["channel_case"], []).append(
                (numbers[row["case_id"]], row["submission"])
            )
        assert {
            case: [submission for _, submission in sorted(each)]
            for case, each in came.items()
        } == sent


async def send_named(sender: Party, data: bytes, contents: list[bytes]) -> None:
    """Attachments in order, all under the same hard name."""
    ids = [str(uuid.uuid4()) for _ in contents]
    described = json.loads(metadata_of(data, dict(zip(ids, contents, strict=True))))
    for one in described["contentStructure"]["attachments"]:
        one["filename"] = NAME
    sent = await sender.announced(ids)
    for one, content in zip(ids, contents, strict=True):
        answer = await sender.attach(sent, one, await sender.seal(content))
        assert answer.status_code == 204, answer.text
    metadata = json.dumps(described, ensure_ascii=False).encode()
    sealed = await sender.seal(metadata), await sender.seal(data)
    assert (await sender.submit(sent, *sealed)).status_code == 200


async def send_many(sender: Party, count: int) -> dict[str, list[str]]:
    """In lines; what was sent in each, in order."""
    sent: dict[str, list[str]] = {}
    cases: list[str] = []
    for number in range(count):
        data = f'{{"antrag":{number}}}'.encode()
        if number < LINES:
            one = await sender.send(data)
            cases.append(one.case)
        else:
            one = await sender.send(data, caseId=cases[number % LINES])
        sent.setdefault(one.case, []).append(one.submission)
    return sent


async def until_alarmed(post: PostOffice) -> None:
    async with post.line.house() as house:

        async def so_it_is() -> bool:
            return bool(await open_disturbances(house.database, SCOPE))

        await until(so_it_is)


async def kept(house: House) -> list[tuple[str, str, str]]:
    """Role, name and sum of the one case's documents, in order."""
    [key] = await rows(house, "data_keys")
    [case] = await house.cases.list(SCOPE)
    opened = house.vault.open_key(
        tenant=case.tenant,
        office=case.office,
        case=case.id,
        wrapped=WrappedKey(kek=key["kek"], wrapped=key["wrapped"]),
    )
    found = sorted(await rows(house, "documents"), key=lambda row: row["position"])
    return [
        (
            row["role"],
            house.vault.unseal(opened, row["sealed_name"], label=row["id"]),
            row["sha256"],
        )
        for row in found
    ]


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
