"""What comes next for a delivery, and what is noted of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.outbox import notes as noting
from adapters.fitconnect.outbox.notes import Announcement, Begun, Notes
from adapters.fitconnect.outbox.standing import (
    Announce,
    Closed,
    Done,
    Foreign,
    GoOn,
    LogView,
    Move,
    NoLog,
    NotShown,
    Occupied,
    Shown,
    Undecided,
    Unprovable,
    may_submit,
    next_move,
)

TAGS = Tags(metadata="M" * 22, data="D" * 22, attachments={})
OTHER_TAGS = replace(TAGS, data="E" * 22)


def announcement(submission: str = "s1", payload: str = "p") -> Announcement:
    return Announcement(
        destination="z", submission=submission, case="c", payload=payload
    )


def begun(submission: str = "s1", payload: str = "p") -> Begun:
    return Begun(
        destination="z",
        submission=submission,
        case="c",
        payload=payload,
        tags=(TAGS,),
    )


NEW = Notes(announcement=announcement())
ONE = replace(NEW, begun={"s1": begun()})
LATER = replace(NEW, begun={"s0": begun("s0")})
TWO = replace(NEW, begun={"s0": begun("s0"), "s1": begun()})


@pytest.mark.parametrize(
    ("notes", "views", "closed", "move"),
    [
        (Notes(), {}, Closed(), Announce()),
        (NEW, {}, Closed(), GoOn()),
        (NEW, {}, Closed(gone=frozenset({"s1"})), Announce()),
        (NEW, {}, Closed(refused=frozenset({"s1"})), Announce()),
        (
            replace(NEW, announcement=announcement(payload="q")),
            {},
            Closed(),
            Announce(),
        ),
        (ONE, {"s1": Shown(tags=TAGS)}, Closed(), Done(begun=begun())),
        (ONE, {"s1": Shown(tags=OTHER_TAGS)}, Closed(), Foreign()),
        (ONE, {"s1": NotShown(deleted=False)}, Closed(), GoOn()),
        (ONE, {"s1": NotShown(deleted=True)}, Closed(), Announce()),
        (ONE, {"s1": NoLog()}, Closed(), Unprovable()),
        # A typed "not found" ends it; any other refusal may be of what is there.
        (
            ONE,
            {"s1": NotShown(deleted=False)},
            Closed(gone=frozenset({"s1"})),
            Announce(),
        ),
        (
            ONE,
            {"s1": NotShown(deleted=False)},
            Closed(refused=frozenset({"s1"})),
            Undecided(),
        ),
        (LATER, {"s0": NotShown(deleted=False)}, Closed(), Undecided()),
        (LATER, {"s0": Shown(tags=TAGS)}, Closed(), Done(begun=begun("s0"))),
        (
            TWO,
            {"s0": NotShown(deleted=False), "s1": NotShown(deleted=False)},
            Closed(),
            Undecided(),
        ),
        (
            TWO,
            {"s0": NotShown(deleted=False), "s1": Shown(tags=TAGS)},
            Closed(),
            Done(begun=begun()),
        ),
        (
            TWO,
            {"s0": NotShown(deleted=True), "s1": NotShown(deleted=False)},
            Closed(),
            GoOn(),
        ),
        (
            TWO,
            dict.fromkeys(("s0", "s1"), NotShown(deleted=True)),
            Closed(),
            Announce(),
        ),
    ],
)
def test_what_comes_next_follows_from_notes_and_logs(
    notes: Notes, views: dict[str, LogView], closed: Closed, move: Move
) -> None:
    assert next_move(notes, "p", views, closed) == move


def test_something_else_is_never_sent_beside_what_may_be_there() -> None:
    shown, hidden = Shown(tags=TAGS), NotShown(deleted=False)

    assert next_move(ONE, "q", {"s1": shown}) == Occupied()
    assert next_move(ONE, "q", {"s1": hidden}) == Undecided()
    assert next_move(ONE, "q", {"s1": NotShown(deleted=True)}) == Announce()


def test_a_submit_leaves_only_when_it_is_the_only_one() -> None:
    assert may_submit(ONE, "s1")
    assert not may_submit(TWO, "s1")
    assert not may_submit(LATER, "s1")
    assert not may_submit(NEW, "s1")


ids = st.uuids(version=4).map(str)
tags = st.text("abcXYZ-_09", min_size=22, max_size=22)


@given(st.dictionaries(ids, tags, max_size=5), tags, tags, st.text(max_size=40))
def test_notes_are_read_as_they_were_written(
    uploads: dict[str, str], metadata: str, data: str, payload: str
) -> None:
    parts = {f"{n:04}.pdf": (one,) for n, one in enumerate(uploads)}
    told = replace(announcement(payload=payload), parts=parts)
    hashes = dict.fromkeys(parts, "ab")
    notes = Notes(announcement=told, uploaded=uploads, hashes=hashes)
    submit = noting.with_submit(notes, metadata, data)
    kept = {**noting.announced(told), **noting.submitting(notes, submit)}

    found = noting.read_notes(kept)

    assert found == replace(notes, begun={"s1": submit})
    assert submit.tags == (Tags(metadata=metadata, data=data, attachments=uploads),)


def test_a_repeated_submit_keeps_the_tags_of_the_first() -> None:
    first = noting.with_submit(NEW, "M" * 22, "D" * 22)
    notes = replace(NEW, begun={"s1": first})

    second = noting.with_submit(notes, "N" * 22, "D" * 22)

    assert second.tags[:1] == first.tags
    assert len(second.tags) == 2


def test_a_new_announcement_voids_what_came_to_nothing() -> None:
    kept = noting.submitting(NEW, begun("s0"))

    kept |= noting.announced(announcement("s2"), ["s0"])

    assert noting.read_notes(kept) == Notes(announcement=announcement("s2"))
