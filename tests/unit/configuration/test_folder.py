"""Reading the folder from a disk."""

import os
from pathlib import Path

import pytest

from schemas.checking.outside_file import MEANINGS, shipped_meanings
from schemas.errors import ConfigurationInvalid
from storage.configuration import load, load_meanings
from tests.unit.configuration.folders import (
    DESTINATION,
    FILES,
    SERVICE,
    WOHNGELD,
    configured,
    permissive,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small valid folder on a disk."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(str(text), encoding="utf-8")
    return tmp_path


def told(folder: Path) -> list[str]:
    """The problems of a folder on a disk."""
    with pytest.raises(ConfigurationInvalid) as caught:
        load(folder, permissive)
    return [str(problem) for problem in caught.value.problems]


def test_a_valid_folder_is_loaded(folder: Path) -> None:
    assert load(folder, permissive) == configured(FILES)


def test_what_the_folder_holds_besides_is_left_alone(folder: Path) -> None:
    (folder / "README.md").write_text("Hallo")
    (folder / "gebuehren").mkdir()
    (folder / "gebuehren" / "wrong.toml").write_text("=")
    (folder / "notes.toml").write_text("=")
    (folder / "services" / ".wohngeld.toml.swp").write_bytes(b"\xff")
    (folder / "services" / ".git").mkdir()
    (folder / "services" / "wohngeld.off").write_text("=")

    assert load(folder, permissive) == configured(FILES)


def test_sources_are_read_where_there_are_any(folder: Path) -> None:
    source = 'id = "postfach"\nname = "Postfach"\nadapter = "memory"\n'
    (folder / "sources").mkdir()
    (folder / "sources" / ".hidden.toml").write_text("=")
    none = load(folder, permissive)
    (folder / "sources" / "postfach.toml").write_text(source)

    assert none == configured(FILES)
    assert load(folder, permissive) == configured(
        FILES | {"sources/postfach.toml": source}
    )


def test_a_source_that_looks_forgotten_is_told(folder: Path) -> None:
    (folder / "sources" / "alt").mkdir(parents=True)
    (folder / "sources" / "postfach.TOML").write_text("=")

    assert [one.partition(":")[0] for one in told(folder)] == [
        "sources/alt",
        "sources/postfach.TOML",
    ]


def test_files_may_be_links_as_in_a_mounted_configuration(folder: Path) -> None:
    hidden = folder / "services" / "..data"
    hidden.mkdir()
    (folder / SERVICE).rename(hidden / "wohngeld.toml")
    (folder / SERVICE).symlink_to(hidden / "wohngeld.toml")

    assert load(folder, permissive) == configured(FILES)


def test_every_problem_is_told_at_once(folder: Path) -> None:
    (folder / SERVICE).write_text(WOHNGELD.replace("6w", "?"), encoding="utf-8")
    (folder / DESTINATION).write_text("=")

    assert [one.partition(": ")[0] for one in told(folder)] == [
        f"{SERVICE}:6",
        f"{DESTINATION}:1",
    ]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    found = told(tmp_path / "nowhere")

    assert len(found) == 1
    assert "cannot be read: no such file or directory" in found[0]


def test_a_file_in_place_of_the_folder_is_told(folder: Path) -> None:
    assert "cannot be read: not a directory" in told(folder / SERVICE)[0]


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    found = told(tmp_path)

    assert len(found) == 1
    assert "The folder holds no configuration." in found[0]


def test_a_file_in_place_of_a_section_is_told(folder: Path) -> None:
    (folder / SERVICE).unlink()
    (folder / "services").rmdir()
    (folder / "services").touch()

    assert told(folder)[0].startswith("services: It cannot be read: not a directory.")


def test_a_link_to_nowhere_is_told(folder: Path) -> None:
    (folder / "services" / "lost.toml").symlink_to(folder / "nowhere")

    assert told(folder)[0].startswith("services/lost.toml: It cannot be read: no such")


def test_a_file_that_looks_forgotten_is_told(folder: Path) -> None:
    (folder / "services" / "hund.TOML").touch()
    (folder / "services" / "alt").mkdir()

    assert told(folder) == [
        (
            "services/alt: Folders within this one are not read. "
            "→ Move its files to services/, or the folder elsewhere."
        ),
        (
            "services/hund.TOML: Only names that end in .toml are read. "
            "→ Rename it to hund.toml."
        ),
    ]


@pytest.mark.parametrize("name", [SERVICE, "installation.toml"])
def test_what_is_no_plain_file_is_told_instead_of_waited_for(
    folder: Path, name: str
) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)

    assert told(folder)[0].startswith(f"{name}: ")


def test_what_findings_mean_outside_may_be_changed(folder: Path) -> None:
    text = '[wrong-reader]\nxoev = { code = "T099", confirmed = true }\n'
    (folder / MEANINGS).write_text(text)

    assert load(folder, permissive) == configured(FILES)
    changed = load_meanings(folder)
    assert changed["wrong-reader"].xoev != shipped_meanings()["wrong-reader"].xoev


def test_what_is_wrong_in_it_is_told_with_all_other_problems(folder: Path) -> None:
    (folder / MEANINGS).write_text("[wrong-raeder]\n")
    (folder / SERVICE).write_text(WOHNGELD.replace("6w", "?"))

    assert [one.split(": ")[0] for one in told(folder)] == [
        f"{SERVICE}:6",
        f"{MEANINGS}:1",
    ]
    with pytest.raises(ConfigurationInvalid):
        load_meanings(folder)
