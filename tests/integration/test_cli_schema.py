"""Schema packs on the command line: listed, shown, and documents checked by them."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from schemas.packs.library import shipped_packs
from schemas.packs.manifest import Kind, Manifest, Message
from tests.command_line import Answer, run
from tests.unit.packs.making import activate, make_pack, xsd

VALUE = "Xaver Unverwechselbar"
SPACE = "urn:example:quittung:1.0"
KEY = "quittung-1.0"
SCHEMA = xsd(
    """<xs:element name="quittung.0900"><xs:complexType><xs:sequence>
    <xs:element name="tag" type="xs:date"/>
    <xs:element name="betreff" type="xs:string" minOccurs="0"/>
    </xs:sequence></xs:complexType></xs:element>""",
    space=SPACE,
)
MANIFEST = Manifest(
    id="quittung",
    version="1.0",
    kind=Kind.XOEV,
    title="Quittungen zum Ausprobieren",
    namespace=SPACE,
    schemas=("xsd/quittung.xsd",),
    messages=(Message(name="quittung.0900", code="0900", role="ack"),),
    licence="CC0",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation that has nothing but a folder; no command here needs more."""
    monkeypatch.setenv("AMTSWEG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path / "home"


@pytest.fixture
def packs(home: Path) -> Path:
    return home / "packs"


def put_pack(place: Path, *, active: bool = True, **days: date) -> None:
    folder = make_pack(place, MANIFEST, {"xsd/quittung.xsd": SCHEMA}, **days)
    if active:
        activate(folder)


def document(day: str = "2026-11-21") -> str:
    return (
        f'<quittung.0900 xmlns="{SPACE}">\n'
        f"  <tag>{day}</tag>\n"
        "  <betreff>Bescheid</betreff>\n"
        "</quittung.0900>\n"
    )


def write(folder: Path, text: str, name: str = "quittung.xml") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def check(*arguments: str) -> Answer:
    return run("schema", "check", *arguments)


def row(said: Answer, key: str) -> str:
    [line] = [one for one in said.out.splitlines() if one.startswith(key)]
    return line


def test_packs_are_listed_with_their_days_and_their_origin(packs: Path) -> None:
    put_pack(packs, valid_from=date(2026, 5, 1))

    said = run("schema", "list")

    assert said.code == 0
    assert "01.05.2026" in row(said, KEY)
    assert row(said, KEY).split()[-2:] == ["active", "own"]


def test_a_pack_that_is_not_active_says_why(packs: Path) -> None:
    put_pack(packs, active=False)

    assert "never activated" in row(run("schema", "list"), KEY)
    [listed] = [
        one for one in run("schema", "list", "--json").json if one["key"] == KEY
    ]
    assert (listed["active"], listed["origin"]) == (False, "own")
    assert "never activated" in listed["reason"]


def test_a_pack_is_shown_with_its_messages_and_when_it_was_tried(packs: Path) -> None:
    put_pack(packs)

    said = run("schema", "show", "quittung")

    assert said.code == 0
    assert "quittung.0900" in said.out
    assert "1 accepted, 1 refused on 01.05.2026 02:00:00 with lxml 6.1" in said.out
    assert "CC0" in said.out


def test_what_is_shown_is_in_json_too(packs: Path) -> None:
    put_pack(packs)

    shown = run("schema", "show", KEY, "--json").json

    assert shown["manifest"]["messages"] == [
        {"name": "quittung.0900", "code": "0900", "role": "ack"}
    ]
    assert shown["tried"]["at"] == "2026-05-01T02:00:00+02:00"
    assert len(shown["sha256"]) == 64


def test_a_pack_that_is_not_there_is_told_with_what_was_probably_meant(
    packs: Path,
) -> None:
    put_pack(packs)

    said = run("schema", "show", "quitung-1.0")

    assert said.code == 1
    assert "E-NO-PACK" in said.err
    assert f"`{KEY}`" in said.err


def test_what_a_pack_takes_is_accepted(packs: Path, tmp_path: Path) -> None:
    put_pack(packs)

    said = check(write(tmp_path, document()))

    assert (said.code, said.err) == (0, "")
    assert "angenommen / accepted" in said.out
    assert KEY in said.out
    assert "quittung.0900" in said.out


def test_an_error_is_shown_with_its_place_and_the_line(
    packs: Path, tmp_path: Path
) -> None:
    put_pack(packs)

    said = check(write(tmp_path, document(day="gestern")))

    assert said.code == 1
    assert "zurückgewiesen / refused" in said.out
    assert "/quittung.0900/tag" in said.out
    assert "       2| <tag>gestern</tag>" in said.out.splitlines()


def test_a_line_is_cut_to_the_terminal_and_cannot_steer_it(
    packs: Path, tmp_path: Path
) -> None:
    put_pack(packs)
    text = document(day=f"\u009b31m{'ä' * 300}")

    said = check(write(tmp_path, text))

    [line] = [one for one in said.out.splitlines() if "2| <tag>" in one]
    assert len(line) == 80
    assert "\N{REPLACEMENT CHARACTER}31m" in line
    assert line.endswith("ä…")


def test_json_has_everything_but_the_line(packs: Path, tmp_path: Path) -> None:
    put_pack(packs)

    said = check(write(tmp_path, document(day=VALUE)), "--json")

    assert said.code == 1
    assert VALUE not in said.out
    assert said.json["verdict"] == "refused"
    assert said.json["pack"]["id"] == "quittung"
    [found] = [one for one in said.json["findings"] if one["severity"] == "error"]
    assert (found["line"], found["path"]) == (2, "/quittung.0900/tag")
    assert found["outside"]["xoev"]["code"] == "X001"


def test_what_no_pack_knows_is_quarantined(home: Path, tmp_path: Path) -> None:
    said = check(write(tmp_path, document()))

    assert said.code == 3
    assert "in Quarantäne / quarantined" in said.out
    assert "unknown-schema" in said.out
    assert "amtsweg schema add" in said.err


def test_of_several_files_one_that_is_refused_decides(
    packs: Path, tmp_path: Path
) -> None:
    put_pack(packs)
    good = write(tmp_path, document(), "good.xml")
    bad = write(tmp_path, document(day="?"), "bad.xml")
    strange = write(tmp_path, "<strange/>", "strange.xml")

    assert check(good, good).code == 0
    assert check(good, strange).code == 3
    assert check(strange, bad, good).code == 1
    told = check(good, bad, "--json").json
    assert [(one["file"], one["verdict"]) for one in told] == [
        (good, "accepted"),
        (bad, "refused"),
    ]


def test_a_document_may_come_from_another_program(packs: Path) -> None:
    put_pack(packs)

    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "schema", "check", "-"],
        input=document(day="?").encode(),
        capture_output=True,
        check=False,
    )

    assert done.returncode == 1
    assert "       2| <tag>?</tag>" in done.stdout.decode().splitlines()


@pytest.mark.parametrize(
    ("on", "code", "rule"),
    [
        ("2026-04-30", 3, "schema-version-not-valid"),
        ("1.5.2026", 0, ""),
        ("31.10.2026", 0, ""),
        ("1.11.2026", 0, "schema-version-ending"),
        ("2027-01-01", 3, "schema-version-not-valid"),
    ],
)
def test_the_day_of_receipt_decides_which_version_is_valid(
    packs: Path, tmp_path: Path, on: str, code: int, rule: str
) -> None:
    put_pack(
        packs,
        valid_from=date(2026, 5, 1),
        valid_to=date(2026, 10, 31),
        accept_until=date(2026, 12, 31),
    )

    said = check(write(tmp_path, document()), "--on", on, "--json")

    assert said.code == code
    assert [one["rule"] for one in said.json["findings"]] == ([rule] if rule else [])


def test_who_wants_to_know_everything_gets_stages_english_and_meanings(
    packs: Path, tmp_path: Path
) -> None:
    put_pack(packs)

    said = check(write(tmp_path, document(day="?")), "--verbose")

    assert " ms" in said.out
    assert "libxml2" in said.out
    assert "element tag" in said.out.lower()
    assert "Rückweisungsgrund X001" in said.out
    assert "schema-violation (unconfirmed)" in said.out


def test_findings_mean_outside_what_the_operator_says(
    home: Path, packs: Path, tmp_path: Path
) -> None:
    put_pack(packs)
    (home / "config").mkdir(parents=True)
    (home / "config" / "meanings.toml").write_text(
        '[schema-violation]\nxoev = { code = "X099", confirmed = true }\n'
    )
    wrong = write(tmp_path, document(day="?"))

    [found] = check(wrong, "--json").json["findings"]
    assert found["outside"]["xoev"]["code"] == "X099"

    (home / "config" / "meanings.toml").write_text("[schema-violatoin]\n")
    said = check(wrong)
    assert said.code == 2
    assert "meanings.toml:1: There is no rule" in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing-here.xml",),
        ("--on", "31.2.2026"),
        ("--form", "hundesteuer"),
        ("--form", "a/b", "--schema", "urn:x"),
        (),
    ],
)
def test_a_command_that_cannot_be_meant_ends_with_2(
    packs: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    put_pack(packs)
    given = arguments and not arguments[0].endswith(".xml")
    file = (write(tmp_path, document()),) if given else ()

    said = check(*file, *arguments)

    assert said.code == 2
    assert said.out == ""


def test_another_schema_than_the_sender_names_is_refused(
    packs: Path, tmp_path: Path
) -> None:
    put_pack(packs)
    other = "urn:example:other:1.0"
    activate(make_pack(packs, uri_aliases=(other,)))

    said = check(write(tmp_path, document()), "--schema", other)

    assert said.code == 1
    assert "schema-mismatch" in said.out


def test_a_finding_in_json_is_shown_with_its_line_too(packs: Path) -> None:
    sample = (
        shipped_packs()
        / "demo-form-1.0"
        / "samples"
        / "invalid"
        / "chip-zu-kurz.schema-violation.json"
    )

    said = check(str(sample), "--form", "demo-formserver/hundesteuer-anmeldung")

    assert said.code == 1
    [line] = [one for one in said.out.splitlines() if '| "hund_1_chip": ' in one]
    number = int(line.split("|")[0])
    assert "hund_1_chip" in sample.read_text(encoding="utf-8").splitlines()[number - 1]
