"""Door and worker as processes, and the command that hands in."""

import asyncio
import json
import os
import shutil
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from copy import copy
from pathlib import Path

import pytest

from api.tokens import new_token
from schemas.clock import SystemClock
from schemas.ids import SenderId, TenantId
from storage.database import Database
from storage.migrate import upgrade
from storage.ports import SenderToken
from storage.tokens import SqlTokens
from tests.counterparts.installation import PATIENCE, Installation

HUNDESTEUER = "99102013002000"
WOHNGELD = "99107023017000"


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """With the example as its configuration, and a database."""
    return prepared(tmp_path)


def prepared(folder: Path) -> Installation:
    made = Installation(folder=folder)
    made.take_anything()
    made.home.mkdir(mode=0o700)
    upgrade(f"sqlite+aiosqlite:///{made.home / 'amtsweg.db'}")
    return made


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One whose door is open, and who has a token, for all who only hand in."""
    made = prepared(tmp_path_factory.mktemp("house"))
    made.extra["AMTSWEG_TOKEN"] = asyncio.run(token_for(made))
    with made.started("serve") as serving:
        serving.until_said("door_open")
        yield made


async def token_for(installation: Installation) -> str:
    database = Database(f"sqlite+aiosqlite:///{installation.home / 'amtsweg.db'}")
    secret = new_token(os.urandom)
    sender = SenderToken(
        tenant=TenantId("musterland"),
        sender=SenderId("probe"),
        offices=frozenset(),
        services=frozenset(),
    )
    await SqlTokens(database, SystemClock()).create(sender, secret)
    await database.close()
    return secret


def antrag(installation: Installation, text: str = "<antrag/>") -> str:
    file = installation.folder / "antrag.xml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def cases_so_far(installation: Installation) -> int:
    path = installation.home / "amtsweg.db"
    with closing(sqlite3.connect(path)) as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM cases")
    return int(count)


def test_what_is_submitted_gets_a_number_and_is_worked_on(
    house: Installation,
) -> None:
    attachment = house.folder / "Änderung.pdf"
    attachment.write_bytes(b"%PDF-1.4 example")
    command = ("submit", antrag(house), "--service", HUNDESTEUER)
    before = cases_so_far(house)

    done = house.run(*command, "--attachment", str(attachment), "--json")
    once = house.run("work", "--once", "--without-prefect")

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["case_number"].endswith(f"-{before + 1:06}")
    assert answer["tracking_id"]
    assert once.returncode == 0, once.stderr
    assert "Nothing is due any more." in once.stderr
    assert list((house.home / "archive").rglob("manifest.json"))


def test_the_same_key_is_the_same_case_and_another_payload_is_refused(
    house: Installation,
) -> None:
    command = ("--service", HUNDESTEUER, "--key", "one")

    first = house.run("submit", antrag(house), *command)
    again = house.run("submit", antrag(house), *command)
    other = house.run("submit", antrag(house, "<b/>"), *command)

    assert first.returncode == 0
    assert first.stdout == again.stdout
    assert other.returncode == 1
    assert "E-IDEMPOTENCY-KEY-REUSED" in other.stderr
    assert "→" in other.stderr


def test_a_refused_application_shows_its_problems(
    house: Installation,
) -> None:
    with house.started("work", "--without-prefect") as worker:
        worker.until_said("worker_ready")

        done = house.run(
            *("submit", antrag(house, "<antrag><offen></antrag>")),
            *("--service", HUNDESTEUER, "--wait", "10"),
        )

        assert done.returncode == 1
        assert "E-REFUSED" in done.stderr
        assert "not-wellformed (line 1) The document is" in done.stderr
        assert worker.interrupt() == 0


def test_without_a_door_it_says_so_and_names_the_key(
    installation: Installation,
) -> None:
    installation.extra["AMTSWEG_TOKEN"] = "amtsweg_" + "x" * 32

    done = installation.run(
        *("submit", antrag(installation), "--service", HUNDESTEUER, "--key", "k-1"),
    )

    assert done.returncode == 3
    assert "E-DOOR-AWAY" in done.stderr
    assert "k-1" in done.stderr


def test_without_a_token_nothing_is_sent(installation: Installation) -> None:
    done = installation.run("submit", antrag(installation), "--service", HUNDESTEUER)

    assert done.returncode == 2
    assert "AMTSWEG_TOKEN" in done.stderr


@pytest.mark.parametrize("command", ["serve", "work"])
def test_an_outdated_database_is_refused_with_the_remedy(
    tmp_path: Path, command: str
) -> None:
    installation = Installation(folder=tmp_path)
    installation.take_anything()

    done = installation.run(command)

    assert done.returncode == 2
    assert "E-DATABASE-OUTDATED" in done.stderr
    assert "amtsweg db upgrade" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["serve", "work"])
def test_production_refuses_keys_beside_the_data_and_an_open_prefect(
    installation: Installation, command: str
) -> None:
    installation.extra["AMTSWEG_MODE"] = "production"
    installation.extra["AMTSWEG_PREFECT_URL"] = "http://10.0.0.7:4200/api"

    done = installation.run(command)

    assert done.returncode == 2
    for variable in ("KEYS", "PREFECT_AUTH", "PREFECT_URL"):
        assert f"AMTSWEG_{variable}:" in done.stderr


def test_production_makes_no_key_by_itself(installation: Installation) -> None:
    installation.extra["AMTSWEG_MODE"] = "production"
    installation.extra["AMTSWEG_KEYS"] = str(installation.folder / "keys")

    done = installation.run("serve")

    assert done.returncode == 2
    assert "E-KEY-MISSING" in done.stderr


def test_a_taken_port_is_one_sentence(house: Installation) -> None:
    second = house.run("serve")

    assert second.returncode == 1
    assert "E-PORT-TAKEN" in second.stderr


def test_door_and_worker_stop_cleanly_when_asked(installation: Installation) -> None:
    with (
        installation.started("serve") as door,
        installation.started("work", "--without-prefect") as worker,
    ):
        door.until_said("door_open")
        worker.until_said("worker_ready")

        worker.process.send_signal(signal.SIGTERM)
        door.process.send_signal(signal.SIGTERM)

        assert worker.process.wait(12) == 0
        assert "worker_retired" in worker.said()
        assert door.process.wait(12) == 0


def test_a_worker_asked_twice_does_not_wait_for_what_hangs(
    house: Installation,
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", house.specialist_port))
        silent.listen()
        silent.settimeout(PATIENCE)
        command = ("submit", antrag(house), "--service", WOHNGELD)
        assert house.run(*command).returncode == 0
        mended = copy(house)
        mended.extra = house.extra | {"AMTSWEG_CONFIG": str(config_of(house))}
        with mended.started("work", "--without-prefect") as worker:
            connection, _ = silent.accept()
            worker.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            patient = worker.is_alive()

            worker.process.send_signal(signal.SIGTERM)
            code = worker.process.wait(2)
            connection.close()

    assert patient
    assert code == 128 + signal.SIGTERM


def config_of(installation: Installation) -> Path:
    """The example, for this installation's specialist system."""
    folder = installation.folder / "config"
    shutil.copytree(installation.extra["AMTSWEG_CONFIG"], folder)
    destination = folder / "destinations" / "fachverfahren.toml"
    text = destination.read_text(encoding="utf-8")
    port = str(installation.specialist_port)
    destination.write_text(text.replace("8093", port), encoding="utf-8")
    return folder
