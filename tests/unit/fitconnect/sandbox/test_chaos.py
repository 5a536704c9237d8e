"""Faults: what they are called, whom they hit and how often."""

import pytest

from adapters.fitconnect.sandbox.chaos import Act, Chaos, Fault, parse_fault
from adapters.fitconnect.sandbox.limits import Windows
from adapters.fitconnect.sandbox.switches import Switches


@pytest.mark.parametrize(
    ("word", "fault"),
    [
        ("none", None),
        ("503", Fault(act=Act.STATUS, status=503)),
        ("drop", Fault(act=Act.DROP)),
        ("commit-then-hang", Fault(act=Act.HANG, after_commit=True)),
        ("commit-then-500", Fault(act=Act.STATUS, after_commit=True)),
    ],
)
def test_faults_have_names(word: str, fault: Fault | None) -> None:
    assert parse_fault(word) == fault


@pytest.mark.parametrize("word", ["", "200", "status", "commit-then-", "commit-drop"])
def test_other_names_are_answered_with_what_there_is(word: str) -> None:
    with pytest.raises(ValueError, match="commit-then-"):
        parse_fault(word)


def test_a_desk_is_hit_as_often_as_told_and_others_are_not() -> None:
    chaos = Chaos()
    chaos.tell("list", parse_fault("503", times=2))

    assert chaos.next("read") is None
    assert [chaos.next("list") is None for _ in range(3)] == [False, False, True]
    assert chaos.shown() == {}
    assert chaos.requests == {"list": 3, "read": 1}


def test_what_is_told_of_a_desk_comes_before_what_is_told_of_all() -> None:
    chaos = Chaos()
    chaos.tell("everything", parse_fault("500"))
    chaos.tell("list", parse_fault("drop", times=1))
    hits = [chaos.next("list") for _ in range(2)]

    assert [hit.act for hit in hits if hit] == [Act.DROP, Act.STATUS]
    chaos.tell("everything", None)
    assert chaos.next("list") is None


def test_callers_are_counted_one_by_one() -> None:
    windows, switches = Windows(), Switches(rate_limit=1, rate_window=1e9)

    within = [windows.count(who, switches)[0] for who in ("a", "a", "b")]

    assert within == [True, False, True]
    assert windows.count("a", Switches()) == (True, {})
