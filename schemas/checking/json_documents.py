"""Stages 1 to 4 of JSON: strict UTF-8, no key twice, exact numbers, the schema."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Final, NoReturn, TypeAlias

import jsonschema_rs

from schemas.checking.course import Course
from schemas.checking.mistakes import (
    JSON_FORMATS,
    JSON_MISTAKES,
    OTHER,
    VALUE,
    Mistake,
)
from schemas.checking.places import pointer
from schemas.checking.rules import finding
from schemas.checking.violations import Subject, violation
from schemas.findings import Finding
from schemas.limits import KIB, MAX_JSON_DEPTH
from schemas.packs.compiled import CompiledPack

Json: TypeAlias = (
    "Mapping[str, Json] | list[Json] | str | int | float | Decimal | bool | None"
)
ALL_ERRORS_BYTES: Final = 256 * KIB
"""The engine makes every error at once, each with a copy: beyond, only the first."""
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_BOM: Final = "\ufeff"
_MAX_DIGITS: Final = 4300
"""As many as Python's int takes."""


class _Forbidden(Exception):
    """Python would take it, the standard does not; carries our word for it."""


def read_json(course: Course, document: bytes) -> Json:
    """The value; stops at what is no JSON as RFC 8259 wants it between systems."""
    try:
        text = document.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as undecoded:
        line = document.count(b"\n", 0, undecoded.start) + 1
        course.stop(finding("encoding", line=line))
    try:
        value = _parse(text)
        _forbid_depth(value)
        if _SURROGATE.search(text):
            _forbid_half_characters(value)
    except json.JSONDecodeError as broken:
        _refuse(course, "SYNTAX", broken.lineno)
    except RecursionError:
        _refuse(course, "DEPTH")
    except _Forbidden as forbidden:
        _refuse(course, str(forbidden))
    return value


def conform_json(course: Course, value: Json, size: int, pack: CompiledPack) -> None:
    """Finds what the JSON Schema forbids."""
    validator = pack.json_validator
    if validator is None or validator.is_valid(value):
        return
    if size > ALL_ERRORS_BYTES:
        try:
            validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            course.find(_violation(error, pack))
        return
    errors = validator.iter_errors(value)
    for one in islice(errors, course.room):
        course.find(_violation(one, pack))
    course.leave_out(sum(1 for _ in errors))


def _refuse(course: Course, detail: str, line: int = 0) -> NoReturn:
    course.stop(finding("not-wellformed", kind="JSON", detail=detail, line=line))


def _parse(text: str) -> Json:
    try:
        value: Json = json.loads(
            text,
            parse_float=_decimal,
            parse_constant=_forbid_constant,
            object_pairs_hook=_once,
        )
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        # Python makes no int of more digits; nobody means such a number.
        raise _Forbidden("NUMBER") from error
    return value


def _decimal(digits: str) -> Decimal:
    if len(digits) > _MAX_DIGITS:
        raise _Forbidden("NUMBER")
    try:
        return Decimal(digits)
    except InvalidOperation as error:
        raise _Forbidden("NUMBER") from error


def _forbid_constant(_: str) -> NoReturn:
    raise _Forbidden("NUMBER")


def _once(pairs: list[tuple[str, Json]]) -> Mapping[str, Json]:
    """Of a key that stands twice, one reader takes the first and one the last."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Forbidden("DUPLICATE_KEY")
    return found


def _forbid_depth(value: Json) -> None:
    level = [value]
    for _ in range(MAX_JSON_DEPTH + 1):
        level = [
            one
            for holder in level
            for one in _inside(holder)
            if isinstance(one, (dict, list))
        ]
        if not level:
            return
    raise _Forbidden("DEPTH")


def _inside(holder: Json) -> "list[Json]":
    if isinstance(holder, dict):
        return list(holder.values())
    return holder if isinstance(holder, list) else []


def _forbid_half_characters(value: Json) -> None:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as error:
        raise _Forbidden("SURROGATE") from error


def _violation(error: jsonschema_rs.ValidationError, pack: CompiledPack) -> Finding:
    """Of the error nothing is told but keyword and place: its message quotes."""
    vocabulary = pack.json_vocabulary
    keyword = error.kind.name
    path = list(error.instance_path)
    missing = getattr(error.kind, "property", "") if keyword == "required" else ""
    if missing:
        path.append(missing)
    limit = getattr(error.kind, "limit", "")
    return violation(
        _mistake_of(keyword, getattr(error.kind, "format", "")),
        subject=_subject(path, vocabulary),
        limit=str(limit) if isinstance(limit, int) else "",
        detail=keyword,
        path=pointer(path, vocabulary),
    )


def _mistake_of(keyword: str, form: object) -> Mistake:
    if keyword == "format":
        return JSON_FORMATS.get(str(form), VALUE)
    return JSON_MISTAKES.get(keyword, OTHER)


def _subject(path: list[str | int], vocabulary: frozenset[str]) -> Subject:
    """The nearest name on the way; entries of lists have none of their own."""
    if not path:
        return Subject(german="Das Dokument", english="The document")
    name = next((one for one in reversed(path) if isinstance(one, str)), "")
    if name in vocabulary:
        if isinstance(path[-1], int):
            return Subject(
                german=f"Ein Eintrag in „{name}“", english=f"An entry of {name}"
            )
        return Subject(german=f"Die Angabe „{name}“", english=f"Property {name}")
    return Subject(german="Eine Angabe", english="A property")
