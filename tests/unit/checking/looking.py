"""A standard of our own for tests of the check, in two versions, and a JSON one."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from schemas.checking.check import check
from schemas.checking.policy import CheckPolicy
from schemas.findings import CheckResult, Finding
from schemas.packs.code_lists import (
    CodeList,
    CodeListIndex,
    CodeUse,
    ListRef,
    write_index,
)
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import Form, Head, Kind, ListPolicy, Manifest, Message
from tests.unit.packs.making import make_pack, xsd

XML: Final = "application/xml"
JSON: Final = "application/json"
SPACE: Final = "urn:example:amtsweg:pruefung"
OLD: Final = "urn:example:amtsweg:alt"
MAY: Final = date(2026, 5, 1)
COUNTRIES: Final = "urn:example:liste:staat"
KINDS: Final = "urn:example:liste:art"
ANY: Final = CheckPolicy()

BODY: Final = """
<xs:simpleType name="plz"><xs:restriction base="xs:string">
  <xs:pattern value="[0-9]{5}"/></xs:restriction></xs:simpleType>
<xs:simpleType name="kurz"><xs:restriction base="xs:string">
  <xs:minLength value="2"/><xs:maxLength value="8"/></xs:restriction></xs:simpleType>
<xs:simpleType name="betrag"><xs:restriction base="xs:decimal">
  <xs:minInclusive value="0"/><xs:maxInclusive value="100"/>
  <xs:fractionDigits value="2"/></xs:restriction></xs:simpleType>
<xs:simpleType name="anrede"><xs:restriction base="xs:string">
  <xs:enumeration value="Frau"/><xs:enumeration value="Herr"/>
  </xs:restriction></xs:simpleType>
<xs:complexType name="kopf"><xs:sequence>
  <xs:element name="typ" type="xs:token"/>
  <xs:element name="leser" type="xs:token" minOccurs="0"/></xs:sequence>
  </xs:complexType>
<xs:complexType name="person"><xs:sequence>
  <xs:element name="name" type="t:kurz"/>
  <xs:element name="anrede" type="t:anrede" minOccurs="0"/>
  <xs:element name="plz" type="t:plz" minOccurs="0"/>
  <xs:element name="geboren" type="xs:date" minOccurs="0"/>
  <xs:element name="staat" minOccurs="0"><xs:complexType><xs:sequence>
    <xs:element name="code" type="xs:token"/></xs:sequence>
    <xs:attribute name="listURI"/><xs:attribute name="listVersionID"/>
    </xs:complexType></xs:element>
  <xs:element name="art" type="xs:token" minOccurs="0"/>
  </xs:sequence><xs:attribute name="id" type="xs:ID"/>
  <xs:attribute name="ref" type="xs:IDREF"/></xs:complexType>
<xs:complexType name="antrag"><xs:sequence>
  <xs:element name="kopf" type="t:kopf" minOccurs="0"/>
  <xs:element name="betrag" type="t:betrag" minOccurs="0"/>
  <xs:element name="person" type="t:person" minOccurs="0" maxOccurs="unbounded"/>
  <xs:element name="ja" type="xs:boolean" minOccurs="0"/>
  <xs:element name="text" type="xs:string" minOccurs="0"/>
  <xs:element name="stufe" type="t:stufe" minOccurs="0"/></xs:sequence>
  <xs:attribute name="standard"/><xs:attribute name="version"/>
  <xs:attribute name="test"/></xs:complexType>
<xs:complexType name="stufe"><xs:sequence>
  <xs:element name="stufe" type="t:stufe" minOccurs="0"/></xs:sequence></xs:complexType>
<xs:element name="antrag.neu.0100" type="t:antrag"/>
<xs:element name="antrag.klein.0110" type="t:antrag"/>"""

STANDARD: Final = Manifest(
    id="pruefung",
    version="1.0",
    kind=Kind.XOEV,
    title="XPrüfung",
    namespace=SPACE,
    standard_urn="urn:example:standard:xpruefung",
    schemas=("xsd/pruefung.xsd",),
    messages=(
        Message(name="antrag.neu.0100", code="0100"),
        Message(name="antrag.klein.0110", code="0110"),
    ),
    uri_aliases=("urn:example:xpruefung_1.0",),
    id_attributes=("id",),
    idref_attributes=("ref",),
    head=Head(
        type="kopf/typ",
        reader="kopf/leser",
        standard="@standard",
        version="@version",
        test="@test",
    ),
    code_list_policies={KINDS: ListPolicy.ERROR},
)
LISTS: Final = CodeListIndex(
    uses=(
        CodeUse(element=f"{{{SPACE}}}staat", lists=(ListRef(uri=COUNTRIES),)),
        CodeUse(element=f"{{{SPACE}}}art", lists=(ListRef(uri=KINDS),)),
    ),
    lists=(
        CodeList(uri=COUNTRIES, version="1", codes=frozenset({"000", "152"})),
        CodeList(uri=KINDS, version="1", codes=frozenset({"A", "B"})),
    ),
)
FORM: Final = Manifest(
    id="formular",
    version="1",
    kind=Kind.FORM,
    title="Ein Formular",
    json_schema="json/formular.schema.json",
    uri_aliases=("https://schema.example/formular.schema.json",),
    forms=(Form(profile="haus", id="F1"),),
)
FORM_SCHEMA: Final = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "$schema": {"type": "string"},
        "name": {"type": "string", "maxLength": 8, "minLength": 1},
        "betrag": {"type": "number", "multipleOf": 0.01},
        "geboren": {"type": "string", "format": "date"},
        "kinder": {
            "type": "array",
            "maxItems": 3,
            "items": {
                "type": "object",
                "properties": {"a/b": {"type": "integer"}},
                "required": ["a/b"],
            },
        },
    },
    "required": ["name"],
    "additionalProperties": False,
}


@cache
def library() -> PackLibrary:
    """Both versions of the standard, and the form; made once in a process."""
    place = Path(mkdtemp(prefix="amtsweg-packs-"))
    index = write_index(LISTS)
    add(place, STANDARD, {"codelist_index.json": index})
    schema = json.dumps(FORM_SCHEMA)
    make_pack(place, FORM, {FORM.json_schema: schema})
    return PackLibrary([place])


def add(
    place: Path,
    manifest: Manifest,
    files: dict[str, str | bytes] | None = None,
    **changes: Any,  # noqa: ANN401 - fields of the manifest
) -> Path:
    """A pack with our schema, in the manifest's namespace."""
    space = changes.get("namespace", manifest.namespace)
    whole = {"xsd/pruefung.xsd": xsd(BODY, space=space), **(files or {})}
    return make_pack(place, manifest, whole, **changes)


def antrag(body: str = "", *, says: str = "", name: str = "antrag.neu.0100") -> bytes:
    """A message in the namespace of the standard."""
    return f'<{name} xmlns="{SPACE}" {says}>{body}</{name}>'.encode()


def look(
    document: bytes,
    *,
    media_type: str = XML,
    policy: CheckPolicy = ANY,
    on: date = MAY,
    packs: PackLibrary | None = None,
) -> CheckResult:
    """The check, with what most tests mean."""
    return check(
        document,
        media_type=media_type,
        library=packs or library(),
        policy=policy,
        on=on,
    )


def rules(result: CheckResult) -> list[str]:
    return [one.rule for one in result.findings]


def only(result: CheckResult) -> Finding:
    """The one finding there is."""
    (finding,) = result.findings
    return finding
