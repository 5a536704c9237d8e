"""Asking: only one's own, in stable words; and waiting for the check."""

import time
from datetime import UTC, date, datetime

import pytest

from schemas.errors import DatabaseAway
from schemas.ids import StepName
from schemas.states import Checked, Problem, Quarantined, Received, Refused
from tests.fakes.doorstep import (
    NARROW_TOKEN,
    OTHER_TOKEN,
    SUBMISSIONS,
    Doorstep,
    assert_problem,
    client,
    get,
    headers,
    post,
)

UNKNOWN = "4DH9J-JJV2Z-15G6"
REFUSED = Refused(
    problems=(Problem(code="P-1", location="/a", german="Fehlt.", english="Missing."),)
)
HELD = Quarantined(
    code="E-X",
    step=StepName("check"),
    since=datetime(2026, 3, 2, tzinfo=UTC),
    acknowledged=False,
)


async def test_the_sender_sees_how_a_submission_stands() -> None:
    step = Doorstep()
    receipt = await post(step)
    step.cases.put(step.cases.cases[0], Checked())

    answer = await get(step, receipt.headers["location"])

    assert answer.status_code == 200
    document = answer.json()
    assert document["status"] == "checked"
    assert document["case_number"] == "2026-000001"
    assert document["received_at"] == "2026-03-02T09:30:00+00:00"


async def test_a_tracking_id_is_read_as_people_type_it() -> None:
    step = Doorstep()
    tracking = (await post(step)).json()["tracking_id"]

    typed = tracking.lower().replace("-", "").replace("0", "o").replace("1", "l")

    assert (await get(step, f"{SUBMISSIONS}/{typed}")).status_code == 200


async def test_the_case_of_another_sender_looks_like_none() -> None:
    step = Doorstep()
    tracking = (await post(step)).json()["tracking_id"]

    foreign = await get(step, f"{SUBMISSIONS}/{tracking}", OTHER_TOKEN)
    unknown = await get(step, f"{SUBMISSIONS}/{UNKNOWN}", OTHER_TOKEN)

    for answer in (foreign, unknown):
        assert_problem(answer, 404, "E-CASE-UNKNOWN")
    differing = {"instance"}
    assert {k: v for k, v in foreign.json().items() if k not in differing} == {
        k: v for k, v in unknown.json().items() if k not in differing
    }
    assert len(foreign.content) == len(unknown.content)


@pytest.mark.parametrize("malformed", ["x", "4DH9J-JJV2Z-15G7", "2026-000001", "%00"])
async def test_what_is_no_tracking_id_is_refused(malformed: str) -> None:
    answer = await get(Doorstep(), f"{SUBMISSIONS}/{malformed}")

    assert_problem(answer, 400, "E-TRACKING-ID")


async def test_nobody_asks_without_a_token() -> None:
    step = Doorstep()
    async with client(await step.app()) as knocking:
        for path in (f"{SUBMISSIONS}?day=2026-03-02", f"{SUBMISSIONS}/{UNKNOWN}"):
            assert_problem(await knocking.get(path), 401, "E-TOKEN-MISSING")


async def test_a_day_is_reconciled_for_the_sender_alone() -> None:
    step = Doorstep()
    for number in range(3):
        await post(step, given=headers(idempotency_key=f"k-{number}"))
    foreign = headers(authorization=f"Bearer {OTHER_TOKEN}")
    await post(step, given=foreign)
    step.cases.put(step.cases.cases[1], HELD)

    answer = await get(step, f"{SUBMISSIONS}?day=2026-03-02")

    document = answer.json()
    assert (document["day"], document["taken"]) == ("2026-03-02", 3)
    assert document["by_status"] == {"held": 1, "received": 2}
    assert [s["case_number"] for s in document["submissions"]] == [
        "2026-000001",
        "2026-000002",
        "2026-000003",
    ]
    assert "E-X" not in answer.text


async def test_a_day_is_one_of_germany() -> None:
    step = Doorstep()
    step.clock.moment = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    await post(step)

    for day, taken in ((date(2026, 3, 2), 0), (date(2026, 3, 3), 1)):
        answer = await get(step, f"{SUBMISSIONS}?day={day}")
        assert answer.json()["taken"] == taken


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?day=",
        "?day=gestern",
        "?day=2026-02-30",
        "?day=20260302",
        "?day=2026-W10-1",
        "?day=2026-3-2",
        "?day=0000-01-01",
        "?day=2026-03-02&day=2026-03-03",
    ],
)
async def test_what_is_no_day_is_refused(query: str) -> None:
    assert_problem(await get(Doorstep(), SUBMISSIONS + query), 400, "E-DAY")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_the_ends_of_the_calendar_are_no_incident(day: str) -> None:
    assert_problem(await get(Doorstep(), f"{SUBMISSIONS}?day={day}"), 400, "E-DAY")


@pytest.mark.parametrize("later", ["corrections", "approvals"])
async def test_what_comes_later_is_refused_by_name(later: str) -> None:
    step = Doorstep()
    async with client(await step.app()) as knocking:
        answer = await knocking.post(
            f"{SUBMISSIONS}/{UNKNOWN}/{later}", headers=headers()
        )

    assert_problem(answer, 501, "E-NOT-YET")
    assert later in answer.json()["detail"].lower()


async def waited(step: Doorstep, preference: str) -> tuple[int, dict[str, object]]:
    answer = await post(step, given=headers(prefer=preference))
    assert answer.headers["preference-applied"].startswith("wait=")
    assert answer.headers["location"]
    return answer.status_code, answer.json()


async def test_waiting_answers_once_checked() -> None:
    step = Doorstep()
    step.cases.when_asked = lambda _, n: Checked() if n > 2 else Received()

    status, document = await waited(step, "wait=5")

    assert (status, document["status"]) == (202, "checked")
    assert step.cases.asked == 3


async def test_waiting_answers_with_the_problem_list_if_refused() -> None:
    step = Doorstep()
    step.cases.when_asked = lambda _, __: REFUSED

    status, document = await waited(step, "wait=5")

    assert (status, document["code"]) == (422, "E-REFUSED")
    assert document["status"] == 422
    assert document["case_number"] == "2026-000001"
    assert document["problems"] == [
        {"code": "P-1", "location": "/a", "german": "Fehlt.", "english": "Missing."}
    ]


async def test_waiting_ends_when_time_is_up() -> None:
    step = Doorstep()
    began = time.monotonic()

    status, document = await waited(step, "wait=1")

    assert (status, document["status"]) == (202, "received")
    assert 0.9 < time.monotonic() - began < 3
    # Growing pauses: the database is not asked all the time.
    assert step.cases.asked < 15


async def test_waiting_zero_seconds_does_not_wait() -> None:
    step = Doorstep()

    assert (await waited(step, "wait=0"))[0] == 202
    assert step.cases.asked == 0


async def test_waiting_never_turns_an_accepted_case_into_an_error() -> None:
    step = Doorstep()
    step.cases.failure = DatabaseAway()

    status, document = await waited(step, "wait=1")

    assert (status, document["status"]) == (202, "received")


async def test_our_own_failure_while_waiting_is_told_as_held() -> None:
    step = Doorstep()
    step.cases.when_asked = lambda _, __: HELD

    status, document = await waited(step, "wait=5")

    assert (status, document["status"]) == (202, "held")
    assert "E-X" not in str(document)


async def test_a_repetition_may_wait_as_well() -> None:
    step = Doorstep()
    await post(step)
    step.cases.when_asked = lambda _, __: REFUSED

    answer = await post(step, given=headers(prefer="wait=1"))

    assert_problem(answer, 422, "E-REFUSED")
    assert answer.headers["idempotency-replayed"] == "true"


async def test_a_narrow_token_sees_what_it_handed_in() -> None:
    """Tokens share a sender: a form server has one per office."""
    step = Doorstep()
    tracking = (await post(step)).json()["tracking_id"]

    answer = await get(step, f"{SUBMISSIONS}/{tracking}", NARROW_TOKEN)

    assert answer.status_code == 200
