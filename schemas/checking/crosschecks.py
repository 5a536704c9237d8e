"""Stage 7: what a message says of itself is what it is."""

import re
from typing import Final

from lxml import etree

from schemas.checking.course import Course
from schemas.checking.head import head_value
from schemas.checking.recognising import message_of
from schemas.checking.rules import finding
from schemas.packs.manifest import Head, Manifest

_READER_KEY: Final = re.compile(r"[^\W\d_]{3}:\d{12}")
_NOT_FLAGGED: Final = frozenset({"", "false", "0"})
_PLAIN: Final = re.compile(r"[\W_]")


def cross_check(
    course: Course,
    root: etree._Element,
    manifest: Manifest,
    *,
    environment_test: bool | None,
) -> None:
    """Compares head and attributes with the message and the pack."""
    head = manifest.head
    if head is None:
        return
    _check_type(course, root, (manifest, head))
    _check_standard(course, root, (manifest, head))
    if head.reader:
        key = head_value(root, head.reader)
        if key and not _READER_KEY.fullmatch(key):
            course.find(finding("wrong-reader", path=_shown(course, head.reader)))
    if head.test and environment_test is not None:
        flagged = head_value(root, head.test).lower() not in _NOT_FLAGGED
        if flagged and not environment_test:
            course.find(finding("test-flag", path=_shown(course, head.test)))
        if environment_test and not flagged:
            course.find(finding("test-flag-missing", path=_shown(course, head.test)))


def _check_type(
    course: Course, root: etree._Element, about: tuple[Manifest, Head]
) -> None:
    manifest, head = about
    if not head.type:
        return
    named = etree.QName(root)
    message = message_of(manifest, named.namespace or "", named.localname)
    said = head_value(root, head.type)
    if message is not None and message.code and said and said != message.code:
        course.find(finding("wrong-message-code", path=_shown(course, head.type)))


def _check_standard(
    course: Course, root: etree._Element, about: tuple[Manifest, Head]
) -> None:
    manifest, head = about
    if head.standard:
        said = _plain(head_value(root, head.standard))
        urn = manifest.standard_urn.rpartition(":")[2]
        ours = {_plain(one) for one in (manifest.id, manifest.title, urn)}
        if said and said not in ours:
            course.find(finding("wrong-standard", path=_shown(course, head.standard)))
    if head.version:
        version = head_value(root, head.version)
        if version and version != manifest.version:
            course.find(finding("wrong-version", path=_shown(course, head.version)))


def _plain(name: str) -> str:
    return _PLAIN.sub("", name).casefold()


def _shown(course: Course, path: str) -> str:
    """The manifest's own path, below the message."""
    return path if path.startswith("/") else f"/{course.message or '*'}/{path}"
