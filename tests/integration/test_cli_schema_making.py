"""Packs on the command line: added from downloads, built, compared, tried as maps."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from schemas.packs.library import shipped_packs
from tests.architecture.checkout import ROOT
from tests.command_line import Answer, run
from tests.unit.packs.making import BAD, GOOD, TINY, make_pack, write_files

STANDARD = ROOT / "examples" / "standard"
KEY = "hundehaltung-1.0"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AMTSWEG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def download(tmp_path: Path) -> Path:
    """The same standard without its second schema."""
    folder = tmp_path / "download"
    names = ("hundehaltung.xsd", "beispiele/anmeldung.xml")
    write_files(folder, {name: (STANDARD / name).read_bytes() for name in names})
    return folder


def add(source: Path, *arguments: str) -> Answer:
    return run("schema", "add", str(source), *arguments)


def own_packs() -> list[str]:
    listed = run("schema", "list", "--json").json
    return [one["key"] for one in listed if one["origin"] == "own"]


def test_a_download_is_looked_at_without_writing_anything(home: Path) -> None:
    said = add(STANDARD, "--dry-run")

    assert said.code == 0
    assert KEY in said.out
    assert "anmeldung.hund.0100" in said.out
    assert "urn:example:hundehaltung:codeliste:rassen" in said.out
    assert "nothing was installed" in said.err
    assert not home.exists()


def test_a_download_becomes_a_pack_and_documents_are_checked_by_it(
    home: Path,
) -> None:
    said = add(STANDARD, "--valid-from", "1.1.2026", "--title", "Hunde", "--yes")

    assert (said.code, own_packs()) == (0, [KEY])
    assert "1 accepted and 2 refused, as due" in said.out
    shown = run("schema", "show", KEY).out
    assert "Hunde" in shown
    assert "from 01.01.2026" in shown
    samples = STANDARD / "beispiele"
    wrong = run("schema", "check", str(samples / "ungueltig" / "datum-falsch.xml"))
    assert run("schema", "check", str(samples / "anmeldung.xml")).code == 0
    assert wrong.code == 1
    assert "      10| <seit>gestern</seit>" in wrong.out.splitlines()


def test_adding_the_same_again_is_harmless_and_other_bytes_are_refused(
    home: Path, tmp_path: Path
) -> None:
    add(STANDARD, "--yes")

    again = add(STANDARD, "--yes")
    other = add(STANDARD, "--title", "another title", "--yes")

    assert again.code == 0
    assert "was here already" in again.out
    assert other.code == 1
    assert "--version" in other.out
    assert own_packs() == [KEY]


def test_a_zip_is_taken_as_it_is(home: Path, tmp_path: Path) -> None:
    source = tmp_path / "hundehaltung.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for path in sorted(STANDARD.rglob("*")):
            archive.write(path, Path("Standard 1.0") / path.relative_to(STANDARD))

    told = add(source, "--yes", "--json").json

    assert told["active"] is True
    assert (told["valid_accepted"], told["invalid_refused"]) == (1, 2)
    assert told["proposal"]["manifest"]["namespace"] == "urn:example:hundehaltung:1.0"
    assert own_packs() == [KEY]


def test_what_is_missing_is_told_with_what_to_do(home: Path, download: Path) -> None:
    said = add(download, "--yes")

    assert said.code == 1
    assert "urn:example:hundehaltung:basis:1.0" in said.out
    assert "https://example.org/hundehaltung/1.0/basis-typen.xsd" in said.out
    assert "Add the pack that holds the namespace" in said.out
    assert own_packs() == []


def test_a_sample_that_is_not_accepted_keeps_the_pack_out(
    home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "download"
    files = {
        str(path.relative_to(STANDARD)): path.read_bytes()
        for path in STANDARD.rglob("*")
        if path.is_file()
    }
    wrong = files["beispiele/ungueltig/datum-falsch.xml"]
    write_files(folder, files | {"beispiele/zweite.xml": wrong})

    refused = add(folder, "--yes")
    kept = own_packs()
    taken = add(folder, "--without-sample", "zweite.xml", "--yes")

    assert (refused.code, kept) == (1, [])
    assert "zweite.xml" in refused.out
    assert "gestern" not in refused.out + refused.err
    assert (taken.code, own_packs()) == (0, [KEY])


@pytest.mark.parametrize(
    "arguments",
    [(), ("--valid-from", "31.2.2026"), ("--code-lists", "maybe")],
)
def test_a_command_that_cannot_be_meant_installs_nothing(
    home: Path, arguments: tuple[str, ...]
) -> None:
    """Without a terminal to ask on, --yes must be said."""
    said = add(STANDARD, *arguments, *(("--yes",) if arguments else ()))

    assert said.code == 2
    assert own_packs() == []


def test_broken_off_with_ctrl_c_it_leaves_nothing_behind(home: Path) -> None:
    command = (sys.executable, "-m", "api.cli", "schema", "add", str(STANDARD), "--yes")
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT
    )
    assert process.stderr
    while b"Building" not in (line := process.stderr.readline()):
        assert line
    until = time.monotonic() + 10
    while not list((home / "packs").glob(".staging-*")) and time.monotonic() < until:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    process.stderr.close()

    assert process.wait(30) == 130, rest
    assert own_packs() == []
    assert os.listdir(home / "packs") in ([], [".activations"])  # noqa: PTH208


def test_a_pack_written_by_hand_is_built_and_added(home: Path, tmp_path: Path) -> None:
    folder = make_pack(tmp_path / "by-hand")
    write_files(folder, {"samples/valid/1.xml": GOOD, "samples/invalid/1.xml": BAD})
    before = (folder / "pack.sums").read_bytes()

    built = run("schema", "build", str(folder))

    assert built.code == 0
    assert "xmlschema agrees on 2 of 2 samples." in built.out
    assert (folder / "pack.sums").read_bytes() != before
    told = run("schema", "build", str(folder), "--json").json
    assert told["key"] == TINY.key
    assert add(folder, "--yes").code == 0
    assert own_packs() == [TINY.key]


def test_a_folder_that_is_no_pack_cannot_be_built(tmp_path: Path, home: Path) -> None:
    said = run("schema", "build", str(tmp_path))

    assert said.code == 1
    assert "E-PACK" in said.err


def test_two_versions_are_compared(home: Path) -> None:
    said = run("schema", "diff", "demo-sozial-1.0", "demo-sozial-1.1")
    told = run("schema", "diff", "demo-sozial-1.0", "demo-sozial-1.1", "--json").json

    assert said.code == 0
    assert "kommunikationshilfe" in said.out
    assert "schulbesuch" in said.out
    assert told["after"] == "demo-sozial-1.1"
    assert any("schulbesuch" in one["place"] for one in told["structure"])


def test_a_pack_may_be_compared_with_one_in_a_folder(
    home: Path, tmp_path: Path
) -> None:
    first = make_pack(tmp_path)
    second = make_pack(tmp_path, version="2")

    said = run("schema", "diff", str(first), str(second))

    assert said.code == 0
    assert "tiny-1 → tiny-2" in said.out
    assert "Nothing that matters" in said.err


def test_comparing_with_a_pack_that_is_not_there_is_refused(home: Path) -> None:
    said = run("schema", "diff", "demo-sozial-1.0", "demo-sozial-9")

    assert said.code == 1
    assert "E-NO-PACK" in said.err


def test_a_form_without_a_map_is_told_so(home: Path, tmp_path: Path) -> None:
    form = tmp_path / "form.json"
    form.write_text("{}")

    said = run("schema", "map", str(form), "--form", "nobody/nothing")

    assert said.code == 1
    assert "E-NO-MAP" in said.err


MAPS = shipped_packs() / "demo-sozial-1.1" / "maps"
FORM = ("--form", "demo-formserver/unterhaltsvorschuss")
GIVEN = tuple(
    f"--give={one}"
    for one in (
        "reader=uvs:051110000001",
        "reader_name=Jugendamt",
        "author=fap:051110000002",
        "author_name=Familienportal",
    )
)


def map_form(file: Path, *arguments: str) -> Answer:
    return run("schema", "map", str(file), *FORM, "--on", "15.6.2026", *arguments)


def test_a_form_becomes_a_document_that_its_pack_accepts_and_a_form_again(
    home: Path, tmp_path: Path
) -> None:
    example = MAPS / "unterhaltsvorschuss.example.json"

    made = map_form(example, *GIVEN)
    document = tmp_path / "antrag.xml"
    document.write_text(made.out, encoding="utf-8")
    back = map_form(document, "--back")

    assert (made.code, back.code) == (0, 0)
    checked = run("schema", "check", str(document), "--on", "15.6.2026")
    assert checked.code == 0
    filled = json.loads(example.read_bytes())
    assert back.json["familienname"] == filled["familienname"]
    assert back.json["kind2_vorname"] == filled["kind2_vorname"]


@pytest.mark.parametrize(
    ("field", "wrong", "rule"),
    [
        ("geburtsdatum", "31.2.1991", "kein gültiges Datum"),
        ("iban", "DE02 1203 0000 0000 2020 52", "Prüfziffer der IBAN"),
        ("familienname", "Любовь", "Format"),
    ],
)
def test_what_is_wrong_with_a_form_is_told_and_never_what_was_filled_in(
    home: Path, tmp_path: Path, field: str, wrong: str, rule: str
) -> None:
    example = json.loads((MAPS / "unterhaltsvorschuss.example.json").read_bytes())
    form = tmp_path / "form.json"
    form.write_text(json.dumps(example | {field: wrong}), encoding="utf-8")

    said = map_form(form, *GIVEN)

    assert said.code == 1
    assert rule in said.err
    assert wrong not in said.err


def test_what_the_map_takes_from_outside_is_named(home: Path) -> None:
    said = map_form(MAPS / "unterhaltsvorschuss.example.json")

    assert said.code == 1
    assert "`author`" in said.err
