"""The shipped packs as packs: sealed, complete, built from what they say."""

import json
import shutil
from pathlib import Path
from typing import Final

import pytest
from lxml import etree

from schemas.packs.building.build import Built, build
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import (
    CATALOGUE,
    CODE_LIST_INDEX,
    SUMS,
    VALID_SAMPLES,
    Kind,
)
from schemas.packs.manifest_file import read_manifest, write_manifest
from schemas.packs.presence import Active
from schemas.packs.sums import check_sums
from tests.unit.packs_shipped.whole_check import KEYS, SHIPPED, library, manifest

XS: Final = "{http://www.w3.org/2001/XMLSchema}"
TEMPLATE: Final = SHIPPED / "xsozial-basis-template" / "pack.template.json"


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Built]]:
    """All packs without what is generated, and then built anew."""
    place = tmp_path_factory.mktemp("packs")
    shutil.copytree(SHIPPED, place, dirs_exist_ok=True)
    for name in (SUMS, CODE_LIST_INDEX, "*.xsl"):
        for path in place.rglob(name):
            path.unlink()
    # In the order of the names, so that a library is built before what needs it.
    return place, {key: build(place / key, PackLibrary([place])) for key in KEYS}


def test_there_is_a_pack_of_every_kind_that_we_promise() -> None:
    assert KEYS == (
        "demo-fim-1.0",
        "demo-form-1.0",
        "demo-lib-1",
        "demo-sozial-1.0",
        "demo-sozial-1.1",
    )
    assert {manifest(key).kind for key in KEYS} == set(Kind) - {Kind.FIM_XSD}
    assert all(isinstance(one.status, Active) for one in library().entries())


@pytest.mark.parametrize("key", KEYS)
def test_the_folder_has_its_name_and_its_seal(key: str) -> None:
    assert manifest(key).key == key
    assert check_sums(SHIPPED / key) == ()


@pytest.mark.parametrize("key", KEYS)
def test_the_manifest_is_written_as_we_write_manifests(key: str) -> None:
    body = (SHIPPED / key / "pack.json").read_bytes()

    assert write_manifest(read_manifest(body)) == body


@pytest.mark.parametrize("key", KEYS)
def test_building_again_gives_the_same_bytes(
    key: str, rebuilt: tuple[Path, dict[str, Built]]
) -> None:
    """Where not, `amtsweg schema build schemas/packs/shipped/<key>` makes it so."""
    place, _ = rebuilt

    assert files(place / key) == files(SHIPPED / key)


@pytest.mark.parametrize("key", KEYS)
def test_the_second_engine_differs_only_where_it_must(
    key: str, rebuilt: tuple[Path, dict[str, Built]]
) -> None:
    """libxml2 does not follow references, and xmlschema reads what is not UTF-8."""
    _, built = rebuilt
    differing = built[key].second_opinion.differing

    assert {name.split(".")[-2] for name in differing} <= {"dangling-idref", "encoding"}
    assert not any(name.startswith(VALID_SAMPLES) for name in differing)
    assert built[key].notes == ()


@pytest.mark.parametrize("key", [key for key in KEYS if manifest(key).schemas])
def test_every_import_is_beside_it_or_in_the_catalogue(key: str) -> None:
    folder = SHIPPED / key
    catalogue = folder / CATALOGUE
    known = json.loads(catalogue.read_bytes()) if catalogue.exists() else {}

    used = set()
    for path in sorted((folder / "xsd").iterdir()):
        for one in etree.parse(path).iter(f"{XS}import", f"{XS}include"):
            location = one.get("schemaLocation", "")
            used.add(location)
            target = folder / known[location] if location in known else None
            assert (target or path.parent / location).is_file(), location

    assert known.keys() <= used
    assert library().compiled(key).closure


def test_nothing_claims_to_be_a_standard_of_others() -> None:
    for key in KEYS:
        pack = manifest(key)
        assert "Übung" in pack.title, key
        for uri in (pack.namespace, pack.standard_urn, *pack.uri_aliases):
            assert "example" in uri or not uri, uri


def filled(text: str) -> str:
    for gap, value in {
        "{x}": "2",
        "{y}": "4",
        "{z}": "0",
        "{urn}": "urn:xoev-de:somebody:standard:xsozial-basis",
        "{library}": "xoev-bibliothek-1.1",
        "{main}": "xsozial-basis",
        "{message}": "vorgang",
        "{licence}": "as in the download",
        "{valid_from}": "2025-05-01",
        "{valid_to}": "2025-10-31",
        "{accept_until}": "2026-01-31",
    }.items():
        text = text.replace(gap, value)
    return text


def test_the_template_becomes_a_manifest_when_its_gaps_are_filled() -> None:
    text = filled(TEMPLATE.read_text(encoding="utf-8"))
    made = read_manifest(text.encode())

    assert made.namespace == (
        "https://portalverbund.d-nrw.de/efa/XSozial-basis/Version_2_4_0"
    )
    assert made.key == "xsozial-basis-2.4.0"
    assert made.kind is Kind.XOEV


def test_the_template_explains_every_gap() -> None:
    readme = TEMPLATE.with_name("README.md").read_text(encoding="utf-8")
    text = TEMPLATE.read_text(encoding="utf-8")

    gaps = {part.split("}")[0] for part in text.split("{")[1:]}
    for gap in {one for one in gaps if one.isidentifier()}:
        assert f"{{{gap}}}" in readme, gap
