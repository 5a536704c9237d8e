"""The command line where several tenants live: about the own one, or the chosen one."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from adapters.fitconnect.keyring.folder import KeyFolder, KeyPair
from adapters.memory import MemoryOutbox
from schemas.cases import Case
from schemas.clock import SystemClock
from storage.database import Database
from storage.tokens import SqlTokens
from tests.command_line import CommandLine, install, refusals
from tests.fitconnect_keys import test_key
from tests.house import House
from tests.tenants import (
    STADTVERFAHREN,
    TOWN,
    destination_of_town,
    move_in,
    service_of_town,
)

MAILBOX = """
tenant = "stadt"
id = "stadtpost"
name = "Postfach der Stadt"
adapter = "memory"
"""


@pytest.fixture
def amtsweg(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    return shared_by_two(install(tmp_path / "home", database_url, monkeypatch.setenv))


@pytest.fixture
def lightly(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """For what the database has no part in."""
    return shared_by_two(install(tmp_path / "home", sqlite_url, monkeypatch.setenv))


def shared_by_two(line: CommandLine) -> CommandLine:
    move_in(line.home)
    sources = line.home / "config" / "sources"
    sources.mkdir()
    (sources / "stadtpost.toml").write_text(MAILBOX, encoding="utf-8")
    return line


async def one_each(house: House) -> tuple[Case, Case]:
    """A case of the district, and one of the town."""
    return await house.receive(), await house.receive(service_of_town())


def subjects(results: Iterable[dict[str, str]]) -> set[str]:
    return {one["subject"] for one in results}


async def test_commands_see_the_own_tenant_s_cases_or_the_chosen_one_s(
    amtsweg: CommandLine,
) -> None:
    async with amtsweg.house() as house:
        ours, theirs = await one_each(house)

    for chosen, seen, hidden in (
        ((), ours, theirs),
        (("--tenant", TOWN), theirs, ours),
    ):
        listed = await amtsweg(*chosen, "case", "list", "--json")
        shown = await amtsweg(*chosen, "case", "show", seen.number, "--json")
        number = await amtsweg(*chosen, "case", "show", hidden.number)
        tracking = await amtsweg(*chosen, "case", "show", hidden.tracking_id)
        trace = await amtsweg(*chosen, "fitconnect", "trace", hidden.number)

        assert [one["number"] for one in listed.json] == [seen.number]
        assert shown.code == 0
        assert [one.code for one in (number, tracking, trace)] == [1, 1, 1]
        assert number.err.startswith("E-CASE-UNKNOWN")


async def test_the_environment_chooses_and_the_option_overrules_it(
    lightly: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with lightly.house() as house:
        ours, theirs = await one_each(house)
    monkeypatch.setenv("AMTSWEG_TENANT", TOWN)

    chosen = await lightly("case", "list", "--json")
    overruled = await lightly("--tenant", "standard", "case", "list", "--json")
    doctor = await lightly("doctor", "--json")

    assert [one["number"] for one in chosen.json] == [theirs.number]
    assert [one["number"] for one in overruled.json] == [ours.number]
    [environment] = [
        one for one in doctor.json["results"] if one["subject"] == "environment"
    ]
    assert environment["light"] == "green"


@pytest.mark.parametrize(
    "command",
    [
        ("case", "list"),
        ("token", "list"),
        ("doctor",),
        ("source", "check"),
        ("destination", "check"),
        ("fitconnect", "check"),
        ("fitconnect", "publish", "stadtpost"),
        ("fitconnect", "keygen", "neu"),
    ],
)
async def test_an_unknown_tenant_is_told_with_those_there_are(
    lightly: CommandLine, command: tuple[str, ...]
) -> None:
    answer = await lightly("--tenant", "stdat", *command)

    assert (answer.code, answer.out) == (2, "")
    assert "E-NO-TENANT" in answer.err
    assert "There are: stadt, standard." in answer.err


async def test_cases_of_a_tenant_that_is_configured_no_more_can_be_seen(
    lightly: CommandLine,
) -> None:
    async with lightly.house() as house:
        _, theirs = await one_each(house)
    config = lightly.home / "config"
    for name in ("services/stadt", "destinations/stadtverfahren", "sources/stadtpost"):
        (config / f"{name}.toml").unlink()
    whole = (config / "installation.toml").read_text(encoding="utf-8")
    alone = whole.partition("[tenants.")[0]
    (config / "installation.toml").write_text(alone, encoding="utf-8")

    left = await lightly("--tenant", TOWN, "case", "list", "--json")
    (config / "installation.toml").write_text("tenant =", encoding="utf-8")
    broken = await lightly("--tenant", TOWN, "case", "list", "--json")

    assert [one["number"] for one in left.json] == [theirs.number]
    assert broken.json == left.json


async def test_a_token_is_one_tenant_s_and_says_so(amtsweg: CommandLine) -> None:
    made = await amtsweg("--tenant", TOWN, "token", "create", "--sender", "a", "--json")
    told = await amtsweg("--tenant", TOWN, "token", "create", "--sender", "b")
    ours = await amtsweg("token", "list", "--json")
    theirs = await amtsweg("--tenant", TOWN, "token", "list", "--json")
    revoked = await amtsweg("token", "revoke", made.json["id"])
    database = Database(amtsweg.url)
    found = await SqlTokens(database, SystemClock()).find(made.json["secret"])
    await database.close()

    assert made.json["tenant"] == TOWN
    assert f"of b for {TOWN};" in told.err
    assert (ours.json, len(theirs.json)) == ([], 2)
    assert found is not None
    assert (found.tenant, revoked.code) == (TOWN, 1)


async def test_a_token_may_name_what_its_tenant_has_only(lightly: CommandLine) -> None:
    def create(*options: str) -> tuple[str, ...]:
        return ("token", "create", "--sender", "a", *options)

    for options in (("--office", "buergeramt"), ("--service", "99107023017000")):
        made = await lightly("--tenant", TOWN, *create(*options))
        assert made.code == 0, made.err

    refused = await lightly(*create("--office", "buergeramt"))
    assert refused.code == 2
    assert "buergeramt" in refused.err


async def test_alone_in_the_house_nobody_is_named(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = install(tmp_path / "alone", sqlite_url, monkeypatch.setenv)

    made = await alone("token", "create", "--sender", "a", "--json")
    checked = await alone("destination", "check")
    doctor = await alone("doctor", "--json")

    assert "tenant" not in made.json
    assert checked.out.split()[0] == "DESTINATION"
    assert "destination fachverfahren" in subjects(doctor.json["results"])
    assert "tenant" not in doctor.out


async def test_destinations_are_listed_and_held_by_their_own_tenant(
    amtsweg: CommandLine,
) -> None:
    async with amtsweg.house() as house:
        await house.destinations.sync([destination_of_town()])
    pause = ("destination", "pause", STADTVERFAHREN, "--reason", "Umzug")

    ours = await amtsweg("destination", "list", "--json")
    theirs = await amtsweg("--tenant", TOWN, "destination", "list", "--json")
    refused = await amtsweg(*pause)
    held = await amtsweg("--tenant", TOWN, *pause)

    assert [one["id"] for one in ours.json] == ["fachverfahren"]
    assert [one["id"] for one in theirs.json] == [STADTVERFAHREN]
    assert (refused.code, held.code) == (1, 0)


async def test_checks_look_at_all_and_say_whose_it_is(lightly: CommandLine) -> None:
    everything = await lightly("destination", "check")
    as_json = await lightly("destination", "check", "--json")
    chosen = await lightly("--tenant", TOWN, "destination", "check", "--json")
    sources = await lightly("source", "check", "--json")
    foreign = await lightly("--tenant", "standard", "source", "check", "stadtpost")

    assert everything.out.split()[:2] == ["TENANT", "DESTINATION"]
    assert [(one["tenant"], one["destination"]) for one in as_json.json] == [
        ("standard", "fachverfahren"),
        (TOWN, STADTVERFAHREN),
    ]
    assert [sorted(one) for one in chosen.json] == [["destination", "findings", "ok"]]
    assert [one["tenant"] for one in sources.json] == [TOWN]
    assert (foreign.code, foreign.err.split(":")[0]) == (1, "E-NO-SOURCE")


async def test_the_doctor_looks_at_all_tenants_and_names_them(
    amtsweg: CommandLine,
) -> None:
    outbox = MemoryOutbox()
    outbox.then(*refusals(1))
    async with amtsweg.house() as house:
        house.outboxes[STADTVERFAHREN] = outbox
        await house.destinations.sync([destination_of_town()])
        await house.receive(service_of_town())
        await house.work()

    examined = (await amtsweg("doctor", "--json")).json["results"]
    told = {one["subject"]: one for one in examined}

    assert told["configuration"]["detail"].startswith("2 tenants, ")
    assert told["cases (standard)"]["light"] == "green"
    assert told["cases (stadt)"]["light"] == "yellow"
    assert told["cases (stadt)"]["remedy"] == ("`amtsweg --tenant stadt delivery list`")
    assert {"destination fachverfahren (standard)", "source stadtpost (stadt)"} <= set(
        told
    )
    assert sum(subject.startswith("workers") for subject in told) == 1


async def test_the_doctor_looks_at_the_chosen_tenant_only(lightly: CommandLine) -> None:
    ours = await lightly("--tenant", "standard", "doctor", "--json")
    theirs = await lightly("--tenant", TOWN, "doctor", "--json")

    assert "destination fachverfahren" in subjects(ours.json["results"])
    assert "stadt" not in ours.out
    assert {f"destination {STADTVERFAHREN}", "source stadtpost"} <= subjects(
        theirs.json["results"]
    )
    assert "fachverfahren" not in theirs.out.replace(STADTVERFAHREN, "")


async def test_the_doctor_finds_tenants_without_a_configuration(
    lightly: CommandLine,
) -> None:
    async with lightly.house() as house:
        await one_each(house)
    path = lightly.home / "config" / "installation.toml"
    path.write_text("tenant =", encoding="utf-8")

    told = subjects((await lightly("doctor", "--json")).json["results"])
    chosen = await lightly("--tenant", "neu", "doctor", "--json")
    unknown = await lightly("--tenant", "neu", "case", "list")

    assert {"cases (stadt)", "cases (standard)"} <= told
    assert {"cases", "configuration"} <= subjects(chosen.json["results"])
    assert unknown.code == 2
    assert unknown.err.startswith("The configuration cannot be read: ")
    assert "There are: stadt, standard." in unknown.err


async def test_keys_are_their_tenant_s_too(lightly: CommandLine) -> None:
    keys = KeyFolder(lightly.home / "keys", "stadtpost")
    keys.create(
        KeyPair(
            decryption=test_key("destination"), signing=test_key("sign-destination")
        )
    )
    command = ("fitconnect", "keygen", "stadtpost")

    refused = await lightly(*command)
    told = await lightly("--tenant", TOWN, *command)
    rotated = await lightly("fitconnect", "rotate", "stadtpost")

    assert (refused.code, refused.out, rotated.code) == (1, "", 1)
    assert "stadtpost is of the tenant stadt: say --tenant stadt." in refused.err
    assert 'tenant = "stadt"' in told.out
    assert "`amtsweg --tenant stadt fitconnect publish stadtpost`" in told.out


async def test_a_source_of_another_tenant_is_not_published(
    lightly: CommandLine,
) -> None:
    answer = await lightly("fitconnect", "publish", "stadtpost")

    assert answer.code == 1
    assert "say --tenant stadt" in answer.err
