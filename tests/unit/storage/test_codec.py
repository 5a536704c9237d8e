"""States and events come back as they were put in."""

from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.channels import Inspection
from schemas.checking.claims import Claim
from schemas.events import DocumentChecked, Event
from schemas.findings import (
    CheckResult,
    Finding,
    PackRef,
    Passage,
    Severity,
    StageRun,
)
from schemas.rules.destinations import DestinationState, Open, Paused
from schemas.states import CaseState, Problem
from storage.codec import (
    CLAIMS,
    DESTINATION_STATES,
    EVENTS,
    INSPECTIONS,
    STATES,
    Codec,
    dump_problems,
    load_problems,
)

moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
ATOMS: dict[object, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    NoneType: st.none(),
    # Half a surrogate pair is no text.
    str: st.text(st.characters(exclude_categories=["Cs"])),
    datetime: moments,
    timedelta: st.timedeltas(timedelta(0), timedelta(days=30)),
}
KEPT_CHECK = (
    b'{"position":0,"result":{"pack":{"id":"demo","version":"1.0","sha256":"ab"},'
    b'"message":"antrag.0100","engines":[["lxml","6.0"]],"stages":['
    b'{"stage":"schema","passage":"done","milliseconds":0.5,"note":""},'
    b'{"stage":"schematron","passage":"skipped","milliseconds":0.0,'
    b'"note":"not installed"}],"findings":[{"rule":"schema-violation",'
    b'"severity":"error","german":"Es fehlt etwas.","english":"Something is missing.",'
    b'"detail":"SCHEMAV_ELEMENT_CONTENT","path":"/antrag/person","line":7}],'
    b'"left_out":2}}'
)


def of_type(hint: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - any annotation
    if hint in ATOMS:
        return ATOMS[hint]
    if get_origin(hint) is UnionType:
        return st.one_of([of_type(one) for one in get_args(hint)])
    if get_origin(hint) is tuple:
        return tuple_of(*get_args(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        fields = get_type_hints(hint)
        return st.builds(hint, **{name: of_type(kind) for name, kind in fields.items()})
    return of_type(hint.__supertype__)


def tuple_of(first: object, *others: object) -> st.SearchStrategy[Any]:
    if others == (...,):
        return st.lists(of_type(first), max_size=3).map(tuple)
    return st.tuples(of_type(first), *map(of_type, others))


def members_of(union: object) -> list[type]:
    return list(get_args(union))


@pytest.mark.parametrize(
    ("codec", "member"),
    [
        *((STATES, member) for member in members_of(CaseState)),
        *((EVENTS, member) for member in members_of(Event)),
        *((DESTINATION_STATES, member) for member in members_of(DestinationState)),
        *((CLAIMS, member) for member in members_of(Claim)),
        *((INSPECTIONS, member) for member in members_of(Inspection)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
@given(data=st.data())
def test_reading_gives_back_what_was_kept(
    codec: Codec, member: type, data: st.DataObject
) -> None:
    value: object = data.draw(of_type(member))

    kind, body = codec.dump(value)

    assert kind == member.__name__
    assert codec.load(kind, body) == value
    assert codec.load(kind, body.decode()) == value


@given(data=st.data(), member=st.sampled_from(members_of(Event)))
def test_the_same_value_is_the_same_bytes(data: st.DataObject, member: type) -> None:
    value: object = data.draw(of_type(member))
    kind, body = EVENTS.dump(value)

    assert EVENTS.dump(EVENTS.load(kind, body)) == (kind, body)


@given(data=st.data())
def test_a_problem_list_is_read_as_it_was_kept(data: st.DataObject) -> None:
    problems = tuple(data.draw(st.lists(of_type(Problem), max_size=3)))

    assert load_problems(dump_problems(problems)) == problems


def test_a_pause_kept_by_an_older_version_can_be_read() -> None:
    before = DESTINATION_STATES.load("Open", b'{"failing":[],"parallel":2}')
    paused = DESTINATION_STATES.load(
        "Paused",
        b'{"reason":"E","since":"2026-03-02T09:00:00Z","wait":"PT10S",'
        b'"next_probe_at":"2026-03-02T09:00:10Z"}',
    )

    assert before == Open(parallel=2)
    assert isinstance(paused, Paused)
    assert paused.witnesses == ()


def test_a_problem_kept_by_an_older_version_can_be_read() -> None:
    refused = STATES.load(
        "Refused",
        b'{"problems":[{"code":"E-XML-BROKEN","location":"line 3",'
        b'"german":"kaputt","english":"broken"}]}',
    )

    assert refused.problems[0].detail == ""
    assert refused.problems[0].line == 0


def test_the_bytes_of_a_check_that_is_kept_never_change() -> None:
    checked = DocumentChecked(
        position=0,
        result=CheckResult(
            pack=PackRef(id="demo", version="1.0", sha256="ab"),
            message="antrag.0100",
            engines=(("lxml", "6.0"),),
            stages=(
                StageRun(stage="schema", passage=Passage.DONE, milliseconds=0.5),
                StageRun(
                    stage="schematron",
                    passage=Passage.SKIPPED,
                    milliseconds=0.0,
                    note="not installed",
                ),
            ),
            findings=(
                Finding(
                    rule="schema-violation",
                    severity=Severity.ERROR,
                    german="Es fehlt etwas.",
                    english="Something is missing.",
                    detail="SCHEMAV_ELEMENT_CONTENT",
                    path="/antrag/person",
                    line=7,
                ),
            ),
            left_out=2,
        ),
    )

    assert EVENTS.dump(checked) == ("DocumentChecked", KEPT_CHECK)
    assert EVENTS.load("DocumentChecked", KEPT_CHECK) == checked


def test_what_no_version_has_written_is_not_guessed_at() -> None:
    with pytest.raises(KeyError):
        STATES.load("Vanished", b"{}")
