"""Whatever belongs to a schema is really loaded, and nothing else is."""

from pathlib import Path

import pytest

from schemas.packs.library import PackLibrary
from tests.unit.packs.importing import (
    OTHER,
    TYPE,
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
    ROOT,
    SPACE,
    importing,
    make_pack,
    xsd,
)


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
