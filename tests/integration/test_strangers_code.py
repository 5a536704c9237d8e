"""What runs for ever in a pack of strangers is ended, and told, wherever it runs."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from api.cli.schema_checker import measuring_apart
from flows.checking.checker import Checker, CheckLimits
from schemas.mapping.applying import PackMap, for_form
from schemas.mapping.backwards import Read
from schemas.packs.building.samples import try_samples
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import MANIFEST, VALID_SAMPLES
from schemas.packs.manifest_file import read_manifest
from tests.integration.heavy_rules import ENDLESS, antrag, heavy_pack
from tests.unit.mapping.maps import GIVEN
from tests.unit.mapping.test_stylesheet import BACK, FORWARD, sheet
from tests.unit.packs.making import FILES, activate, make_pack, seal

SOON: Final = CheckLimits(small=1.0, big=1.0)
PATIENT: Final = CheckLimits(big=30.0)
NEVER_DONE: Final = sheet('<a><xsl:value-of select="count(//*[count(//*[//*])])"/></a>')
"""The third power of the fields of a form."""
LONG_FORM: Final = json.dumps({"namen": ["x"] * 30_000}).encode()


def map_of(place: Path, forward: bytes, back: bytes = b"") -> PackMap:
    form = {"profile": "p", "id": "i"}
    described = {"format": "form-map/1", "form": form, "stylesheet": "maps/on.xsl"}
    files: dict[str, str | bytes] = {**FILES, "maps/on.xsl": forward}
    if back:
        described["back"] = "maps/back.xsl"
        files["maps/back.xsl"] = back
    files["maps/map.json"] = json.dumps(described)
    activate(make_pack(place, files=files, maps=("maps/map.json",)))
    [found] = for_form(PackLibrary([place]), "p", "i")
    return found


@pytest.fixture
async def impatient(tmp_path: Path) -> AsyncIterator[Checker]:
    opened = Checker([tmp_path], processes=1, limits=SOON)
    yield opened
    await opened.aclose()


@pytest.fixture
async def patient(tmp_path: Path) -> AsyncIterator[Checker]:
    opened = Checker([tmp_path], processes=1, limits=PATIENT)
    yield opened
    await opened.aclose()


def test_a_pack_whose_rules_never_end_is_not_activated(tmp_path: Path) -> None:
    folder = heavy_pack(tmp_path)
    (folder / VALID_SAMPLES).mkdir(parents=True)
    (folder / VALID_SAMPLES / "lang.xml").write_bytes(antrag(ENDLESS))
    (folder / VALID_SAMPLES / "kurz.xml").write_bytes(antrag())
    seal(folder)
    activate(folder)
    manifest = read_manifest((folder / MANIFEST).read_bytes())

    with measuring_apart(PackLibrary([tmp_path]), limits=SOON) as measure:
        trial = try_samples(folder, manifest, measure)

    [reason] = trial.reasons
    assert reason.startswith(f"{VALID_SAMPLES}/lang.xml: is quarantined: time-limit")
    assert trial.valid == 2


async def test_a_stylesheet_that_never_ends_is_ended(
    impatient: Checker, tmp_path: Path
) -> None:
    endless = map_of(tmp_path, NEVER_DONE)

    built = await impatient.maps.to_xml(endless, LONG_FORM, GIVEN)

    assert built.xml == b""
    assert [one.detail for one in built.problems] == ["time-limit"]


async def test_a_stylesheet_works_in_a_process_as_it_does_here(
    patient: Checker, tmp_path: Path
) -> None:
    found = map_of(tmp_path, FORWARD.encode(), BACK.encode())
    form = json.dumps({"name": "Jürgen & Söhne", "kinder": [{"alter": 3.5}]})

    built = await patient.maps.to_xml(found, form.encode(), GIVEN)
    back = await patient.maps.from_xml(found, built.xml, GIVEN)

    assert built.problems == ()
    assert "Jürgen &amp; Söhne" in built.xml.decode()
    assert built.field_of("/antrag/kind") == "/kinder/0/alter"
    assert isinstance(back, Read)
    assert back.form == {
        "name": "Jürgen & Söhne",
        "kinder": [{"alter": "3.5"}],
        "ja": True,
        "nichts": None,
    }


async def test_a_stylesheet_gets_a_json_object_or_nothing(
    patient: Checker, tmp_path: Path
) -> None:
    found = map_of(tmp_path, FORWARD.encode())

    built = await patient.maps.to_xml(found, b"[1]", GIVEN)

    assert built.xml == b""
    assert len(built.problems) == 1
