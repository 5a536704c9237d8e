"""Secrets are read where their references point to, anew each time."""

from pathlib import Path

import pytest

from adapters.secrets import MachineSecrets
from schemas.errors import SecretMissing
from schemas.secrets import FromEnvironment, FromFile, SecretReference, parse_reference


def reference(text: str) -> SecretReference:
    parsed = parse_reference(text)
    assert parsed is not None
    return parsed


def test_references_are_read() -> None:
    assert reference("env:TOKEN") == FromEnvironment(variable="TOKEN")
    assert reference("file:keys/token") == FromFile(path=Path("keys/token"))
    assert str(reference("file:/run/token")) == "file:/run/token"


@pytest.mark.parametrize("text", ["geheim", "env:", "env:1A", "file:", "file: ", "x:y"])
def test_anything_else_is_no_reference(text: str) -> None:
    assert parse_reference(text) is None


def test_a_variable_is_read(tmp_path: Path) -> None:
    secrets = MachineSecrets(environ={"TOKEN": "geheim"}, home=tmp_path)

    assert secrets.read(reference("env:TOKEN")) == "geheim"


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    secrets = MachineSecrets(environ={}, home=tmp_path)
    (tmp_path / "token").write_text("alt\n")
    before = secrets.read(reference("file:token"))
    (tmp_path / "token").write_text("neu\r\n")

    assert (before, secrets.read(reference("file:token"))) == ("alt", "neu")


@pytest.mark.parametrize("text", ["env:TOKEN", "file:token", "file:empty", "file:raw"])
def test_a_missing_secret_is_named_by_its_reference(text: str, tmp_path: Path) -> None:
    secrets = MachineSecrets(environ={"TOKEN": ""}, home=tmp_path)
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "raw").write_bytes(b"\xff\xfe")

    with pytest.raises(SecretMissing, match=text):
        secrets.read(reference(text))
