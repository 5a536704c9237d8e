"""docs/schemas.md is true: its commands are run as they stand there, in their order."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

from schemas.checking.outside_file import parse_meanings, shipped_meanings
from schemas.configuration.source import ConfigFile
from tests.architecture.checkout import ROOT
from tests.command_line import run
from tests.unit.configuration.folders import FILES, SERVICE, WOHNGELD, configured

PAGE: Final = (ROOT / "docs" / "schemas.md").read_text(encoding="utf-8")
BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FIRST_TOLD: Final = {
    "schema list": "demo-sozial-1.1",
    "--dry-run": "This was a dry run",
    "--yes": "hundehaltung-1.0 is active now.",
    "schema show": "anmeldung.hund.0100",
    "schema check": "angenommen / accepted",
    "schema diff": "kommunikationshilfe",
}


def blocks(language: str) -> list[str]:
    found = [text for name, text in BLOCK.findall(PAGE) if name == language]
    assert found
    return found


def paste(command: str, home: Path) -> str:
    """What a person sees who pastes it in the checkout; it must end well."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ("bash", "-euc", command),
        cwd=ROOT,
        env=os.environ | {"PATH": path, "AMTSWEG_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, command + done.stdout + done.stderr
    return done.stdout + done.stderr


def test_every_command_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) > len(FIRST_TOLD)

    for command in commands:
        [expected] = [FIRST_TOLD[key] for key in FIRST_TOLD if key in command][:1]
        assert expected in paste(command, tmp_path)


def test_the_section_of_the_service_is_understood() -> None:
    [check] = [text for text in blocks("toml") if text.startswith("[check]")]

    services = configured(FILES | {SERVICE: f"{WOHNGELD}\n{check}"}).services
    [service] = services.values()
    assert service.check.packs == tuple(tomllib.loads(check)["check"]["packs"])


def test_the_table_of_meanings_is_understood() -> None:
    [text] = [text for text in blocks("toml") if text.startswith("# meanings.toml")]

    read = parse_meanings(ConfigFile(file="meanings.toml", raw=text.encode()))
    assert not isinstance(read, tuple)
    assert read.keys() == shipped_meanings().keys()


@pytest.mark.parametrize("command", ["list", "show", "check", "add", "build", "diff"])
def test_every_command_is_on_the_page_with_options_that_exist(command: str) -> None:
    said = run("schema", command, "--help").out
    options = re.findall(rf"schema {command} [^`\n]*?(--[a-z-]+)", PAGE)

    assert f"schema {command}" in PAGE
    assert [one for one in options if one not in said] == []
