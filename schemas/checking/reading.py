"""Stages 1 and 2 of XML: the right size and encoding, well-formed, no DOCTYPE."""

import re
from typing import Any, Final, NoReturn

from lxml import etree

from schemas.checking.course import Course
from schemas.checking.rules import finding
from schemas.limits import KIB, MIB

MAX_CHECKED_BYTES: Final = 128 * MIB
"""A tree takes six times its document; what is bigger belongs into an attachment."""
MAX_TEXT_BYTES: Final = 10 * MIB
"""What libxml2 allows a single text, unless it is told otherwise."""

_ENCODINGS: Final = frozenset({"UTF-8", "UTF8", "ASCII", "US-ASCII"})
_SIGNATURE: Final = 4
_BEGINNING: Final = 64 * KIB
_EBCDIC: Final = b"\x4c\x6f\xa7\x94"
_UTF_16: Final = (b"\xfe\xff", b"\xff\xfe")
# Atomic groups: a prolog made to hurt is read once, not again and again.
_DOCTYPE: Final = re.compile(
    rb"(?>(?:\xef\xbb\xbf)?)(?>(?>\s+|<\?(?>[^?]+|\?(?!>))*\?>|<!--(?>[^-]+|-(?!->))*-->)*)"
    rb"<!DOCTYPE"
)
_UNDEFINED_ENTITY: Final = frozenset(
    {
        etree.ErrorTypes.ERR_UNDECLARED_ENTITY,
        etree.ErrorTypes.WAR_UNDECLARED_ENTITY,
    }
)
_UNREADABLE: Final = frozenset(
    {
        etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING,
        etree.ErrorTypes.ERR_UNKNOWN_ENCODING,
        etree.ErrorTypes.ERR_INVALID_ENCODING,
    }
)
_NAMES: Final = {
    number: name
    for name, number in vars(etree.ErrorTypes).items()
    if isinstance(number, int) and name.startswith("ERR_")
}


def hardened_parser(*, huge: bool = False) -> etree.XMLParser:
    """Resolves nothing, loads nothing; a new one for each document costs nothing."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=huge
    )


def check_size(course: Course, size: int, *, limit: int = MAX_CHECKED_BYTES) -> None:
    """Stops where the document is larger than ``limit``."""
    if size > limit:
        course.stop(finding("too-large", limit=limit))


def read_xml(course: Course, document: bytes, *, huge: bool = False) -> etree._Element:
    """The root of the tree; stops at what cannot or may not be read."""
    if _is_other_encoding(document[:_SIGNATURE]):
        course.stop(finding("encoding"))
    try:
        root = etree.fromstring(document, hardened_parser(huge=huge))
    except etree.XMLSyntaxError as error:
        _explain(course, error, document)
    told = root.getroottree().docinfo
    if told.internalDTD is not None:
        course.stop(finding("doctype-forbidden"))
    if told.encoding is not None and told.encoding.upper() not in _ENCODINGS:
        course.stop(finding("encoding", line=1))
    return root


def root_of(document: bytes) -> tuple[str, str]:
    """Namespace and name of the root, from the first bytes; empty where unreadable."""
    parser = etree.XMLPullParser(
        ("start",), resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        parser.feed(document[:_BEGINNING])
    except etree.XMLSyntaxError:
        return "", ""
    for _, element in parser.read_events():
        started: Any = element
        named = etree.QName(started)
        return named.namespace or "", named.localname
    return "", ""


def _is_other_encoding(start: bytes) -> bool:
    """UTF-16, UTF-32 and EBCDIC show in the first four bytes (XML 1.0, F.1)."""
    return start.startswith(_UTF_16) or b"\x00" in start[:2] or start == _EBCDIC


def _explain(course: Course, error: etree.XMLSyntaxError, document: bytes) -> NoReturn:
    """The message would quote the document: only code and line are taken."""
    line = error.lineno or 0
    # Missing in the stubs.
    code: int = error.code  # type: ignore[attr-defined]
    if _DOCTYPE.match(document):
        course.stop(finding("doctype-forbidden"))
    if code in _UNDEFINED_ENTITY:
        course.stop(finding("entity-forbidden", line=line))
    if code in _UNREADABLE or not _is_utf8(document):
        course.stop(finding("encoding", line=line))
    detail = _NAMES.get(code, "")
    course.stop(finding("not-wellformed", kind="XML", detail=detail, line=line))


def _is_utf8(document: bytes) -> bool:
    try:
        document.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
