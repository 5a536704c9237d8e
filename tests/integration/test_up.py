"""Everything on one machine: up, the demonstration, and the ends of both."""

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.counterparts.installation import (
    Installation,
    Started,
    children_of,
    command_of,
    runs,
    until,
)

# They use all there is of a machine: one after the other.
UP = ("up", "--demo", "--demo-every", "0.2")
END_SECONDS = 14.0


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    made = Installation(folder=tmp_path)
    made.spare_keys()
    return made


def child(up: Started, name: str) -> int:
    """The child that runs this command."""
    found: list[int] = []

    def there() -> bool:
        found[:] = [
            pid
            for pid in children_of(up.process.pid)
            if f"api.cli {name}" in command_of(pid)
        ]
        return bool(found)

    until(there)
    return found[0]


def test_applications_go_from_the_form_to_the_archive(
    installation: Installation,
) -> None:
    done = installation.run(*UP, "--demo-count", "3", "--without-prefect")

    assert done.returncode == 0, done.stdout + done.stderr
    ways = [line for line in done.stdout.splitlines() if "→ archiviert" in line]
    assert len(ways) == 4
    [accepted] = [line for line in done.stdout.splitlines() if "angenommen" in line]
    assert accepted.endswith(
        "create-submission → submit-submission → accept-submission"
    )
    home = installation.home
    assert len(list((home / "archive").rglob("manifest.json"))) == 4
    assert len(list((home / "demo" / "specialist").glob("*.body"))) == 3
    assert len(list((home / "ablage").glob("*.fertig"))) == 2
    assert home.stat().st_mode & 0o077 == 0
    assert (home / "demo" / "token").stat().st_mode & 0o077 == 0


def test_ctrl_c_leaves_no_child_and_meanwhile_nothing_stays_dead_or_doubled(
    installation: Installation,
) -> None:
    with installation.started(*UP, "--without-prefect") as up:
        up.until_said("→ archiviert")
        second_up = installation.run(*UP)
        killed = child(up, "work")
        os.kill(killed, signal.SIGKILL)
        up.until_said("worker has ended (SIGKILL)")
        before = up.said().count("→ archiviert")
        until(lambda: up.said().count("→ archiviert") > before + 3)
        children = children_of(up.process.pid)

        code = up.interrupt()

    assert second_up.returncode == 1
    assert "E-ALREADY-RUNNING" in second_up.stderr
    assert str(up.process.pid) in second_up.stderr
    assert up.said().count("→ archiviert") > before + 3, up.said()
    assert code == 0, up.said()
    assert len(children) >= 4
    assert killed not in children
    assert not [pid for pid in children if runs(pid)]


def test_children_end_by_themselves_when_up_is_killed(
    installation: Installation,
) -> None:
    with installation.started(*UP, "--without-prefect") as up:
        up.until_said("→ archiviert")
        children = children_of(up.process.pid)

        up.process.kill()
        until(lambda: not any(map(runs, children)), END_SECONDS)

    assert not [command_of(pid) for pid in children if runs(pid)]


def test_a_port_that_is_taken_is_named_with_what_changes_it(
    installation: Installation,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", installation.port))
        taken.listen()

        done = installation.run(*UP, "--without-prefect")

    assert done.returncode == 1
    assert "E-PORT-TAKEN" in done.stderr
    assert f"127.0.0.1:{installation.port} (AMTSWEG_PORT)" in done.stderr


def test_a_broken_configuration_is_refused_with_every_problem(
    installation: Installation,
) -> None:
    installation.use_example()
    folder = installation.folder / "config"
    services = folder / "services"
    services.mkdir(parents=True)
    (folder / "installation.toml").write_text("mode = 'wrong'\n")
    (services / "one.toml").write_text("leika = '1'\n")
    installation.extra["AMTSWEG_CONFIG"] = str(folder)

    done = installation.run("up")

    assert done.returncode == 2
    assert "installation.toml:1:" in done.stderr
    assert "services/one.toml:1:" in done.stderr
    assert "Traceback" not in done.stderr
