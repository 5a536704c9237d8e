"""What schemas import is complete, lies in the pack, and is really loaded."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from lxml import etree

from schemas.errors import PackBroken
from schemas.packs.compiled import CompiledPack
from schemas.packs.library import PackLibrary
from schemas.packs.sums import sealed
from tests.unit.packs.making import (
    GOOD,
    LIBRARY,
    ROOT,
    SPACE,
    TINY,
    importing,
    make_pack,
    write_files,
    xsd,
)

OTHER = "urn:example:other"
THIRD = "urn:example:third"
URL = "https://schemas.example/other.xsd"
TYPE = '<xs:simpleType name="{}"><xs:restriction base="xs:string"/></xs:simpleType>'
USING = '<xs:element name="wort" type="o:kurz"/>'
WORT = f'<wort xmlns="{SPACE}">x</wort>'


def using(location: str, body: str = USING) -> str:
    """A schema that imports and uses a type of the other namespace."""
    return xsd(importing(location) + ROOT + body, spaces={"o": OTHER})


def other(*names: str, before: str = "") -> str:
    """The schema of the other namespace, with these types."""
    types = "".join(TYPE.format(name) for name in names)
    return xsd(before + types, space=OTHER)


def compiled(place: Path, files: Mapping[str, str | bytes]) -> CompiledPack:
    make_pack(place, files=files)
    return PackLibrary([place]).compiled(TINY.key)


def reason(place: Path, files: Mapping[str, str | bytes]) -> str:
    with pytest.raises(PackBroken) as caught:
        compiled(place, files)
    return caught.value.detail


def accepts(pack: CompiledPack, document: str) -> bool:
    with pack.schema() as schema:
        return schema.validate(etree.fromstring(document))


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


def test_circles_end(tmp_path: Path) -> None:
    pack = compiled(
        tmp_path,
        {
            "xsd/tiny.xsd": using("o.xsd"),
            "xsd/o.xsd": other("kurz", before=importing("tiny.xsd", SPACE)),
        },
    )

    assert accepts(pack, WORT)


def test_two_files_of_one_namespace_are_both_loaded(tmp_path: Path) -> None:
    """libxml2 alone takes the first import of a namespace and skips the second."""
    body = importing("o1.xsd") + importing("o2.xsd") + ROOT + USING
    body += '<xs:element name="satz" type="o:lang"/>'

    pack = compiled(
        tmp_path,
        {
            "xsd/tiny.xsd": xsd(body, spaces={"o": OTHER}),
            "xsd/o1.xsd": other("kurz"),
            "xsd/o2.xsd": other("lang", before='<xs:include schemaLocation="o1.xsd"/>'),
        },
    )

    assert accepts(pack, WORT)
    assert accepts(pack, f'<satz xmlns="{SPACE}">x</satz>')


def test_several_schemas_of_one_pack_are_one(tmp_path: Path) -> None:
    make_pack(
        tmp_path,
        files={
            "a.xsd": xsd(ROOT),
            "b.xsd": xsd('<xs:element name="b" type="xs:date"/>'),
            "c.xsd": xsd('<xs:element name="c"/>', space=OTHER),
            "d.xsd": xsd('<xs:element name="d"/>', space=""),
        },
        schemas=("a.xsd", "b.xsd", "c.xsd", "d.xsd"),
    )
    pack = PackLibrary([tmp_path]).compiled("tiny-1")

    assert accepts(pack, GOOD)
    assert accepts(pack, f'<b xmlns="{SPACE}">2026-05-01</b>')
    assert not accepts(pack, f'<b xmlns="{SPACE}">morgen</b>')
    assert accepts(pack, f'<c xmlns="{OTHER}"/>')
    assert accepts(pack, "<d/>")
    assert not accepts(pack, "<e/>")


@pytest.mark.parametrize("name", ["ä b.xsd", "a  b.xsd", "a%20b.xsd", "o'&.xsd"])
def test_files_may_have_unusual_names(tmp_path: Path, name: str) -> None:
    location = name.replace("&", "&amp;")

    pack = compiled(
        tmp_path,
        {
            "xsd/tiny.xsd": using(location),
            f"xsd/{name.replace('%20', ' ')}": other("kurz"),
        },
    )

    assert accepts(pack, WORT)


@pytest.mark.parametrize("name", ["a[1].xsd", "a%zz.xsd"])
def test_what_is_no_uri_at_all_is_refused_by_the_engine(
    tmp_path: Path, name: str
) -> None:
    found = reason(
        tmp_path, {"xsd/tiny.xsd": using(name), f"xsd/{name}": other("kurz")}
    )

    assert found == "tiny-1/xsd/tiny.xsd:1: SCHEMAV_CVC_DATATYPE_VALID_1_2_1"


def test_one_file_is_included_into_several_namespaces(tmp_path: Path) -> None:
    include = '<xs:include schemaLocation="any.xsd"/>'

    pack = compiled(
        tmp_path,
        {
            "xsd/tiny.xsd": xsd(
                importing("o.xsd") + include + ROOT + USING, spaces={"o": OTHER}
            ),
            "xsd/o.xsd": other(before=include),
            "xsd/any.xsd": xsd(TYPE.format("kurz"), space=""),
        },
    )

    assert accepts(pack, WORT)


DOCTYPE = """<!DOCTYPE xs:schema [
  <!ATTLIST xs:schema xmlns:ds CDATA #FIXED "urn:ds">
  <!ENTITY kurz "kurz">
]>"""


def test_a_schema_may_have_entities_of_its_own(tmp_path: Path) -> None:
    """As the W3C's schema for XML signatures has."""
    schema = DOCTYPE + xsd(ROOT + TYPE.format("&kurz;"))

    pack = compiled(tmp_path, {"xsd/tiny.xsd": schema})

    assert accepts(pack, GOOD)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x [<!ENTITY % e SYSTEM "file:///etc/hostname"> %e;]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">',
    ],
)
def test_a_schema_loads_nothing_through_its_doctype(
    tmp_path: Path, doctype: str
) -> None:
    used = "&e;" if "ENTITY e" in doctype else "kurz"

    found = reason(
        tmp_path,
        {"xsd/tiny.xsd": doctype + xsd(f"{ROOT}{TYPE.format(used)}<xs:nonsense/>")},
    )

    assert found.startswith("tiny-1/xsd/tiny.xsd")


def test_a_bomb_in_a_schema_does_not_go_off(tmp_path: Path) -> None:
    lines = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10}">' for at in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "0123456789">{lines}]>'

    found = reason(
        tmp_path,
        {"xsd/tiny.xsd": bomb + xsd(f"<xs:annotation>&e11;</xs:annotation>{ROOT}")},
    )

    assert found == "tiny-1/xsd/tiny.xsd is not well-formed XML"


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("<a", "tiny-1/xsd/tiny.xsd is not well-formed XML"),
        ("", "tiny-1/xsd/tiny.xsd is not well-formed XML"),
        ("<a/>", "tiny-1/xsd/tiny.xsd is not an XML schema"),
        (
            xsd('\n<xs:element name="a" type="t:nix"/>'),
            "tiny-1/xsd/tiny.xsd:2: SCHEMAP_SRC_RESOLVE",
        ),
        (using("tiny.xsd"), "imports tiny-1/xsd/tiny.xsd for another namespace"),
        (xsd(ROOT).replace("<xs:schema", '<xs:schema xml:base="x/"'), "xml:base"),
        (
            xsd(importing("o.xsd").replace("<xs:import", '<xs:import xml:base="/"')),
            "xml:base",
        ),
    ],
)
def test_what_is_wrong_with_a_schema_is_said(
    tmp_path: Path, schema: str, said: str
) -> None:
    found = reason(tmp_path, {"xsd/tiny.xsd": schema, "xsd/o.xsd": other("kurz")})

    assert said in found
    assert "nix" not in found


def test_names_that_are_declared_are_known(tmp_path: Path) -> None:
    files = {
        "xsd/tiny.xsd": using("o.xsd"),
        "xsd/o.xsd": other("kurz", before='<xs:attribute name="fern"/>'),
    }

    assert compiled(tmp_path, files).vocabulary == {
        "antrag",
        "betrag",
        "nummer",
        "wort",
        "fern",
    }
