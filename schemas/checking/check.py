"""The check of one document: its stages in order, and never an exception."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from schemas.checking.conforming import conform
from schemas.checking.course import JSON_ENGINES, XML_ENGINES, Course, Stopped
from schemas.checking.crosschecks import cross_check
from schemas.checking.json_documents import conform_json, read_json
from schemas.checking.policy import CheckPolicy
from schemas.checking.reading import MAX_TEXT_BYTES, check_size, read_xml, root_of
from schemas.checking.recognising import (
    ACCEPTED,
    Terms,
    recognise_json,
    recognise_xml,
)
from schemas.checking.references import check_references
from schemas.checking.rules import finding
from schemas.errors import PackBroken
from schemas.findings import CheckResult, Finding, Passage, Severity, StageRun
from schemas.limits import MAX_JSON_BYTES
from schemas.packs.compiled import CompiledPack
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import Rules
from schemas.packs.presence import PackEntry

DEFAULT_LIMIT: Final = 10.0
"""Seconds for a stage; a thread cannot be stopped inside one, so it ends after it."""
_NOT_JSON: Final = "not applicable to JSON"
_OUTSIDE: Final = (KeyboardInterrupt, SystemExit, GeneratorExit)


def check(
    document: bytes,
    *,
    media_type: str,
    library: PackLibrary,
    policy: CheckPolicy,
    on: date,
    limit: float = DEFAULT_LIMIT,
) -> CheckResult:
    """Everything but Schematron, whatever the bytes are.

    lxml keeps each name that it ever met for as long as the thread lives: call it
    in threads that end, or a hostile sender fills the memory with names.
    """
    course = Course(limit=limit)
    terms = Terms(library=library, policy=policy, on=on)
    try:
        if "json" in media_type.lower():
            _check_json(course, document, terms)
        else:
            _check_xml(course, document, terms)
    except Stopped:
        pass
    except _OUTSIDE:
        raise
    except PackBroken as broken:
        course.find(finding("pack-broken", detail=broken.detail))
    except BaseException as error:  # noqa: BLE001 -- a panic in Rust is no Exception
        course.fail(error)
    return course.result()


def schematron_due(result: CheckResult, library: PackLibrary) -> tuple[Rules, ...]:
    """The business rules still to run; none on what its schema already forbids.

    Their assertions take the schema for granted: on other documents they fire at
    what the schema stage has said better.
    """
    if result.pack is None or not _conforms(result):
        return ()
    entry = library.entry(f"{result.pack.id}-{result.pack.version}")
    return () if entry is None else entry.manifest.schematron


def with_schematron(
    result: CheckResult, run: StageRun, findings: Iterable[Finding]
) -> CheckResult:
    """The result with the stage that ran elsewhere, as if it had run here."""
    course = Course(limit=DEFAULT_LIMIT)
    course.take_over(result)
    course.insert(run, before="cross-checks")
    for one in findings:
        course.find(one)
    return course.result()


def _conforms(result: CheckResult) -> bool:
    ran = {stage.stage for stage in result.stages if stage.passage is Passage.DONE}
    return "schema" in ran and not any(
        one.rule == "schema-violation" or one.severity is Severity.INTERNAL
        for one in result.findings
    )


def _check_xml(course: Course, document: bytes, terms: Terms) -> None:
    course.engines = XML_ENGINES
    with course.stage("size"):
        check_size(course, len(document))
    with course.stage("well-formed"):
        huge = len(document) > MAX_TEXT_BYTES and _allows_huge(document, terms)
        root = read_xml(course, document, huge=huge)
    with course.stage("recognise"):
        entry = recognise_xml(course, root, terms)
        pack = _opened(course, entry, len(document), terms)
    if pack is None:
        _skip_rest(course, "schema", "references", "cross-checks")
        return
    with course.stage("schema"):
        whole = conform(course, root, document, pack)
    if whole:
        with course.stage("references"):
            check_references(course, root, pack)
    else:
        course.skip("references", "too many errors in the schema stage")
    with course.stage("cross-checks"):
        cross_check(
            course,
            root,
            pack.manifest,
            environment_test=terms.policy.environment_test,
        )


def _check_json(course: Course, document: bytes, terms: Terms) -> None:
    course.engines = JSON_ENGINES
    with course.stage("size"):
        check_size(course, len(document), limit=MAX_JSON_BYTES)
    with course.stage("well-formed"):
        value = read_json(course, document)
    with course.stage("recognise"):
        entry = recognise_json(course, value, terms)
        pack = _opened(course, entry, len(document), terms)
    if pack is None:
        _skip_rest(course, "schema", "references", "cross-checks")
        return
    with course.stage("schema"):
        conform_json(course, value, len(document), pack)
    course.skip("references", _NOT_JSON)
    course.skip("cross-checks", _NOT_JSON)


def _opened(
    course: Course, entry: PackEntry | None, size: int, terms: Terms
) -> CompiledPack | None:
    """The pack ready for use; from here on the result names it."""
    if entry is None:
        return None
    course.pack = entry.ref
    if entry.manifest.max_bytes:
        check_size(course, size, limit=entry.manifest.max_bytes)
    return terms.library.compiled(entry.manifest.key)


def _allows_huge(document: bytes, terms: Terms) -> bool:
    """Whether a pack for this root declares big texts; asked for big ones only."""
    namespace, name = root_of(document)
    fitting = terms.library.for_root(namespace, name)
    return any(entry.manifest.huge_text for entry in fitting)


def _skip_rest(course: Course, *stages: str) -> None:
    for stage in stages:
        course.skip(stage, ACCEPTED)
