"""On real databases and a real vault: what is answered is there, encrypted."""

import asyncio
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import make_url

from api.app import create_app
from api.door import Door
from schemas.cases import Arrival, Reception
from schemas.clock import local_day
from schemas.ids import CaseNumber
from schemas.limits import INLINE_BYTES
from schemas.scope import DEFAULT_TENANT, Scope
from storage.ports import Intake
from tests.counterparts.real_door import VAULT, real_door
from tests.fakes.doorstep import (
    SUBMISSIONS,
    TOKEN,
    XML,
    assert_problem,
    attachment,
    client,
    form_headers,
    headers,
    main_part,
    multipart,
)

MARKER = b"Erika Mustermann"
BIG = MARKER * (INLINE_BYTES // 8)
FORM = multipart(main_part(), attachment("Erika Mustermann.pdf", BIG))


def files(home: Path) -> list[Path]:
    return [path for path in (home / VAULT).rglob("*") if path.is_file()]


async def post(
    door: Door, body: bytes, given: dict[str, str], times: int = 1
) -> list[httpx.Response]:
    async with client(create_app(door)) as knocking:
        sent = (
            knocking.post(SUBMISSIONS, content=body, headers=given)
            for _ in range(times)
        )
        return await asyncio.gather(*sent)


class Watched:
    """An intake that remembers what it was given."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self.arrivals: list[Arrival] = []

    async def receive(self, arrival: Arrival) -> Reception:
        self.arrivals.append(arrival)
        return await self._intake.receive(arrival)


async def test_what_is_answered_is_there(database_url: str, tmp_path: Path) -> None:
    async with real_door(database_url, tmp_path) as door:
        watched = Watched(door.intake)
        object.__setattr__(door, "intake", watched)
        [answer] = await post(door, FORM, form_headers())

        assert answer.status_code == 202
        number = CaseNumber(answer.json()["case_number"])
        case = await door.cases.by_number(Scope(tenant=DEFAULT_TENANT), number)
        assert case.tracking_id == answer.json()["tracking_id"]
        [arrival] = watched.arrivals
        key = door.vault.open_key(
            tenant=case.tenant,
            office=case.office,
            case=case.id,
            wrapped=arrival.wrapped_key,
        )
        main, beleg = arrival.documents
        for document, plain in ((main, XML), (beleg, BIG)):
            read = [frame async for frame in door.vault.read(key, document.stored)]
            assert b"".join(read) == plain
        name = door.vault.unseal(key, beleg.sealed_name, label=beleg.stored.id)
        assert name == "Erika Mustermann.pdf"


async def test_nothing_is_on_the_disk_in_plain(sqlite_url: str, tmp_path: Path) -> None:
    async with real_door(sqlite_url, tmp_path) as door:
        await post(door, FORM, form_headers(idempotency_key="Erika-Mustermann"))

        database = Path(make_url(sqlite_url).database or "")
        everywhere = (*tmp_path.rglob("*"), *database.parent.rglob("*"))
        found = {path for path in everywhere if path.is_file()}
        assert database in found
        assert len(found) > 3
        for path in found:
            content = path.read_bytes()
            assert MARKER not in content
            assert b"Erika-Mustermann" not in content
            assert TOKEN.encode() not in content


async def test_twins_get_one_case_and_leave_one_set_of_documents(
    database_url: str, tmp_path: Path
) -> None:
    async with real_door(database_url, tmp_path) as door:
        answers = await post(door, FORM, form_headers(), times=8)

        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.content for answer in answers}) == 1
        replayed = [a for a in answers if "idempotency-replayed" in a.headers]
        assert len(replayed) == 7
        assert len(files(tmp_path)) == 1


async def test_a_repetition_after_a_restart_gets_the_first_answer(
    database_url: str, tmp_path: Path
) -> None:
    answers = []
    for _ in range(2):
        async with real_door(database_url, tmp_path) as door:
            answers += await post(door, FORM, form_headers())

    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (FORM[:-10], "E-MULTIPART"),
        (multipart(attachment(content=BIG)), "E-MAIN-MISSING"),
        (multipart(attachment(content=BIG), main_part(b"{}")), "E-XML"),
        (multipart(main_part(), attachment("../a", BIG)), "E-FILENAME"),
    ],
)
async def test_a_refusal_leaves_no_file_and_no_number(
    sqlite_url: str, tmp_path: Path, body: bytes, code: str
) -> None:
    async with real_door(sqlite_url, tmp_path) as door:
        [refusal] = await post(door, body, form_headers())
        assert_problem(refusal, 400, code)
        assert files(tmp_path) == []

        # Neither the key nor a case number was used up.
        [answer] = await post(door, FORM, form_headers())
        assert answer.json()["case_number"].endswith("-000001")


async def test_other_outcomes_leave_no_file_either(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with real_door(sqlite_url, tmp_path) as door:
        await post(door, XML, headers())
        [reused] = await post(door, FORM, form_headers())
        assert_problem(reused, 409, "E-IDEMPOTENCY-KEY-REUSED")
        [unknown] = await post(
            door,
            FORM,
            form_headers(idempotency_key="k-2", amtsweg_replaces="4DH9J-JJV2Z-15G6"),
        )
        assert_problem(unknown, 422, "E-REPLACES-UNKNOWN")

        assert files(tmp_path) == []


async def test_sender_and_day_are_asked_from_the_database(
    database_url: str, tmp_path: Path
) -> None:
    async with real_door(database_url, tmp_path) as door:
        [answer] = await post(door, XML, headers())
        async with client(create_app(door)) as knocking:
            knocking.headers["authorization"] = f"Bearer {TOKEN}"
            standing = await knocking.get(answer.headers["location"])
            received_at = datetime.fromisoformat(standing.json()["received_at"])
            day = local_day(received_at)
            days = [
                (await knocking.get(f"{SUBMISSIONS}?day={asked}")).json()["taken"]
                for asked in (day, "1970-01-01", "9998-12-31")
            ]

    assert standing.json()["status"] == "received"
    assert days == [1, 0, 0]
