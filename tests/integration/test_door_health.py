"""Health: live while the process is, ready while submissions can be taken."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
import pytest

from adapters.base import Finding
from api.app import create_app
from api.door import Door
from schemas.errors import DatabaseAway
from schemas.services import Configuration
from tests.fakes.doorstep import Doorstep, assert_problem, client


async def ask(door: Door, path: str) -> httpx.Response:
    async with client(create_app(door)) as knocking:
        return await knocking.get(path)


async def test_a_door_with_everything_behind_it_is_ready() -> None:
    step = Doorstep(findings=(Finding(subject="database", ok=True),))

    for path, status in (("live", "live"), ("ready", "ready")):
        answer = await ask(step.door(), f"/health/{path}")
        assert (answer.status_code, answer.json()) == (200, {"status": status})


async def database_away() -> tuple[Finding, ...]:
    raise DatabaseAway


async def database_hangs() -> tuple[Finding, ...]:
    await asyncio.Event().wait()
    return ()


async def database_old() -> tuple[Finding, ...]:
    return (Finding(subject="database", ok=False, remedy="Upgrade it."),)


@pytest.mark.parametrize(
    ("ready", "subject"),
    [(database_away, "ports"), (database_hangs, "ports"), (database_old, "database")],
)
async def test_a_database_that_does_not_answer_is_a_finding(
    ready: Callable[[], Awaitable[tuple[Finding, ...]]], subject: str
) -> None:
    answer = await ask(replace(Doorstep().door(), ready=ready), "/health/ready")

    assert_problem(answer, 503, "E-NOT-READY")
    [finding] = answer.json()["findings"]
    assert finding["subject"] == subject
    assert finding["remedy"]


async def test_no_room_and_no_service_are_findings() -> None:
    step = Doorstep(configuration=Configuration(services={}, destinations={}))
    step.vault.room = 0

    answer = await ask(step.door(), "/health/ready")

    subjects = [finding["subject"] for finding in answer.json()["findings"]]
    assert (answer.status_code, subjects) == (503, ["vault", "configuration"])


async def test_a_door_that_is_not_ready_is_still_live() -> None:
    door = replace(Doorstep().door(), ready=database_away)

    assert (await ask(door, "/health/live")).status_code == 200


async def test_the_description_names_the_routes_and_no_pages_are_served() -> None:
    door = Doorstep().door()

    description = (await ask(door, "/api/v1/openapi.json")).json()

    assert set(description["paths"]) == {
        "/api/v1/callbacks/fitconnect/{name}",
        "/api/v1/submissions",
        "/api/v1/submissions/{tracking_id}",
        "/api/v1/submissions/{tracking_id}/approvals",
        "/api/v1/submissions/{tracking_id}/corrections",
        "/health/live",
        "/health/ready",
    }
    assert "HTTPValidationError" not in str(description)
    assert (await ask(door, "/docs")).status_code == 404
    async with client(create_app(door, pages=True)) as knocking:
        assert (await knocking.get("/docs")).status_code == 200
