"""What events of a reply prove, whoever may have signed them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.fitconnect.events.errors import Flaw, LogInconsistent
from adapters.fitconnect.events.log import LogEntry, VerifiedLog
from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.events.tokens import SetClaims
from adapters.fitconnect.replies.proofs import (
    perhaps_in,
    proof_of,
    replies_in,
)
from adapters.fitconnect.replies.routes import shipped_routes
from schemas.replies import ReplyState

REPLY, OTHER, SUBMISSION, CASE = (
    f"{n}" * 8 + "-0000-4000-8000-" + "0" * 12 for n in range(1, 5)
)
EVENTS = shipped_routes().events
TAGS = Tags(metadata="m" * 22, data="d" * 22)


def event(kind: str, *, reply: str = REPLY, tags: Tags | None = None) -> LogEntry:
    claims = SetClaims(
        id=f"{kind}-{reply}-{tags}",
        issuer="https://service.example",
        submission="" if reply else SUBMISSION,
        reply=reply,
        case=CASE,
        kind=kind,
        at=datetime(2026, 3, 1, tzinfo=UTC),
        tags=tags,
    )
    return LogEntry(claims=claims, author="service", token=kind.encode())


def log_of(*entries: LogEntry, **bad: Flaw) -> VerifiedLog:
    return VerifiedLog(
        entries=entries, bad={REPLY: frozenset(bad.values())} if bad else {}
    )


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ((), ReplyState.UNPROVED),
        (("create-reply",), ReplyState.UNPROVED),
        (("submit-reply",), ReplyState.WAITING),
        (("submit-reply", "delete-reply"), ReplyState.DELETED),
        (("submit-reply", "accept-reply", "delete-reply"), ReplyState.ACCEPTED),
        (("submit-reply", "reject-reply", "delete-reply"), ReplyState.REJECTED),
    ],
)
def test_the_state_is_what_events_show(
    kinds: tuple[str, ...], state: ReplyState
) -> None:
    assert proof_of(log_of(*map(event, kinds)), REPLY, EVENTS).state is state


def test_only_events_of_this_reply_count() -> None:
    others = event("accept-reply", reply=OTHER)
    proof = proof_of(log_of(event("submit-reply", tags=TAGS), others), REPLY, EVENTS)

    assert proof.state is ReplyState.WAITING
    assert proof.tags == TAGS


def test_two_different_submits_prove_nothing() -> None:
    first = event("submit-reply", tags=TAGS)
    second = event("submit-reply", tags=replace(TAGS, data="e" * 22))

    with pytest.raises(LogInconsistent) as raised:
        proof_of(log_of(first, second), REPLY, EVENTS)
    assert raised.value.flaws == {Flaw.MANY_SUBMITS}


@pytest.mark.parametrize("flaw", Flaw)
def test_a_token_of_a_stranger_does_no_harm_and_a_false_one_does(flaw: Flaw) -> None:
    log = log_of(event("submit-reply", tags=TAGS), flaw=flaw)

    if flaw in {Flaw.FOREIGN_ISSUER, Flaw.UNKNOWN_KEY, Flaw.FUTURE}:
        assert proof_of(log, REPLY, EVENTS).tags == TAGS
        return
    with pytest.raises(LogInconsistent):
        proof_of(log, REPLY, EVENTS)


def test_replies_are_told_from_what_may_be_one() -> None:
    log = VerifiedLog(
        entries=(
            event("submit-submission", reply=""),
            event("submit-reply"),
            event("create-reply", reply=OTHER),
        ),
        bad={one: frozenset({Flaw.SIGNATURE}) for one in (SUBMISSION, CASE, "")},
    )

    assert replies_in(log, EVENTS) == {REPLY}
    assert perhaps_in(log) == {CASE}
