"""Telling a running sandbox what to do wrong, from the command line."""

import asyncio

import httpx
import pytest

from adapters.http.sandbox import SpecialistSystem
from tests.command_line import Answer, run
from tests.counterparts.ports import free_ports


async def misbehave(*arguments: str) -> Answer:
    return await asyncio.to_thread(run, "sandbox", "misbehave", *arguments)


async def deliver(system: SpecialistSystem) -> int:
    async with httpx.AsyncClient(base_url=system.url, trust_env=False) as client:
        return (await client.post("/antraege", content=b"<x/>")).status_code


async def test_it_misbehaves_as_often_as_it_is_told_and_then_no_more() -> None:
    async with SpecialistSystem() as system:
        told = await misbehave("503", "--times", "2", "--port", str(system.address[1]))
        answers = [await deliver(system) for _ in range(3)]

    assert (told.code, told.out) == (0, "")
    assert "misbehaves: 503" in told.err
    assert answers == [503, 503, 201]


async def test_it_does_everything_right_when_told_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with SpecialistSystem() as system:
        monkeypatch.setenv("AMTSWEG_SPECIALIST_PORT", str(system.address[1]))
        await misbehave("401")
        wrong = await deliver(system)
        await misbehave("none")

        assert (wrong, await deliver(system)) == (401, 201)


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [(("sulk",), "accept-then-drop"), (("503", "--on", "mondays"), "receipts")],
)
async def test_what_it_cannot_do_wrong_is_answered_with_what_it_can(
    arguments: tuple[str, ...], remedy: str
) -> None:
    told = await misbehave(*arguments, "--port", "1")

    assert told.code == 2
    assert remedy in told.err


async def test_without_a_sandbox_one_is_named_that_could_be_started() -> None:
    [port] = free_ports(1)

    told = await misbehave("503", "--port", str(port))

    assert told.code == 3
    assert f"E-SANDBOX-AWAY: The sandbox does not answer: 127.0.0.1:{port}" in told.err
    assert "amtsweg sandbox specialist" in told.err
