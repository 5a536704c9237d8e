"""What FIT-Connect decided without us is closed by a person, and stays proved."""

from pathlib import Path
from typing import Final

import pytest

from storage.vitals import open_disturbances
from tests.acceptance.post_office import POST, PostOffice, open_post_office, until
from tests.counterparts.fitconnect_party import town
from tests.house import SCOPE

DAY: Final = 86_400.0
LATE: Final = "E-FIT-REJECTED-BY-SERVICE"
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
