"""The first day of an installation, as an operator and a form server live it."""

import json
from pathlib import Path

from tests.counterparts.installation import Installation, until
from tests.documents import hundesteuer

HUNDESTEUER = "99102013002000"
DOG = "Bärli"


def test_an_application_is_in_the_archive_and_its_way_can_be_shown(
    tmp_path: Path,
) -> None:
    house = Installation(folder=tmp_path)
    house.use_example()
    # The operator prepares the database and gives the form server its token.
    assert house.run("db", "upgrade").returncode == 0
    with house.started("serve") as door, house.started("work") as worker:
        door.until_said("door_open")
        worker.until_said("worker_ready")
        created = house.run("token", "create", "--sender", "portal", "--json")
        house.extra["AMTSWEG_TOKEN"] = json.loads(created.stdout)["secret"]

        # The form server hands in, and is told a number.
        form = tmp_path / "anmeldung.json"
        form.write_bytes(hundesteuer(DOG))
        handed_in = house.run("submit", str(form), "--service", HUNDESTEUER, "--json")
        number = json.loads(handed_in.stdout)["case_number"]

        # The operator looks where it is.
        until(lambda: "Closed" in house.run("case", "show", number, "--json").stdout)
        shown = house.run("case", "show", number, "--json").stdout

    for event in ("SubmissionReceived", "CaseDelivered", "PackageArchived"):
        assert event in shown
    [marker] = (house.home / "ablage").glob("*.fertig")
    assert holds(house.home / "ablage" / marker.stem, DOG)
    [manifest] = (house.home / "archive").rglob("manifest.json")
    assert number in manifest.read_text(encoding="utf-8")
    # The dog is in the clear only where the office has asked for it.
    for path in house.home.iterdir():
        assert path.name == "ablage" or not holds(path, DOG)


def holds(path: Path, word: str) -> bool:
    """Whether a file, or any below a folder, has the word in the clear."""
    files = path.rglob("*") if path.is_dir() else [path]
    return any(word.encode() in one.read_bytes() for one in files if one.is_file())
