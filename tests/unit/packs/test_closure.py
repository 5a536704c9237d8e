"""What schemas import is complete, lies in the pack, and is really loaded."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from schemas.errors import PackBroken
from schemas.packs.catalogue import Spot, beside
from schemas.packs.compiled import CompiledPack
from schemas.packs.library import PackLibrary
from schemas.packs.manifest_rules import is_key
from schemas.packs.sums import is_inside, sealed
from tests.unit.packs.importing import (
    OTHER,
    THIRD,
    TYPE,
    URL,
    USING,
    WORT,
    accepts,
    compiled,
    other,
    reason,
    using,
)
from tests.unit.packs.making import (
    GOOD,
    LIBRARY,
    ROOT,
    importing,
    make_pack,
    write_files,
    xsd,
)


def test_an_import_beside_is_found(tmp_path: Path) -> None:
    pack = compiled(
        tmp_path, {"xsd/tiny.xsd": using("o.xsd"), "xsd/o.xsd": other("kurz")}
    )

    assert accepts(pack, WORT)
    assert accepts(pack, GOOD)
    assert [spot.name for spot in pack.closure] == ["xsd/tiny.xsd", "xsd/o.xsd"]


def test_a_url_is_found_through_the_catalogue(tmp_path: Path) -> None:
    pack = compiled(
        tmp_path,
        {
            "xsd/tiny.xsd": using(URL),
            "more/o.xsd": other(
                "kurz", before='<xs:include schemaLocation="beside.xsd"/>'
            ),
            "more/beside.xsd": other("lang"),
            "catalog.json": f'{{"{URL}": "more/o.xsd"}}',
        },
    )

    assert accepts(pack, WORT)
    assert len(pack.closure) == 3


def test_a_wrong_relative_path_can_be_mapped_as_it_is_written(tmp_path: Path) -> None:
    pack = compiled(
        tmp_path,
        {
            "xsd/tiny.xsd": using("../../../shared/o.xsd"),
            "o.xsd": other("kurz"),
            "catalog.json": '{"../../../shared/o.xsd": "o.xsd"}',
        },
    )

    assert accepts(pack, WORT)


def test_an_import_without_a_place_is_found_by_its_namespace(tmp_path: Path) -> None:
    schema = xsd(f'<xs:import namespace="{OTHER}"/>{ROOT}{USING}', spaces={"o": OTHER})

    pack = compiled(
        tmp_path,
        {
            "xsd/tiny.xsd": schema,
            "o.xsd": other("kurz"),
            "catalog.json": f'{{"{OTHER}": "o.xsd"}}',
        },
    )

    assert accepts(pack, WORT)


@pytest.mark.parametrize("as_url", [True, False])
def test_a_required_pack_is_reached_wherever_it_lies(
    tmp_path: Path, *, as_url: bool
) -> None:
    make_pack(tmp_path / "one", LIBRARY, {"x/o.xsd": other("kurz")})
    files = {"xsd/tiny.xsd": using("../../lib-1/x/o.xsd")}
    if as_url:
        files = {
            "xsd/tiny.xsd": using(URL),
            "catalog.json": f'{{"{URL}": "../lib-1/x/o.xsd"}}',
        }
    make_pack(tmp_path / "two", files=files, requires=("lib-1",))

    # Both first in a library of their own, so that no activation is needed.
    folders = [tmp_path / "one" / "lib-1", tmp_path / "two" / "tiny-1"]
    lib, tiny = (sealed(folder, folder.name) for folder in folders)
    manifest = PackLibrary([tmp_path / "two"]).entries()[0].manifest

    assert accepts(CompiledPack(manifest, [tiny, lib]), WORT)


def test_the_catalogue_of_a_required_pack_counts_too(tmp_path: Path) -> None:
    files = {
        "o.xsd": xsd(
            importing(URL, THIRD)
            + '<xs:simpleType name="kurz"><xs:restriction base="d:wort"/>'
            "</xs:simpleType>",
            space=OTHER,
            spaces={"d": THIRD},
        ),
        "d.xsd": xsd(TYPE.format("wort"), space=THIRD),
        "catalog.json": f'{{"{URL}": "d.xsd"}}',
    }
    make_pack(tmp_path, LIBRARY, files)
    make_pack(
        tmp_path,
        files={"xsd/tiny.xsd": using("../../lib-1/o.xsd")},
        requires=("lib-1",),
    )

    assert accepts(PackLibrary([tmp_path]).compiled("tiny-1"), WORT)


OUTSIDE = "outside the pack and its requires"


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("missing.xsd", "xsd/missing.xsd is not in pack.sums"),
        ("../../../../../../etc/passwd", OUTSIDE),
        ("../../etc/passwd", OUTSIDE),
        ("..%2f..%2f..%2fetc/passwd", OUTSIDE),
        ("/etc/passwd", OUTSIDE),
        ("../../lib-1/o.xsd", OUTSIDE),
        ("..\\o.xsd", OUTSIDE),
        ("file:///etc/passwd", "in no catalog.json"),
        ("file:o.xsd", "in no catalog.json"),
        ("http://127.0.0.1:1/o.xsd", "in no catalog.json"),
        ("HTTPS://schemas.example/o.xsd", "in no catalog.json"),
        ("//schemas.example/o.xsd", "in no catalog.json"),
        ("pack:/lib-1/o.xsd", "in no catalog.json"),
        ("C:\\o.xsd", "in no catalog.json"),
    ],
)
@pytest.mark.parametrize("kind", ["import", "include", "redefine"])
def test_what_leads_nowhere_or_out_is_refused_although_nothing_uses_it(
    tmp_path: Path, location: str, said: str, kind: str
) -> None:
    named = f'namespace="{OTHER}" ' if kind == "import" else ""
    make_pack(tmp_path, LIBRARY, {"o.xsd": other("kurz")})

    found = reason(
        tmp_path,
        {
            "xsd/tiny.xsd": xsd(
                f'<xs:{kind} {named}schemaLocation="{location}"/>{ROOT}'
            ),
            "o.xsd": other("kurz"),
        },
    )

    assert said in found


def test_libxml2_itself_would_skip_such_an_import_in_silence() -> None:
    """Why we walk: without it the test above would find a schema that compiles."""
    etree.XMLSchema(etree.fromstring(xsd(importing("missing.xsd") + ROOT)))


@pytest.mark.parametrize(
    "target", ["../../outside.xsd", "/etc/passwd", "../lib-1/o.xsd", "x/../../o.xsd"]
)
def test_a_catalogue_does_not_lead_out(tmp_path: Path, target: str) -> None:
    write_files(tmp_path, {"outside.xsd": other("kurz"), "o.xsd": other("kurz")})
    make_pack(tmp_path / "p", LIBRARY, {"o.xsd": other("kurz")})

    found = reason(
        tmp_path / "p",
        {"xsd/tiny.xsd": using(URL), "catalog.json": f'{{"{URL}": "{target}"}}'},
    )

    assert "catalog.json lea" in found


@pytest.mark.parametrize(
    "text", ["", "[]", '{"a": 1}', '{"a": "b", "a": "c"}', '{"a": {}}']
)
def test_another_catalogue_is_refused(tmp_path: Path, text: str) -> None:
    assert "catalog.json" in reason(
        tmp_path, {"xsd/tiny.xsd": xsd(ROOT), "catalog.json": text}
    )


def test_a_link_out_of_the_pack_is_refused(tmp_path: Path) -> None:
    write_files(tmp_path, {"outside.xsd": other("kurz")})
    folder = make_pack(
        tmp_path / "p",
        files={"xsd/tiny.xsd": using("o.xsd"), "xsd/o.xsd": other("kurz")},
    )
    (folder / "xsd" / "o.xsd").unlink()
    (folder / "xsd" / "o.xsd").symlink_to(tmp_path / "outside.xsd")

    with pytest.raises(PackBroken, match=r"xsd/o\.xsd: is not a plain file"):
        PackLibrary([tmp_path / "p"]).compiled("tiny-1")


def test_a_linked_folder_is_refused(tmp_path: Path) -> None:
    folder = make_pack(tmp_path / "p")
    (folder / "xsd").rename(tmp_path / "elsewhere")
    (folder / "xsd").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(PackBroken, match="xsd: is not a plain file"):
        PackLibrary([tmp_path / "p"]).compiled("tiny-1")


@given(
    location=st.text(st.sampled_from("./%2fae:\\"), max_size=14),
    name=st.sampled_from(["a.xsd", "xsd/a.xsd", "xsd/deep/a.xsd"]),
)
def test_no_location_means_a_file_outside_of_all_packs(
    location: str, name: str
) -> None:
    found = beside(location, Spot("tiny-1", name))

    if found:
        assert is_key(found.key)
        assert is_inside(found.name)
        assert (Path("/packs") / found.key / found.name).resolve().parts[:3] == (
            "/",
            "packs",
            found.key,
        )
