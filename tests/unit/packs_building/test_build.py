"""What a pack's folder gets generated, and what xmlschema thinks of it."""

import re
from pathlib import Path

import pytest

from schemas.errors import PackBroken
from schemas.packs.building.build import build
from schemas.packs.code_lists import CodeUse, ListRef, read_index
from schemas.packs.manifest import CODE_LIST_INDEX, SUMS, Message, Rules
from schemas.packs.sums import check_sums, pack_hash
from tests.unit.packs.making import FILES, SPACE, make_pack, xsd
from tests.unit.packs_building.downloads import library
from tests.unit.packs_building.test_code_lists import ONE, TWO, URI, genericode

T = f"{{{SPACE}}}"
CODES = f"""\
<xs:complexType name="Code"><xs:sequence><xs:element name="code" type="xs:token"
 form="unqualified"/></xs:sequence><xs:attribute name="listURI" type="xs:anyURI"/>
 <xs:attribute name="listVersionID" type="xs:string"/></xs:complexType>
<xs:complexType name="Fest"><xs:complexContent><xs:restriction base="t:Code">
 <xs:sequence><xs:element name="code" type="xs:token" form="unqualified"/></xs:sequence>
 <xs:attribute name="listURI" type="xs:anyURI" fixed="{URI}"/>
 <xs:attribute name="listVersionID" type="xs:string" fixed="1"/>
</xs:restriction></xs:complexContent></xs:complexType>
<xs:complexType name="Typ3"><xs:annotation><xs:appinfo><codeliste>
 <kennung>{URI}</kennung></codeliste><genutzteCodeSpalte>T</genutzteCodeSpalte>
 </xs:appinfo></xs:annotation><xs:complexContent><xs:extension base="t:Code"/>
</xs:complexContent></xs:complexType>
<xs:complexType name="Wertetyp"><xs:complexContent><xs:restriction base="t:Code">
 <xs:sequence><xs:element name="code" form="unqualified"><xs:simpleType>
 <xs:restriction base="xs:token"><xs:enumeration value="a"/></xs:restriction>
 </xs:simpleType></xs:element></xs:sequence>
 <xs:attribute name="listURI" type="xs:anyURI" fixed="{URI}"/>
</xs:restriction></xs:complexContent></xs:complexType>
"""


def index_of(folder: Path) -> dict[tuple[str, str], CodeUse]:
    index = read_index((folder / CODE_LIST_INDEX).read_bytes())
    return {(one.parent, one.element): one for one in index.uses}


def root(children: str) -> str:
    return xsd(
        CODES + '<xs:element name="antrag"><xs:complexType><xs:sequence>'
        f"{children}</xs:sequence></xs:complexType></xs:element>"
    )


def built(tmp_path: Path, children: str, **more: bytes) -> Path:
    lists = {f"codelists/{name}.xml": body for name, body in more.items()}
    folder = make_pack(tmp_path, files={"xsd/tiny.xsd": root(children), **lists})
    build(folder, library(tmp_path / "none"))
    return folder


def test_each_kind_of_code_is_found(tmp_path: Path) -> None:
    children = "".join(
        f'<xs:element name="{name.lower()}" type="t:{name}"/>'
        for name in ("Code", "Fest", "Typ3", "Wertetyp")
    )

    uses = index_of(built(tmp_path, children, eins=genericode(ONE)))

    assert uses == {
        ("", f"{T}code"): CodeUse(element=f"{T}code", is_open=True),
        ("", f"{T}fest"): CodeUse(element=f"{T}fest", lists=(ONE.ref,)),
        ("", f"{T}typ3"): CodeUse(
            element=f"{T}typ3", lists=(ListRef(uri=URI),), is_open=True
        ),
        ("", f"{T}wertetyp"): CodeUse(
            element=f"{T}wertetyp", lists=(ListRef(uri=URI),), in_schema=True
        ),
    }


def test_an_element_that_is_a_code_in_one_place_only_is_named_with_its_parent(
    tmp_path: Path,
) -> None:
    children = (
        '<xs:element name="art" type="xs:string"/><xs:element name="hund">'
        '<xs:complexType><xs:sequence><xs:element name="art" type="t:Fest"/>'
        "</xs:sequence></xs:complexType></xs:element>"
    )

    uses = index_of(built(tmp_path, children))

    assert set(uses) == {(f"{T}hund", f"{T}art")}


def test_the_column_that_the_schema_names_holds_the_codes(tmp_path: Path) -> None:
    folder = built(
        tmp_path, '<xs:element name="a" type="t:Typ3"/>', eins=genericode(ONE)
    )

    (found,) = read_index((folder / CODE_LIST_INDEX).read_bytes()).lists

    assert found.codes == {"text"}


def test_a_pack_without_codes_has_no_index(tmp_path: Path) -> None:
    folder = make_pack(tmp_path)

    build(folder, library(tmp_path / "none"))

    assert not (folder / CODE_LIST_INDEX).exists()


def test_a_list_that_cannot_be_read_is_told_and_the_others_count(
    tmp_path: Path,
) -> None:
    files = {
        **FILES,
        "codelists/eins.xml": genericode(ONE),
        "codelists/kaputt.xml": b"<x/>",
        "codelists/zwei.xml": genericode(TWO),
    }
    folder = make_pack(tmp_path, files=files)

    done = build(folder, library(tmp_path / "none"))

    assert done.code_lists == 2
    assert done.notes == ("codelists/kaputt.xml: a file that is not genericode 1.0",)


def test_building_seals_what_is_there_and_twice_is_the_same(tmp_path: Path) -> None:
    folder = make_pack(tmp_path, files={**FILES, "codelists/a.xml": genericode(ONE)})
    (folder / SUMS).unlink()

    first = build(folder, library(tmp_path / "none"))
    again = build(folder, library(tmp_path / "none"))

    assert check_sums(folder) == ()
    assert first == again
    assert first.sha256 == pack_hash((folder / SUMS).read_bytes())


SCH = (
    '<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">{}'
    "</schema>"
)
RULES = (Rules(source="sch/a.sch", stylesheet="sch/a.xsl"),)


def test_a_schematron_becomes_a_stylesheet_beside_it(tmp_path: Path) -> None:
    pattern = (
        '<pattern><rule context="*"><assert id="R1" test="true()"/></rule></pattern>'
    )
    files = {**FILES, "sch/a.sch": SCH.format(pattern)}
    folder = make_pack(tmp_path, files=files, schematron=RULES)

    done = build(folder, library(tmp_path / "none"))

    assert done.stylesheets == ("sch/a.xsl",)
    assert b"stylesheet" in (folder / "sch/a.xsl").read_bytes()


@pytest.mark.parametrize("href", ["../../geheim.sch", "/etc/passwd", "fehlt.sch"])
def test_a_schematron_that_includes_what_is_not_in_the_pack_is_refused(
    tmp_path: Path, href: str
) -> None:
    (tmp_path / "geheim.sch").write_text(SCH.format(""))
    files = {**FILES, "sch/a.sch": SCH.format(f'<include href="{href}"/>')}
    folder = make_pack(tmp_path, files=files, schematron=RULES)

    with pytest.raises(PackBroken, match=re.escape("sch/a.sch")):
        build(folder, library(tmp_path / "none"))


def test_xmlschema_tells_where_it_differs_from_libxml2(tmp_path: Path) -> None:
    """A reference that leads nowhere is the difference that is known."""
    schema = xsd(
        '<xs:element name="antrag"><xs:complexType>'
        '<xs:attribute name="von" type="xs:IDREF"/></xs:complexType></xs:element>'
    )
    files = {
        "xsd/tiny.xsd": schema,
        "samples/valid/gut.xml": f'<antrag xmlns="{SPACE}"/>',
        "samples/valid/lose.xml": f'<antrag xmlns="{SPACE}" von="a"/>',
    }
    folder = make_pack(tmp_path, files=files)

    second = build(folder, library(tmp_path / "none")).second_opinion

    assert second.agreed == 1
    assert second.differing == ("samples/valid/lose.xml",)


def test_a_pack_of_two_namespaces_is_walked_from_every_message(
    tmp_path: Path,
) -> None:
    other = "urn:example:other"
    second = xsd(
        '<xs:element name="zweite" type="xs:string"/>' + CODES, space=other
    ).replace('type="xs:string"/>', 'type="t:Fest"/>', 1)
    folder = make_pack(
        tmp_path,
        files={"xsd/tiny.xsd": FILES["xsd/tiny.xsd"], "xsd/b.xsd": second},
        schemas=("xsd/tiny.xsd", "xsd/b.xsd"),
        messages=(Message(name="antrag"), Message(name="zweite", namespace=other)),
    )

    build(folder, library(tmp_path / "none"))

    assert set(index_of(folder)) == {("", f"{{{other}}}zweite")}


def test_a_folder_without_a_manifest_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(PackBroken, match=re.escape("pack.json")):
        build(tmp_path, library(tmp_path / "none"))
