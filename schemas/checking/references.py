"""Stage 5: ids that are referred to, and codes that must be in their lists."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from lxml import etree

from schemas.checking.course import Course
from schemas.checking.places import line_of, xpath_of
from schemas.checking.rules import finding
from schemas.findings import Severity
from schemas.packs.code_lists import CodeLists, CodeVerdict, Judged
from schemas.packs.compiled import CompiledPack
from schemas.packs.manifest import ListPolicy, Manifest

_SPACE: Final = "n"
_WRONG_VALUE: Final = "CVC_DATATYPE_VALID_1_2_1"


def check_references(course: Course, root: etree._Element, pack: CompiledPack) -> None:
    """What libxml2 does not look at."""
    manifest = pack.manifest
    if manifest.id_attributes or manifest.idref_attributes:
        _check_ids(course, root, pack)
    if pack.code_lists is not None and pack.code_lists.tags:
        _check_codes(course, root, (pack, pack.code_lists))


def _check_ids(course: Course, root: etree._Element, pack: CompiledPack) -> None:
    manifest = pack.manifest
    found = [one for name in manifest.id_attributes for one in _values(root, name)]
    ids = set(found)
    if len(ids) != len(found):
        _tell_duplicates(course, root, pack)
    for name in manifest.idref_attributes:
        # White space and lists are rare: whole values first, which is done in C.
        if not ids.issuperset(_values(root, name)):
            plain = {one.strip() for one in ids}
            _tell_dangling(course, root, (pack, name, plain))


def _tell_duplicates(course: Course, root: etree._Element, pack: CompiledPack) -> None:
    seen: set[str] = set()
    for name in pack.manifest.id_attributes:
        for element in _holders(root, name):
            value = _value(element, name)
            if value in seen:
                _tell(course, element, ("duplicate-id", name, pack))
            seen.add(value)


def _tell_dangling(
    course: Course,
    root: etree._Element,
    about: tuple[CompiledPack, str, set[str]],
) -> None:
    pack, name, ids = about
    for element in _holders(root, name):
        if not ids.issuperset(_value(element, name).split()):
            _tell(course, element, ("dangling-idref", name, pack))


def _tell(
    course: Course, element: etree._Element, about: tuple[str, str, CompiledPack]
) -> None:
    if not course.takes(Severity.ERROR):
        course.leave_out(1)
        return
    rule, name, pack = about
    found = finding(
        rule,
        path=xpath_of(element, pack.vocabulary, name),
        line=line_of(element),
        attribute=name.rpartition("}")[2],
    )
    if rule == "duplicate-id":
        # libxml2 finds it as well, where the schema has ids, and calls it a value.
        course.replace(_WRONG_VALUE, found)
    else:
        course.find(found)


def _check_codes(
    course: Course, root: etree._Element, about: tuple[CompiledPack, CodeLists]
) -> None:
    pack, lists = about
    judge = lists.judge
    told: set[str] = set()
    for element in root.iter(*lists.tags):
        judged = judge(element)
        verdict = judged.verdict
        # Comparing is quick; hashing a member of an enumeration is not.
        if verdict is CodeVerdict.KNOWN or verdict is CodeVerdict.UNNAMED:
            continue
        if verdict is CodeVerdict.UNKNOWN_LIST:
            # Once for each list: whatever else belongs to it lacks the same.
            if (judged.uri or element.tag) in told:
                continue
            told.add(judged.uri or element.tag)
        policy = _policy(pack.manifest, judged.uri)
        if policy is ListPolicy.IGNORE:
            continue
        _tell_code(course, element, (pack, judged, policy))


def _tell_code(
    course: Course,
    element: etree._Element,
    about: tuple[CompiledPack, Judged, ListPolicy],
) -> None:
    pack, judged, policy = about
    unknown = judged.verdict is CodeVerdict.UNKNOWN_LIST
    severity = Severity.ERROR if policy is ListPolicy.ERROR else Severity.WARNING
    if not course.takes(severity):
        course.leave_out(1)
        return
    course.find(
        finding(
            "codelist-unknown" if unknown else "code-invalid",
            severity=severity,
            detail=judged.uri,
            path=xpath_of(element, pack.vocabulary),
            line=line_of(element),
            # The index has it, so it is the pack's word.
            element=element.tag.rpartition("}")[2],
        )
    )


def _policy(manifest: Manifest, uri: str) -> ListPolicy:
    return manifest.code_list_policies.get(uri, manifest.code_list_default)


def _value(element: etree._Element, name: str) -> str:
    return element.get(name, "").strip()


def _values(root: etree._Element, name: str) -> list[str]:
    found: list[str] = _path(f"//@{_test(name)}", name)(root)
    return found


def _holders(root: etree._Element, name: str) -> list[etree._Element]:
    found: list[etree._Element] = _path(f"//*[@{_test(name)}]", name)(root)
    return found


def _test(name: str) -> str:
    return f"{_SPACE}:{name.rpartition('}')[2]}" if name.startswith("{") else name


@lru_cache(maxsize=256)
def _path(expression: str, name: str) -> Callable[[etree._Element], Any]:
    """Compiled once; what it gives depends on the expression, so it has no type."""
    space = name[1:].rpartition("}")[0]
    return etree.XPath(
        expression,
        namespaces={_SPACE: space} if space else None,
        smart_strings=False,
    )
