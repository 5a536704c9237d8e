"""A standard that nobody here knew: kept, added, taken; and what is wrong goes back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from adapters.memory import MemoryOutbox
from api.standing import standing_of
from flows.checking.checker import Checker
from flows.current_packs import CurrentPacks
from schemas.cases import Case
from schemas.checking.policy import CheckPolicy
from schemas.packs.library import shipped_packs
from schemas.states import Closed, Quarantined, Refused
from storage.vitals import open_disturbances
from tests.command_line import CommandLine, install
from tests.house import SCOPE, House, service
from tests.looking import assert_chains_hold, rows

STANDARD = Path(__file__).parents[2] / "examples" / "standard"
GOOD = (STANDARD / "beispiele" / "anmeldung.xml").read_bytes()
NO_DATE = (STANDARD / "beispiele" / "ungueltig" / "datum-falsch.xml").read_bytes()
TOO_EARLY = (STANDARD / "beispiele" / "ungueltig" / "vor-geburt.xml").read_bytes()
VALUES = ("Weißgerber", "Bello", "gestern", "1970-02-01")
STRICT = service(check=CheckPolicy())


@pytest.fixture
def amtsweg(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    return install(tmp_path / "home", database_url, monkeypatch.setenv)


@asynccontextmanager
async def house_of(amtsweg: CommandLine, outbox: MemoryOutbox) -> AsyncIterator[House]:
    """A house whose worker looks for new packs before each document."""
    places = (shipped_packs(), amtsweg.home / "packs")
    seconds = count()
    packs = CurrentPacks(
        places=places,
        open=lambda: Checker(places, processes=1),
        clock=lambda: float(next(seconds)),
    )
    try:
        async with amtsweg.house(outbox, checker=packs) as house:
            yield house
    finally:
        await packs.aclose()


async def worked_on(house: House, body: bytes) -> Case:
    """Handed in, and carried as far as it goes."""
    case = await house.receive(STRICT, body=body)
    await house.work()
    return await now_of(house, case)


async def now_of(house: House, case: Case) -> Case:
    return await house.cases.by_number(SCOPE, case.number)


async def test_an_unknown_standard_is_kept_until_it_is_added_and_then_taken(
    amtsweg: CommandLine,
) -> None:
    outbox = MemoryOutbox()
    async with house_of(amtsweg, outbox) as house:
        case = await worked_on(house, GOOD)

        assert isinstance(case.state, Quarantined)
        told = standing_of(case)
        assert told["status"] == "held"
        assert "problems" not in told
        shown = await amtsweg("case", "show", case.number)
        assert "E-CHECK-UNKNOWN-SCHEMA" in shown.out
        assert "amtsweg schema add" in shown.out
        examined = await amtsweg("doctor")
        assert "step:check: E-CHECK-UNKNOWN-SCHEMA" in examined.out

        added = await amtsweg("schema", "add", str(STANDARD), "--yes")
        assert added.code == 0, added.err
        await amtsweg("case", "release", case.number, "--reason", "Paket hinzugefügt")
        await house.work()
        await house.duties().close_troubles()

        case = await now_of(house, case)
        assert isinstance(case.state, Closed)
        assert await open_disturbances(house.database, SCOPE) == ()
        check = (await amtsweg("case", "show", case.number, "--json")).json["check"]
        assert check["verdict"] == "accepted"
        assert (check["pack"]["id"], check["pack"]["version"]) == (
            "hundehaltung",
            "1.0",
        )
        assert len(check["pack"]["sha256"]) == 64
        assert check["message"] == "anmeldung.hund.0100"
        assert "lxml" in check["engines"]
        assert outbox.attempts == 1
        await assert_chains_hold(house, case)


async def test_what_is_wrong_goes_back_with_the_place_and_a_sentence(
    amtsweg: CommandLine,
) -> None:
    outbox = MemoryOutbox()
    assert (await amtsweg("schema", "add", str(STANDARD), "--yes")).code == 0
    async with house_of(amtsweg, outbox) as house:
        taken = await worked_on(house, GOOD)
        no_date = await worked_on(house, NO_DATE)
        too_early = await worked_on(house, TOO_EARLY)

        assert isinstance(taken.state, Closed)
        assert isinstance(no_date.state, Refused)
        assert isinstance(too_early.state, Refused)
        assert outbox.attempts == 1
        [schema] = no_date.state.problems
        assert schema.code == "schema-violation"
        assert (schema.location, schema.line) == (
            "/anmeldung.hund.0100/hund/seit",
            10,
        )
        assert schema.german
        assert schema.english
        [rule] = too_early.state.problems
        assert rule.code == "schematron-failed"
        assert "bevor der Halter geboren" in rule.german
        shown = await amtsweg("case", "show", no_date.number)
        for said in ("hundehaltung-1.0", "schema-violation", "Fehler", schema.german):
            assert said in shown.out

        everything = [shown.out]
        for case in (taken, no_date, too_early):
            everything.append(str(standing_of(case)))
            whole = await amtsweg("case", "show", case.number, "--json")
            everything.append(whole.out)
        everything.extend(row["body"].decode() for row in await rows(house, "events"))
        everything.extend(str(row) for row in await rows(house, "cases"))
        leaked = [value for value in VALUES if value in "".join(everything)]
        assert leaked == []
