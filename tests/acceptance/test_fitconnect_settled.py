"""What FIT-Connect decided without us, or has forgotten, is closed by a person."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from schemas.limits import LONGEST_CALL
from storage.vitals import open_disturbances
from tests.acceptance.post_office import POST, PostOffice, open_post_office, until
from tests.acceptance.test_fitconnect_followed import hand_in, sending
from tests.counterparts.fitconnect_party import town
from tests.house import SCOPE, House
from tests.looking import change, rows

DAY: Final = 86_400.0
LATE: Final = "E-FIT-REJECTED-BY-SERVICE"
LOG_GONE: Final = "E-FIT-LOG-GONE"
NOT_FETCHED: Final = 22 * DAY
FORGOTTEN: Final = 731 * DAY
REASON: Final = ("--reason", "telefonisch geklärt", "--yes")


async def troubles_are(post: PostOffice, *wanted: str) -> None:
    """Until these alarms of the source are open, and no others."""
    async with post.line.house() as house:

        async def so_it_is() -> bool:
            found = await open_disturbances(house.database, SCOPE)
            return {one.reason for one in found} == set(wanted)

        await until(so_it_is)


async def test_a_rejection_by_fitconnect_itself_is_settled_with_its_proof(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path / "fit") as here:
        line = open_post_office(tmp_path, database_url, here.sandbox, monkeypatch)
        post = PostOffice(line=line, sandbox=here.sandbox, sender=here.sender)
        sent = await post.sender.send()
        # The case is made, and its answer finds nobody for two weeks.
        await post.sandbox.tell(misbehave="503", on="answer")
        async with post.working():
            await post.cases_are("Closed", 1)
        await post.sandbox.tell(misbehave="none", on="answer", advance=14 * DAY + 60)
        async with post.working():
            await line("source", "answer", "2026-000001")
            await line("source", "poll", POST)
            await troubles_are(post, LATE)

            [told] = (await line("fitconnect", "trace", sent.submission, "--json")).json
            assert "selbst abgelehnt am " in told["where"]
            proved = [(one["kind"], one["author"]) for one in told["proved"]]
            assert ("reject-submission", "service") in proved

            [case] = await post.cases()
            said = await line("source", "settle", case.number, *REASON)
            assert said.code == 0, said.err
            await troubles_are(post)
            # The next look finds nothing that would open it again.
            await line("source", "poll", POST)
            await troubles_are(post)

        [told] = (await line("fitconnect", "trace", sent.submission, "--json")).json
        assert "das ist geklärt. Hier: Abgeschlossen." in told["where"]
        assert len(told["proved"]) == len(proved)
        await post.sandbox.expect(expired=1)


async def attempts_end(house: House, *codes: str) -> None:
    """Until the attempts have ended like this."""

    async def so_it_is() -> bool:
        found = sorted(await rows(house, "attempts"), key=lambda row: row["number"])
        return tuple(row["code"] for row in found) == codes

    await until(so_it_is)


async def due_now(house: House) -> None:
    """As if what it waits for had passed."""
    past = datetime.now(UTC) - LONGEST_CALL
    await change(house, "attempts", {"started_at": past})
    await change(house, "cases", {"due_at": past})


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_delivery_whose_log_is_lost_is_settled_by_whoever_has_asked(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, arrived: bool
) -> None:
    async with (
        sending(tmp_path, sqlite_url, monkeypatch) as (post, _),
        post.line.house() as house,
    ):
        say = "--arrived" if arrived else "--not-arrived"
        settle = ("delivery", "settle", "2026-000001", say, *REASON[:2])
        await hand_in()
        await post.sandbox.tell(misbehave="commit-then-503", on="submit")
        await post.sandbox.tell(misbehave="503", on="events")
        async with post.working():
            await attempts_end(house, "E-FIT-BUSY")
        early = await post.line(*settle)
        await post.sandbox.tell(misbehave="none", on="everything")
        # Events are deleted two years after a case's last one.
        for time in (NOT_FETCHED, FORGOTTEN):
            await post.sandbox.tell(advance=time)

        await due_now(house)
        async with post.working():
            await attempts_end(house, "E-FIT-BUSY", LOG_GONE)
            await due_now(house)
            await post.cases_are("InReview", 1)
            shown = await post.line("case", "show", "2026-000001")
            done = await post.line(*settle)
            await post.cases_are("Closed", 1)

        assert (early.code, early.err.split(":")[0]) == (1, "E-STATE")
        assert "`amtsweg delivery settle 2026-000001 --arrived" in shown.out
        assert done.code == 0, done.err
        found = await rows(house, "deliveries")
        states = {row["generation"]: row["state"] for row in found}
        assert states == (
            {1: "delivered"} if arrived else {1: "failed", 2: "delivered"}
        )
        counted = (await post.sandbox.state())["submissions"]
        assert counted.get("submitted", 0) == (0 if arrived else 1)
