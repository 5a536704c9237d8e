"""Replays on the command line: planned, asked for, followed, stopped, resumed."""

import asyncio
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.memory import Drop, MemoryConnection, MemoryOutbox
from schemas.outcomes import Certainty
from tests.command_line import (
    REFUSES,
    CommandLine,
    install,
    make_dead,
    refusals,
    working,
)
from tests.house import SCOPE, House

FAST = ("--per-minute", "6000")


@pytest.fixture
def amtsweg(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    return install(tmp_path / "home", database_url, monkeypatch.setenv)


@pytest.fixture
def lightly(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """For what the database has no part in."""
    return install(tmp_path / "home", sqlite_url, monkeypatch.setenv)


async def states(house: House) -> dict[str, int]:
    return await house.cases.count_by_state(SCOPE)


async def test_dead_letters_are_listed_with_their_reason(amtsweg: CommandLine) -> None:
    outbox = MemoryOutbox()
    async with amtsweg.house(outbox) as house:
        dead = await make_dead(house, outbox, 3)
        await house.receive()
        await house.work()

    listed = (await amtsweg("delivery", "list", "--json")).json
    everything = (await amtsweg("delivery", "list", "--state", "all", "--json")).json

    assert [one["case"] for one in listed] == dead
    assert {one["code"] for one in listed} == {REFUSES}
    assert {one["word"] for one in listed} == {"unzustellbar"}
    assert len(everything) == 4
    text = await amtsweg("delivery", "list", "--code", REFUSES)
    assert len(text.out.splitlines()) == 4
    nothing = await amtsweg("delivery", "list", "--destination", "ablage", "--json")
    assert nothing.json == []


async def test_a_dry_run_shows_the_plan_and_changes_nothing(
    amtsweg: CommandLine,
) -> None:
    outbox = MemoryOutbox()
    async with amtsweg.house(outbox) as house:
        dead = await make_dead(house, outbox, 3)
        before = await states(house)
        command = ("delivery", "replay", "--all", "--reason", "Probe", "--dry-run")

        text = await amtsweg(*command)
        planned = (await amtsweg(*command, "--json")).json

        assert text.code == 0
        assert "3 dead letters would be delivered again" in text.out
        assert "3 to fachverfahren" in text.out
        assert "None of them was replayed before" in text.out
        assert [one["case"] for one in planned["plan"]["deliveries"]] == dead
        assert planned["job"] is None
        assert await states(house) == before
    assert (await amtsweg("delivery", "jobs", "--json")).json == []


async def test_fifty_dead_letters_are_replayed_and_reported_one_by_one(
    amtsweg: CommandLine,
) -> None:
    outbox = MemoryOutbox()
    async with amtsweg.house(outbox) as house:
        dead = await make_dead(house, outbox, 50)

        async with working(house):
            replayed = await amtsweg(
                *("delivery", "replay", "--destination", "fachverfahren"),
                *("--reason", "Fachverfahren nimmt wieder an", "--yes", "--json"),
                *FAST,
            )

        assert replayed.code == 0
        job = replayed.json["job"]
        assert (job["state"], job["total"], job["done"]) == ("done", 50, 50)
        assert [item["case"] for item in job["items"]] == dead
        assert {item["state"] for item in job["items"]} == {"done"}
        assert job["actor"].startswith("cli:")
        assert await states(house) == {"Closed": 50}
        assert len(outbox.deliveries()) == 50
        assert "50 of 50 delivered" in replayed.err
    [listed] = (await amtsweg("delivery", "jobs", "--json")).json
    assert listed["id"] == job["id"]
    shown = await amtsweg("delivery", "job", job["id"][:8])
    assert "erledigt (done)" in shown.out
    events = (await amtsweg("case", "show", dead[0], "--json")).json["events"]
    assert "DeliveryReplayed" in [event["kind"] for event in events]


async def test_a_replay_stops_after_so_many_errors_and_can_be_resumed(
    amtsweg: CommandLine,
) -> None:
    outbox = MemoryOutbox()
    async with amtsweg.house(outbox) as house:
        await make_dead(house, outbox, 30)
        outbox.then(*refusals(10))

        async with working(house):
            stopped = await amtsweg(
                *("delivery", "replay", "--all", "--reason", "Versuch", "--yes"),
                *("--stop-after", "3", "--per-minute", "1200", "--json"),
            )
            job = stopped.json["job"]
            resumed = await amtsweg(
                *("delivery", "job", job["id"][:6], "--resume", "--follow", "--json")
            )

        assert stopped.code == 3
        # How many were on their way already is a matter of the machine's speed.
        assert job["state"] == "stopped"
        assert job["failed"] >= 3
        assert job["failed"] + job["done"] + job["waiting"] == 30
        assert resumed.code == 3, "ten have failed, after all"
        after = resumed.json
        assert (after["state"], after["done"], after["failed"]) == ("done", 20, 10)
        assert await states(house) == {"Closed": 20, "Undeliverable": 10}

        async with working(house):
            again = await amtsweg(
                *("delivery", "replay", "--code", REFUSES, "--reason", "Rest"),
                *("--yes", *FAST),
            )

        assert again.code == 0
        assert "10 of them were replayed before" in again.out
        assert await states(house) == {"Closed": 30}


async def test_a_job_waits_for_a_worker_and_says_so(amtsweg: CommandLine) -> None:
    outbox = MemoryOutbox()
    async with amtsweg.house(outbox) as house:
        [number] = await make_dead(house, outbox, 1)

        begun = await amtsweg(
            *("delivery", "replay", "--case", number, "--reason", "einer", "--yes"),
            *("--detach", "--json"),
        )
        job = begun.json["job"]["id"]
        following = asyncio.create_task(amtsweg("delivery", "job", job, "--follow"))
        await asyncio.sleep(1)
        async with working(house):
            followed = await following

        assert begun.code == 0
        assert followed.code == 0
        assert "No worker is alive" in followed.err
        assert number in followed.out


async def test_a_job_can_be_stopped_by_hand(amtsweg: CommandLine) -> None:
    outbox = MemoryOutbox()
    async with amtsweg.house(outbox) as house:
        await make_dead(house, outbox, 2)
        order = ("delivery", "replay", "--all", "--reason", "x", "--yes", "--detach")
        job = (await amtsweg(*order, "--json")).json["job"]["id"]

        stopped = await amtsweg("delivery", "job", job, "--stop", "--json")

        async with working(house):
            await asyncio.sleep(0.3)
        assert (stopped.code, stopped.json["state"]) == (0, "stopped")
        assert await states(house) == {"Undeliverable": 2}
    both = await amtsweg("delivery", "job", job, "--stop", "--resume")
    assert both.code == 2
    unknown = await amtsweg("delivery", "job", "ffff")
    assert (unknown.code, unknown.err.split(":")[0]) == (1, "E-JOB-UNKNOWN")


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--all",), 2, "--yes"),
        ((), 2, "--all"),
        (("--all", "--code", "E-X"), 2, "--all"),
        (("--case", "123"), 2, "2026-000123"),
        (("--all", "--as", "now"), 1, "--as now"),
        (("--all", "--to", "ablage"), 1, "--to"),
        (("--all", "--payload", "neu.xml"), 1, "--payload"),
        (("--all", "--as", "gestern"), 2, "then"),
        (("--case", "2026-999999", "--yes"), 1, "2026-999999"),
    ],
)
async def test_what_cannot_be_replayed_like_this_is_refused_by_name(
    lightly: CommandLine, options: tuple[str, ...], code: int, said: str
) -> None:
    outbox = MemoryOutbox()
    async with lightly.house(outbox) as house:
        await make_dead(house, outbox, 1)

    refused = await lightly("delivery", "replay", *options, "--reason", "x")

    assert refused.code == code
    assert said in refused.err
    assert (await lightly("delivery", "jobs", "--json")).json == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "code", "jobs"), [("n\n", 1, 0), ("y\n", 0, 1)])
async def test_a_terminal_is_asked_after_the_plan(
    lightly: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    code: int,
    jobs: int,
) -> None:
    outbox = MemoryOutbox()
    async with lightly.house(outbox) as house:
        await make_dead(house, outbox, 2)
    monkeypatch.setattr(sys, "stdin", Terminal(typed))

    asked = await lightly("delivery", "replay", "--all", "--reason", "x", "--detach")

    assert asked.code == code
    assert "2 dead letters would be delivered again" in asked.out
    assert "Replay 2 deliveries?" in asked.err
    assert len((await lightly("delivery", "jobs", "--json")).json) == jobs


async def test_nothing_to_replay_is_no_error(lightly: CommandLine) -> None:
    replayed = await lightly("delivery", "replay", "--all", "--reason", "x")

    assert replayed.code == 0
    assert "nothing to replay" in replayed.out


def unknown_outcome() -> MemoryOutbox:
    """A counterpart that takes it, says nothing, and cannot be asked."""
    return MemoryOutbox(
        MemoryConnection(certainty=Certainty.NEITHER), script=[Drop(taken=True)]
    )


@pytest.mark.parametrize(("answer", "copies"), [("--arrived", 1), ("--not-arrived", 2)])
async def test_an_unknown_outcome_is_settled_by_a_person(
    amtsweg: CommandLine, answer: str, copies: int
) -> None:
    outbox = unknown_outcome()
    async with amtsweg.house(outbox) as house:
        number = (await house.receive()).number
        await house.work()
        before = (await amtsweg("case", "show", number, "--json")).json

        settled = await amtsweg(
            "delivery", "settle", number, answer, "--reason", "im Postfach nachgesehen"
        )
        await house.work()
        again = await amtsweg("delivery", "settle", number, answer, "--reason", "x")

        assert f"amtsweg delivery settle {number}" in before["next"]
        assert (settled.code, settled.err) == (0, "")
        assert await states(house) == {"Closed": 1}
        [delivery] = outbox.deliveries()
        assert len(outbox.copies(delivery)) == copies
        assert (again.code, again.err.split(":")[0]) == (1, "E-STATE")


async def test_settling_needs_to_be_told_which(lightly: CommandLine) -> None:
    assert (
        await lightly("delivery", "settle", "2026-000001", "--reason", "x")
    ).code == 2


async def test_a_replay_whose_outcome_is_unknown_waits_for_a_person(
    amtsweg: CommandLine,
) -> None:
    outbox = MemoryOutbox(MemoryConnection(certainty=Certainty.NEITHER))
    async with amtsweg.house(outbox) as house:
        [number] = await make_dead(house, outbox, 1)
        outbox.then(Drop(taken=True))
        order = ("delivery", "replay", "--all", "--reason", "x", "--yes", "--json")

        async with working(house):
            replayed = await amtsweg(*order, *FAST)
            job = replayed.json["job"]
            settle = ("delivery", "settle", number, "--arrived", "--reason", "da")
            await amtsweg(*settle)
            followed = await amtsweg("delivery", "job", job["id"], "--follow", "--json")

        assert replayed.code == 3
        assert job["items"][0]["case_state"] == "InReview"
        assert followed.code == 0
        assert (followed.json["state"], followed.json["done"]) == ("done", 1)


async def test_ctrl_c_leaves_the_job_and_ends_with_130(lightly: CommandLine) -> None:
    outbox = MemoryOutbox()
    async with lightly.house(outbox) as house:
        await make_dead(house, outbox, 1)
    program = str(Path(sys.executable).parent / "amtsweg")
    order = ("delivery", "replay", "--all", "--reason", "x", "--yes")
    with subprocess.Popen(
        [program, *order], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "No worker is alive" in line:
                break
        os.kill(process.pid, signal.SIGINT)
        try:
            _, said = process.communicate(timeout=20)
        finally:
            process.kill()

    assert process.returncode == 130
    assert "The job goes on" in said
    assert "Traceback" not in said
