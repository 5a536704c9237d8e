"""The check of one document: its stages in order, and never an exception."""

from datetime import date

from schemas.checking.course import Course, Stopped
from schemas.checking.policy import CheckPolicy
from schemas.checking.reading import check_size, read_xml
from schemas.findings import CheckResult
from schemas.packs.library import PackLibrary

DEFAULT_LIMIT = 10.0


def check(
    document: bytes,
    *,
    media_type: str,
    library: PackLibrary,
    policy: CheckPolicy,
    on: date,
    limit: float = DEFAULT_LIMIT,
) -> CheckResult:
    """Everything but Schematron."""
    course = Course(limit=limit)
    try:
        with course.stage("size"):
            check_size(course, len(document))
        with course.stage("well-formed"):
            read_xml(course, document)
    except Stopped:
        pass
    except Exception as error:
        course.fail(error)
    return course.result()
