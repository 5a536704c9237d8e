"""The chain of events: whatever is changed in it, it no longer verifies."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import (
    GENESIS,
    CaseChecked,
    CaseClosed,
    Event,
    ReceiptOrdered,
    ReceiptSent,
    RecordedEvent,
    chain_hash,
    first_break,
)
from schemas.ids import CaseId
from storage.chain import fields_of, links
from tests.cases import NOW

EVENTS: tuple[Event, ...] = (
    CaseChecked(pack="well-formed"),
    ReceiptSent(accepted=True),
    ReceiptSent(accepted=False),
    ReceiptOrdered(accepted=True),
    CaseClosed(),
)
happenings = st.lists(st.sampled_from(EVENTS), min_size=1, max_size=8).map(tuple)


def chain_of(events: tuple[Event, ...]) -> tuple[RecordedEvent, ...]:
    rows, _ = links(events, case=CaseId("a"), seq=0, head=GENESIS, at=NOW, actor="door")
    return tuple(
        RecordedEvent(
            case=CaseId(row["case_id"]),
            **{name: value for name, value in row.items() if name != "case_id"},
        )
        for row in rows
    )


@given(happenings)
def test_what_was_written_verifies(events: tuple[Event, ...]) -> None:
    assert first_break(chain_of(events)) is None


@given(happenings, st.data())
def test_whatever_is_changed_breaks_the_chain_there(
    events: tuple[Event, ...], data: st.DataObject
) -> None:
    chain = list(chain_of(events))
    place = data.draw(st.integers(min_value=0, max_value=len(chain) - 1))
    event = chain[place]
    other = chain_hash(previous=event.hash, format=1, body=b"other")
    chain[place] = data.draw(
        st.sampled_from(
            [
                replace(event, body=event.body + b" "),
                replace(event, hash=other),
                replace(event, previous=other),
                replace(event, seq=event.seq + 1),
                replace(event, format=2),
            ]
        )
    )

    assert first_break(tuple(chain)) == place + 1


@given(happenings, st.data())
def test_whatever_is_left_out_or_exchanged_breaks_the_chain(
    events: tuple[Event, ...], data: st.DataObject
) -> None:
    chain = chain_of((*events, CaseClosed()))
    place = data.draw(st.integers(min_value=0, max_value=len(chain) - 2))

    missing = chain[:place] + chain[place + 1 :]
    exchanged = (
        *chain[:place],
        chain[place + 1],
        chain[place],
        *chain[place + 2 :],
    )

    assert first_break(missing) == place + 1
    assert first_break(exchanged) == place + 1


def test_a_later_commit_continues_the_chain() -> None:
    first, head = links(
        EVENTS[:2], case=CaseId("a"), seq=0, head=GENESIS, at=NOW, actor="door"
    )
    later, _ = links(
        EVENTS[2:],
        case=CaseId("a"),
        seq=2,
        head=head,
        at=NOW + timedelta(days=1),
        actor="worker:w",
    )

    assert later[0]["previous"] == first[-1]["hash"]
    assert [row["seq"] for row in first + later] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_can_be_read_out_of_the_bytes_that_were_hashed(event: Event) -> None:
    [recorded] = chain_of((event,))

    assert fields_of(recorded.kind, recorded.body) == event


def test_time_and_actor_stand_within_the_hashed_bytes() -> None:
    [recorded] = chain_of((CaseClosed(),))

    kind, at, actor, _ = recorded.body.split(b"\n")
    assert (kind, at, actor) == (b"CaseClosed", NOW.isoformat().encode(), b"door")
