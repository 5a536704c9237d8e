"""docs/fit-connect.md is true: its commands are run as they stand there, in order."""

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import pytest

from adapters.fitconnect.keyring.folder import KeyFolder, KeyPair
from adapters.fitconnect.keyring.making import with_self_signed
from schemas.clock import local_day
from storage.versions import wanted_version
from tests.architecture.checkout import ROOT
from tests.command_line import run
from tests.counterparts.fitconnect import furnish
from tests.counterparts.ports import free_ports
from tests.fitconnect_keys import test_key

PAGE: Final = (ROOT / "docs" / "fit-connect.md").read_text(encoding="utf-8")
BLOCK: Final = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
WALK: Final = "\n## A mailbox of your own, on this machine\n"
HOME: Final = '"$PWD/var/fit"'
PORT: Final = "8094"
CURL: Final = re.compile(r"curl (\S+)(?: -d '(.*)')?")
PATIENCE: Final = 90.0
NOW: Final = datetime.now(UTC)
FIRST, SECOND = (
    with_self_signed(
        KeyPair(decryption=test_key(one), signing=test_key(other)),
        name="Kreis Musterland",
        at=NOW,
    )
    for one, other in (("decryption", "signing"), ("decryption-2", "signing-2"))
)


def section(title: str) -> str:
    return PAGE.partition(title)[2].partition("\n## ")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Somebody in the checkout who pastes blocks into terminals."""

    home: Path
    port: int
    first: str

    def paste(self, block: str) -> str:
        """What it says; it must end well."""
        done = subprocess.run(
            ("bash", "-euc", self.first + self._here(block)),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def terminal(self, command: str, *, is_up: Callable[[], bool]) -> Iterator[None]:
        """Another one, in which a command runs until Ctrl-C."""
        output = self.home.parent / "said"
        with output.open("ab") as file:
            process = subprocess.Popen(
                ("bash", "-euc", f"{self.first}exec {command}"),
                cwd=ROOT,
                stdout=file,
                stderr=file,
            )
            try:
                ends = time.monotonic() + PATIENCE
                while not is_up() and process.poll() is None:
                    assert time.monotonic() < ends, output.read_text()
                    time.sleep(0.05)
                assert process.poll() is None, output.read_text()
                yield
                process.send_signal(signal.SIGINT)
                assert process.wait(PATIENCE) == 0, output.read_text()
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()

    def curl(self, line: str) -> str:
        """The same request; curl itself may be missing here."""
        asked = CURL.fullmatch(line)
        assert asked, line
        address, body = asked[1].replace(PORT, str(self.port)), asked[2]
        with httpx.Client(trust_env=False) as client:
            answer = client.post(address, content=body) if body else client.get(address)
        assert answer.status_code == 200, answer.text
        return answer.text

    def _here(self, block: str) -> str:
        """The numbers of this year."""
        return block.replace("2026-0", f"{local_day(NOW).year}-0")


def furnished(home: Path, export: str) -> tuple[Reader, KeyFolder]:
    """A home with keys; making them takes seconds, as test_fitconnect_keys_cli does."""
    assert HOME in export
    [port] = free_ports(1)
    furnish(home / "sandbox")
    folder = KeyFolder(home / "keys", "postfach")
    folder.create(FIRST)
    first = export.replace(HOME, f"'{home}'")
    return Reader(home=home, port=port, first=first), folder


def test_the_walk_ends_with_an_accepted_application_and_new_keys(
    tmp_path: Path,
) -> None:
    walk = BLOCK.findall(section(WALK))
    export, sandbox, keygen, source, publish, work, send, look, rotate, wrong = walk
    reader, folder = furnished(tmp_path / "home", export)
    described = reader.home / "sandbox" / "sandbox.json"
    sandbox = f"{sandbox.strip()} --port {reader.port}"

    with reader.terminal(sandbox, is_up=described.exists):
        assert FIRST.decryption.kid in reader.paste(keygen)
        reader.paste(source)
        told = reader.paste(publish)
        before, _, after = told.partition("2 keys were published.")
        assert "WRONG" in before
        assert "WRONG" not in after
        assert "submissions can be fetched" in after
        upgrade, worker = work.splitlines()
        assert wanted_version() in reader.paste(upgrade)
        with reader.terminal(worker, is_up=lambda: True):
            assert "accept-submission" in reader.paste(send)
            told = reader.paste(look)
            assert "postfach was looked into: nothing waits there." in told
            assert told.count("Angenommen am") == 2
            assert told.count("Bewiesen (Signatur geprüft):") == 2
            folder.add(SECOND)
            told = reader.paste(rotate)
            assert SECOND.decryption.kid in told
            assert "Senders encrypt for the new key from now on." in told
            assert "accept-submission" in told
            answers = [reader.curl(line) for line in wrong.splitlines()]
            assert '"accept-submission":2' in answers[0]
            assert "503" in answers[1]
    assert folder.current().decryption.kid == SECOND.decryption.kid


def test_what_can_be_tried_without_fitko_is_tried() -> None:
    """What is named here is not run by the walk, for a reason."""
    outside = BLOCK.findall(PAGE.replace(section(WALK), ""))
    commands = [line.strip() for block in outside for line in block.splitlines()]

    assert [line.split()[:3] for line in commands] == [
        # README's test runs it, by script/up.
        ["amtsweg", "up", "--demo"],
        # Certificates of an authority: test_fitconnect_keys_cli.py has some.
        ["amtsweg", "fitconnect", "import-p12"],
        ["amtsweg", "fitconnect", "publish"],
        ["amtsweg", "fitconnect", "check"],
    ]


@pytest.mark.parametrize(
    "command",
    [
        "fitconnect keygen",
        "fitconnect import-p12",
        "fitconnect rotate",
        "fitconnect publish",
        "fitconnect check",
        "fitconnect trace",
        "source list",
        "source poll",
        "source answer",
        "source check",
        "sandbox fitconnect",
        "sandbox onlinedienst",
    ],
)
def test_every_command_is_on_the_page_with_options_that_exist(command: str) -> None:
    said = run(*command.split(), "--help").out
    lines = re.findall(rf"amtsweg {command}\b([^`\n]*)", PAGE)
    options = re.findall(r"(--[a-z0-9-]+)", " ".join(lines))

    assert lines
    assert [one for one in options if one not in said] == []
