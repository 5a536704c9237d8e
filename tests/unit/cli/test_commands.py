"""Every command explains itself, and errors end in one sentence and a code."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer

from api.cli import app
from api.cli.errors import exit_code_of, sentence_of
from schemas import errors
from tests.command_line import run

GROUPS = (
    *("case", "delivery", "destination", "source", "schema", "token", "key", "db"),
    "fitconnect",
)
READS = (
    ("case", "list"),
    ("case", "show"),
    ("delivery", "list"),
    ("delivery", "replay"),
    ("delivery", "jobs"),
    ("delivery", "job"),
    ("destination", "list"),
    ("destination", "check"),
    ("source", "list"),
    ("source", "check"),
    ("fitconnect", "check"),
    ("schema", "list"),
    ("schema", "show"),
    ("schema", "check"),
    ("schema", "add"),
    ("schema", "build"),
    ("schema", "diff"),
    ("token", "list"),
    ("key", "list"),
    ("db", "status"),
    ("doctor",),
)


def commands() -> Iterator[tuple[str, ...]]:
    root = typer.main.get_command(app)
    for name, command in children(root).items():
        if name in GROUPS:
            yield from ((name, inner) for inner in children(command))
        elif name == "doctor":
            yield (name,)


def children(command: object) -> dict[str, object]:
    found: dict[str, object] = getattr(command, "commands", {})
    return found


@pytest.mark.parametrize("command", tuple(commands()), ids=" ".join)
def test_every_command_says_what_it_does_and_gives_an_example(
    command: tuple[str, ...],
) -> None:
    said = run(*command, "--help")

    assert (said.code, said.err) == (0, "")
    assert f"amtsweg {' '.join(command)}" in said.out
    assert "Example" in said.out


@pytest.mark.parametrize("command", READS, ids=" ".join)
def test_what_reads_can_print_json(command: tuple[str, ...]) -> None:
    assert "--json" in run(*command, "--help").out


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_alone_shows_its_commands(group: str) -> None:
    said = run(group)

    assert "Commands:" in said.out + said.err
    assert "Traceback" not in said.err


def test_help_loads_nothing_heavy() -> None:
    code = "import api.cli, sys; print([m for m in HEAVY if m in sys.modules])"
    heavy = (
        *("sqlalchemy", "fastapi", "prefect", "cryptography", "lxml", "httpx"),
        *("xmlschema", "saxonche", "jsonschema_rs"),
    )

    listed = subprocess.run(
        [sys.executable, "-c", f"HEAVY = {heavy}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert listed.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UnknownCase(), 1),
        (errors.StateForbids(), 1),
        (errors.KeyInUse(), 1),
        (errors.ComesLater("--to"), 1),
        (errors.ConfigurationInvalid(), 2),
        (errors.DatabaseOutdated(), 2),
        (errors.DatabaseNewer(), 2),
        (errors.StepsLacking("render"), 2),
        (errors.DatabaseAway(), 3),
        (ValueError("Erika Mustermann"), 3),
    ],
)
def test_an_error_has_its_exit_code_and_quotes_nobody(
    error: Exception, code: int
) -> None:
    assert exit_code_of(error) == code
    assert "Mustermann" not in sentence_of(error)
