"""The doctor says which schema packs are not used, and which rules nobody looks at."""

from datetime import UTC, datetime
from pathlib import Path

from api.doctor.packs import packs
from api.doctor.results import Light, Result
from schemas.checking.course import XML_ENGINES
from schemas.packs.activation import Activation, write_activation
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import SUMS, Rules
from schemas.packs.sums import pack_hash
from tests.unit.packs.making import FILES, activate, make_pack

RULES = (Rules(source="sch/tiny.sch", stylesheet="sch/tiny.xsl"),)
WITH_RULES = {**FILES, "sch/tiny.sch": "<schema/>", "sch/tiny.xsl": "<x/>"}


def examined(place: Path, *, has_saxon: bool = False) -> tuple[Result, ...]:
    nothing_shipped = place.parent / "shipped"
    return packs(PackLibrary((nothing_shipped, place)), has_saxon=has_saxon)


def yellow(results: tuple[Result, ...]) -> list[tuple[str, str]]:
    assert all(one.remedy for one in results if one.light is not Light.GREEN)
    assert not [one for one in results if one.light is Light.RED]
    return [(one.subject, one.detail) for one in results if one.light is Light.YELLOW]


def activate_here(folder: Path) -> None:
    write_activation(
        folder.parent,
        Activation(
            sha256=pack_hash((folder / SUMS).read_bytes()),
            key=folder.name,
            engines=XML_ENGINES,
            valid_samples=1,
            invalid_samples=1,
            at=datetime(2026, 5, 1, tzinfo=UTC),
        ),
    )


def test_packs_that_are_well_are_one_green_line(tmp_path: Path) -> None:
    for version in ("1", "2"):
        activate_here(make_pack(tmp_path / "packs", version=version))

    [one] = examined(tmp_path / "packs")

    assert (one.light, one.detail) == (Light.GREEN, "2 active")


def test_without_any_pack_nothing_is_wrong(tmp_path: Path) -> None:
    [one] = examined(tmp_path / "packs")

    assert (one.light, one.detail) == (Light.GREEN, "0 active")


def test_a_pack_that_is_not_used_is_told_with_the_reason(tmp_path: Path) -> None:
    make_pack(tmp_path / "packs")

    [(subject, detail)] = yellow(examined(tmp_path / "packs"))

    assert subject == "schema pack tiny-1"
    assert detail == "It is not used: it was never activated."


def test_rules_that_nobody_looks_at_are_told(tmp_path: Path) -> None:
    activate_here(make_pack(tmp_path / "packs", files=WITH_RULES, schematron=RULES))

    [(subject, detail)] = yellow(examined(tmp_path / "packs"))

    assert subject == "schematron"
    assert "tiny-1" in detail
    assert yellow(examined(tmp_path / "packs", has_saxon=True)) == []


def test_without_rules_nobody_needs_saxon(tmp_path: Path) -> None:
    activate_here(make_pack(tmp_path / "packs"))

    assert yellow(examined(tmp_path / "packs", has_saxon=False)) == []


def test_samples_that_other_engines_tried_are_told(tmp_path: Path) -> None:
    activate(make_pack(tmp_path / "packs"))

    [(subject, detail)] = yellow(examined(tmp_path / "packs"))

    now = dict(XML_ENGINES)["lxml"]
    assert subject == "schema pack tiny-1"
    assert detail == f"Its samples were tried with lxml 6.1 (now {now})."
