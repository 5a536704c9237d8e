"""The first day of an installation, as an operator and a form server live it."""

import json
from pathlib import Path

import pytest

from tests.counterparts.installation import Installation, until

pytestmark = pytest.mark.xdist_group("up")
HUNDESTEUER = "99102013002000"


def test_an_application_is_in_the_archive_and_its_way_can_be_shown(
    tmp_path: Path,
) -> None:
    house = Installation(folder=tmp_path)
    house.use_example()
    form = tmp_path / "anmeldung.xml"
    form.write_text("<anmeldung><hund>Bärli</hund></anmeldung>", encoding="utf-8")
    # The operator prepares the database and gives the form server its token.
    assert house.run("db", "upgrade").returncode == 0
    with house.started("serve") as door, house.started("work") as worker:
        door.until_said("door_open")
        worker.until_said("worker_ready")
        created = house.run("token", "create", "--sender", "portal", "--json")
        secret = json.loads(created.stdout)["secret"]

        # The form server hands in, and is told a number.
        house.extra["AMTSWEG_TOKEN"] = secret
        handed_in = house.run("submit", str(form), "--service", HUNDESTEUER, "--json")
        number = json.loads(handed_in.stdout)["case_number"]

        # The operator looks where it is.
        def shown() -> dict[str, object]:
            done = house.run("case", "show", number, "--json")
            case: dict[str, object] = json.loads(done.stdout)
            return case

        until(lambda: "Closed" in str(shown()))
        case = str(shown())

    assert handed_in.returncode == 0
    for event in ("SubmissionReceived", "CaseDelivered", "PackageArchived"):
        assert event in case
    [marker] = (house.home / "ablage").glob("*.fertig")
    delivered = house.home / "ablage" / marker.stem
    assert any(
        "Bärli" in file.read_text(encoding="utf-8")
        for file in delivered.iterdir()
        if file.suffix == ".xml"
    )
    [manifest] = (house.home / "archive").rglob("manifest.json")
    assert number in manifest.read_text(encoding="utf-8")
    # Nobody's dog is in the clear but where the office has asked for it.
    in_the_clear = [
        file
        for file in house.home.rglob("*")
        if file.is_file()
        and "ablage" not in file.parts
        and "Bärli".encode() in file.read_bytes()
    ]
    assert [file for file in in_the_clear if "archive" not in file.parts] == []
