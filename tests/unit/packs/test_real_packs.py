"""Real standards close, compile and take their samples, as their READMEs say."""

import json
import shutil
from pathlib import Path
from typing import Final

import pytest
from lxml import etree

from schemas.errors import PackBroken
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import CATALOGUE, MANIFEST, Kind, Manifest
from schemas.packs.manifest_file import write_manifest
from tests.unit.packs.making import seal

LIB: Final = "xoev-bibliothek"
INVOICE: Final = (
    "xsd/uncoupled/uncefact/data/standard/CrossIndustryInvoice_100pD16B.xsd"
)
STANDARDS: Final = {
    LIB: (),
    "xbildung": (LIB,),
    "xschule": (LIB, "xbildung"),
    "xhochschule": (LIB, "xbildung"),
    "xberufsbildung": (LIB, "xbildung"),
    "xdomea": (),
    "cii": (),
}


@pytest.fixture(scope="session")
def place(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every standard as a pack, with its own part of the common catalogue."""
    place, source = tmp_path_factory.mktemp("real"), shared / "reference" / "schemas"
    catalogue = json.loads((source / CATALOGUE).read_text())
    for name, requires in STANDARDS.items():
        schemas = {
            LIB: (),
            "xdomea": ("3.0.0/xdomea.xsd",),
            "cii": (INVOICE,),
        }.get(name, (f"xsd/{name}.xsd",))
        manifest = Manifest(
            id=name,
            version="1",
            kind=Kind.XOEV if schemas else Kind.LIBRARY,
            title=name,
            schemas=schemas,
            requires=tuple(f"{one}-1" for one in requires),
        )
        folder = place / manifest.key
        shutil.copytree(
            source / name, folder, ignore=shutil.ignore_patterns("coupled", "xslt")
        )
        mapped = {
            url: rest if owner == name else f"../{owner}-1/{rest}"
            for url, path in catalogue.items()
            for owner, _, rest in [path.partition("/")]
            if owner in {name, *requires}
        }
        (folder / CATALOGUE).write_text(json.dumps(mapped))
        (folder / MANIFEST).write_bytes(write_manifest(manifest))
        seal(folder)
    return place


@pytest.mark.parametrize(
    ("name", "files", "samples"),
    [
        ("xbildung", 6, 0),
        ("xschule", 9, 16),
        ("xhochschule", 11, 8),
        ("xberufsbildung", 12, 9),
        ("xdomea", 21, 5),
        ("cii", 4, 15),
    ],
)
def test_a_real_standard_closes_and_takes_its_samples(
    place: Path, name: str, files: int, samples: int
) -> None:
    pack = PackLibrary([place]).compiled(f"{name}-1")
    documents = sorted((place / f"{name}-1" / "samples").glob("*.xml"))
    parser = etree.XMLParser(resolve_entities=False, no_network=True)

    with pack.schema() as schema:
        taken = [schema.validate(etree.parse(str(one), parser)) for one in documents]

    assert len(pack.closure) == files
    assert taken == [True] * samples


def test_one_changed_byte_in_the_real_library_is_noticed_by_all_above(
    place: Path, tmp_path: Path
) -> None:
    copied = tmp_path / "packs"
    for key in ("xoev-bibliothek-1", "xbildung-1", "xschule-1"):
        shutil.copytree(place / key, copied / key)
    library = PackLibrary([copied])
    path = copied / "xoev-bibliothek-1" / "xoev-code.xsd"
    path.write_bytes(path.read_bytes() + b" ")

    with pytest.raises(PackBroken, match=r"xoev-bibliothek-1: xoev-code\.xsd: differs"):
        library.compiled("xschule-1")


def test_all_schemas_of_a_standard_at_once_are_its_main_schema(
    place: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "xdomea-all"
    shutil.copytree(place / "xdomea-1", folder)
    listed = sorted(f"3.0.0/{one.name}" for one in (folder / "3.0.0").glob("*.xsd"))
    manifest = Manifest(
        id="xdomea", version="all", kind=Kind.XOEV, title="x", schemas=tuple(listed)
    )
    (folder / MANIFEST).write_bytes(write_manifest(manifest))
    seal(folder)

    assert len(PackLibrary([tmp_path]).compiled("xdomea-all").closure) == 21
