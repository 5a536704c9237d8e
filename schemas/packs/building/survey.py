"""What the files of a download are, judged by content and not by name."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import PurePosixPath
from typing import Final

from lxml import etree

from schemas.packs.building.download import Download
from schemas.packs.code_lists import GENERICODE

XSD: Final = "http://www.w3.org/2001/XMLSchema"
SCHEMATRON: Final = "http://purl.oclc.org/dsdl/schematron"
XSLT: Final = "http://www.w3.org/1999/XSL/Transform"
SVRL: Final = b"http://purl.oclc.org/dsdl/svrl"
_LINKS: Final = frozenset(f"{{{XSD}}}{name}" for name in ("import", "include"))
_REDEFINITIONS: Final = frozenset(
    f"{{{XSD}}}{name}" for name in ("redefine", "override")
)
_LICENCES: Final = ("licence", "license", "lizenz", "copying", "notice")
_WRONG: Final = ("invalid", "negativ", "ungueltig", "ungültig", "fehlerhaft", "evil")


class Role(Enum):
    """What a file can be for a pack."""

    SCHEMA = "schema"
    JSON_SCHEMA = "json-schema"
    CODE_LIST = "code-list"
    SCHEMATRON = "schematron"
    STYLESHEET = "stylesheet"
    """XSLT that reports like Schematron: what a publisher compiled."""
    SAMPLE = "sample"
    LICENCE = "licence"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """An import, include or redefine of a schema."""

    is_import: bool
    namespace: str
    location: str
    """As it stands there; "" where nothing does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Schema:
    """An XSD, as far as its place among others goes."""

    path: str
    namespace: str
    version: str
    links: tuple[Link, ...]
    root: etree._Element = field(repr=False, compare=False)

    def named(self, kind: str) -> tuple[str, ...]:
        """Names of its global components of this kind, in document order."""
        found = self.root.iterfind(f"{{{XSD}}}{kind}[@name]")
        return tuple(one.get("name", "") for one in found)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """A document that might be one of the standard's."""

    path: str
    namespace: str
    name: str
    """Of its root element; "" for JSON."""
    is_wrong: bool
    """Its place or name says that it must be refused."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """A download, sorted."""

    roles: Mapping[str, Role]
    schemas: Mapping[str, Schema]
    samples: tuple[Sample, ...]

    def of(self, role: Role) -> tuple[str, ...]:
        """Paths of this role, sorted."""
        return tuple(sorted(path for path, one in self.roles.items() if one is role))


def schema_parser() -> etree.XMLParser:
    """The signature schema of the W3C declares entities of its own, inside."""
    return etree.XMLParser(
        resolve_entities="internal",  # type: ignore[arg-type]
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def survey(download: Download) -> Survey:
    """Looks into every file once."""
    roles: dict[str, Role] = {}
    schemas: dict[str, Schema] = {}
    samples: list[Sample] = []
    for path, body in sorted(download.files.items()):
        root = _root_of(path, body)
        if root is not None and root.tag == f"{{{XSD}}}schema":
            schemas[path] = read_schema(path, root)
            roles[path] = Role.SCHEMA
        elif root is not None:
            roles[path] = _role_of_xml(root, body)
            if roles[path] is Role.SAMPLE:
                name = etree.QName(root)
                samples.append(_sample(path, name.namespace or "", name.localname))
        else:
            roles[path] = _role_of_other(path, body)
            if roles[path] is Role.SAMPLE:
                samples.append(_sample(path, "", ""))
    return Survey(roles=roles, schemas=schemas, samples=tuple(samples))


def _root_of(path: str, body: bytes) -> etree._Element | None:
    """Of XML that can be read; a broken one is just no XML here."""
    if not _looks_like_xml(path, body):
        return None
    try:
        return etree.fromstring(body, schema_parser())
    except (etree.XMLSyntaxError, ValueError):
        return None


def _looks_like_xml(path: str, body: bytes) -> bool:
    start = body[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    ending = PurePosixPath(path).suffix.lower()
    return start[:1] == b"<" and ending not in {".html", ".htm", ".svg", ".xhtml"}


def read_schema(path: str, root: etree._Element) -> Schema:
    """What stands on top of an XSD."""
    links = [
        Link(
            is_import=child.tag == f"{{{XSD}}}import",
            namespace=child.get("namespace", ""),
            location=child.get("schemaLocation", "").strip(),
        )
        for child in root
        if child.tag in _LINKS or child.tag in _REDEFINITIONS
    ]
    return Schema(
        path=path,
        namespace=root.get("targetNamespace", ""),
        version=root.get("version", ""),
        links=tuple(links),
        root=root,
    )


def _role_of_xml(root: etree._Element, body: bytes) -> Role:
    name = etree.QName(root)
    if name.namespace == GENERICODE and name.localname == "CodeList":
        return Role.CODE_LIST
    if name.namespace == SCHEMATRON:
        is_whole = name.localname == "schema"
        return Role.SCHEMATRON if is_whole else Role.OTHER
    if name.namespace == XSLT:
        return Role.STYLESHEET if SVRL in body else Role.OTHER
    return Role.SAMPLE


def _role_of_other(path: str, body: bytes) -> Role:
    file = PurePosixPath(path)
    if any(word in file.name.lower() for word in _LICENCES):
        return Role.LICENCE
    if file.suffix.lower() != ".json" or file.name == "catalog.json":
        return Role.OTHER
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        return Role.OTHER
    if isinstance(whole, dict) and "json-schema.org" in str(whole.get("$schema", "")):
        return Role.JSON_SCHEMA
    return Role.SAMPLE


def _sample(path: str, namespace: str, name: str) -> Sample:
    said = path.lower()
    is_wrong = any(word in said for word in _WRONG)
    return Sample(path=path, namespace=namespace, name=name, is_wrong=is_wrong)
