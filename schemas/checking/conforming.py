"""Stage 4 of XML: the schema, with libxml2 kept from drowning in its own errors."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from lxml import etree

from schemas.checking.course import Course
from schemas.checking.mistakes import OTHER
from schemas.checking.places import xpath_of
from schemas.checking.violations import subject_of, violation, violation_of
from schemas.limits import KIB
from schemas.packs.compiled import CompiledPack

WIDE: Final = 5000
"""Children of one element from which on errors are counted before they are located:
libxml2 counts all brothers for the path of each: 0.1 s for 5,000 of them, a minute
for 100,000."""
STORM: Final = 500
"""Errors in a wide document from which on it is cut before they are located."""
_WIDE_BYTES: Final = 64 * KIB
_CHUNK: Final = 64 * KIB
_MADE_BY_CUT: Final = frozenset({"ELEMENT_CONTENT", "CVC_IDC"})
_is_wide: Final = etree.XPath(f"boolean(descendant-or-self::*/*[{WIDE + 1}])")
_wide_ones: Final = etree.XPath(f"descendant-or-self::*[*[{WIDE + 1}]]")


def conform(
    course: Course, root: etree._Element, document: bytes, pack: CompiledPack
) -> bool:
    """Finds what the schema forbids; False where the tree was cut to tell it."""
    with pack.schema() as schema:
        if len(document) > _WIDE_BYTES and _is_wide(root):
            seen = _count(schema, document)
            if seen > STORM:
                _tell_storm(course, root, schema, (pack, seen))
                return False
        if not schema.validate(root):
            _tell(course, root, _log(schema), pack)
    return True


def _tell(
    course: Course,
    root: etree._Element,
    log: Iterable[etree._LogEntry],
    pack: CompiledPack,
) -> None:
    room = course.room
    entries = iter(log)
    for entry in islice(entries, room):
        course.find(violation_of(entry, root, pack.vocabulary))
    course.leave_out(sum(1 for _ in entries))


def _log(schema: etree.XMLSchema) -> Iterable[etree._LogEntry]:
    # The stubs do not know that it is a sequence.
    log: Any = schema.error_log
    return log  # type: ignore[no-any-return]


def _count(schema: etree.XMLSchema, document: bytes) -> int:
    """Errors, found while reading, without a tree; no more than a storm's worth."""
    parser = etree.XMLParser(
        target=_Deaf(),  # type: ignore[arg-type]
        schema=schema,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
    )
    seen = 0
    try:
        for start in range(0, len(document), _CHUNK):
            parser.feed(document[start : start + _CHUNK])
            seen = len(parser.feed_error_log)
            if seen > STORM:
                return seen
        parser.close()
    except etree.XMLSyntaxError:
        seen = max(seen, len(parser.feed_error_log))
    return seen


def _tell_storm(
    course: Course,
    root: etree._Element,
    schema: etree.XMLSchema,
    about: tuple[CompiledPack, int],
) -> None:
    """Of each wide element only the first children stay, so that paths are cheap.

    What the cut itself makes wrong is not told: something missing, a key without
    its other half.
    """
    pack, seen = about
    cut = {xpath_of(wide, pack.vocabulary) for wide in _cut(root)}
    told = 0
    if not schema.validate(root):
        for entry in _log(schema):
            if not course.room:
                break
            found = violation_of(entry, root, pack.vocabulary)
            if not (found.path in cut and found.detail in _MADE_BY_CUT):
                course.find(found)
                told += 1
    if not told:
        course.find(violation(OTHER, subject=subject_of("", "", frozenset())))
    course.leave_out(max(seen - told, 0))


def _cut(root: etree._Element) -> Iterator[etree._Element]:
    wide_ones: Any = _wide_ones(root)
    for wide in wide_ones:
        del wide[STORM:]
        yield wide


class _Deaf:
    """A parser target that hears nothing."""

    def close(self) -> None:
        return
