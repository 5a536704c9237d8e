"""States and events come back as they were put in."""

from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import Event
from schemas.rules.destinations import DestinationState, Open, Paused
from schemas.states import CaseState
from storage.codec import DESTINATION_STATES, EVENTS, STATES, Codec

moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
ATOMS: dict[object, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(),
    # Half a surrogate pair is no text.
    str: st.text(st.characters(exclude_categories=["Cs"])),
    datetime: moments,
    timedelta: st.timedeltas(timedelta(0), timedelta(days=30)),
}


def of_type(hint: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - any annotation
    if hint in ATOMS:
        return ATOMS[hint]
    if get_origin(hint) is tuple:
        return st.lists(of_type(get_args(hint)[0]), max_size=3).map(tuple)
    if isinstance(hint, type) and is_dataclass(hint):
        fields = get_type_hints(hint)
        return st.builds(hint, **{name: of_type(kind) for name, kind in fields.items()})
    return of_type(hint.__supertype__)


def members_of(union: object) -> list[type]:
    return list(get_args(union))


@pytest.mark.parametrize(
    ("codec", "member"),
    [
        *((STATES, member) for member in members_of(CaseState)),
        *((EVENTS, member) for member in members_of(Event)),
        *((DESTINATION_STATES, member) for member in members_of(DestinationState)),
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


def test_what_no_version_has_written_is_not_guessed_at() -> None:
    with pytest.raises(KeyError):
        STATES.load("Vanished", b"{}")
