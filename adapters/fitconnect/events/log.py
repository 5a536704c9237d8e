"""The event log of a case, verified: what it proves about each submission.

Order and repetition in the log mean nothing; what counts is which events there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from adapters.fitconnect.events.errors import Flaw, LogInconsistent
from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.events.tokens import MAJORS, Kind
from adapters.fitconnect.events.verifying import (
    SERVICE,
    SKEW,
    BadToken,
    KeySource,
    LogEntry,
    Trust,
    Verified,
    subject_of,
    verified_tokens,
)
from schemas.channels import ChannelEvent, Stage

__all__ = ["KeySource", "LogEntry", "VerifiedLog", "kept", "verified_log"]

_ALL: Final = ""
"""Concerned by a token that does not even say what it is about."""
_NOTHING: Final[frozenset[Flaw]] = frozenset()
_RANK: Final = {kind.value: rank for rank, kind in enumerate(Kind)}
"""Events of the same second in the order in which they can only have come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedLog:
    """Entries that verified, oldest first, and what is wrong with the others."""

    entries: tuple[LogEntry, ...]
    bad: Mapping[str, frozenset[Flaw]] = field(default_factory=dict)
    """By submission (or reply); under "" what concerns all."""

    def of(self, submission: str) -> tuple[LogEntry, ...]:
        """Its verified entries, also those of kinds that mean nothing to us."""
        wanted = submission.lower()
        return tuple(one for one in self.entries if one.claims.submission == wanted)

    def channel_events(self, submission: str) -> tuple[ChannelEvent, ...]:
        """The same to be kept; never raises, since evidence is evidence."""
        return tuple(map(kept, self.of(submission)))

    def flaws(self, submission: str) -> frozenset[Flaw]:
        """Why nothing is proved about it; none where all is well."""
        found = set(self.bad.get(submission.lower(), _NOTHING))
        found |= self.bad.get(_ALL, _NOTHING)
        submits = self._those(submission, Kind.SUBMIT)
        accepts = self._those(submission, Kind.ACCEPT)
        if len({one.claims.case for one in self.of(submission)}) > 1:
            found.add(Flaw.OTHER_CASE)
        if len(submits) > 1:
            found.add(Flaw.MANY_SUBMITS)
        if any(one.claims.tags is None for one in submits):
            found.add(Flaw.NO_TAGS)
        if accepts and not submits:
            found.add(Flaw.NO_SUBMIT)
        elif any(one.claims.tags != submits[0].claims.tags for one in accepts):
            found.add(Flaw.TAGS_DIFFER)
        return frozenset(found)

    def submit_tags(self, submission: str) -> Tags:
        """What was submitted. Raises LogInconsistent unless that is proved once."""
        submitted = self.submitted(submission)
        if submitted is None or submitted.claims.tags is None:
            raise LogInconsistent(flaws=frozenset({Flaw.NO_SUBMIT}))
        return submitted.claims.tags

    def submitted(self, submission: str) -> LogEntry | None:
        """Its one submit event, from whose moment deadlines count.

        Raises LogInconsistent.
        """
        self._must_be_sound(submission)
        return next(iter(self._those(submission, Kind.SUBMIT)), None)

    def answer(self, submission: str) -> LogEntry | None:
        """Acceptance or rejection; the rejection where there are both.

        Raises LogInconsistent. ``author`` says who rejected: ``subscriber``, or
        ``service`` where nobody had answered for fourteen days.
        """
        self._must_be_sound(submission)
        rejected = self._those(submission, Kind.REJECT)
        return next(iter((*rejected, *self._those(submission, Kind.ACCEPT))), None)

    def stage(self, submission: str) -> Stage:
        """How far it is proved to be; an empty log proves the least.

        Raises LogInconsistent. An answer outlasts deletion, which always follows:
        DELETED says that there was none.
        """
        answer = self.answer(submission)
        if answer is not None:
            is_accepted = answer.claims.kind == Kind.ACCEPT.value
            return Stage.ACCEPTED if is_accepted else Stage.REJECTED
        kinds = {one.claims.kind for one in self.of(submission)}
        for kind, stage in (
            (Kind.DELETE, Stage.DELETED),
            (Kind.FORWARD, Stage.NOTIFIED),
            (Kind.NOTIFY, Stage.NOTIFIED),
            (Kind.SUBMIT, Stage.SUBMITTED),
        ):
            if kind.value in kinds:
                return stage
        return Stage.ANNOUNCED

    def schema(self, submission: str) -> str:
        """What the service itself names in its events, to be named likewise; or ""."""
        return next(
            (
                one.claims.schema
                for one in reversed(self.of(submission))
                if one.author == SERVICE and one.claims.schema
            ),
            "",
        )

    def _those(self, submission: str, kind: Kind) -> tuple[LogEntry, ...]:
        return tuple(
            one for one in self.of(submission) if one.claims.kind == kind.value
        )

    def _must_be_sound(self, submission: str) -> None:
        if flaws := self.flaws(submission):
            raise LogInconsistent(flaws=flaws)


async def verified_log(
    tokens: Sequence[str],
    keys: KeySource,
    *,
    service_issuers: frozenset[str],
    destination: str,
    now: datetime,
    clock_skew: timedelta = SKEW,
    case: str = "",
    majors: frozenset[int] = MAJORS,
) -> VerifiedLog:
    """Every token verified, one by one. Raises what ``keys`` raises.

    ``case`` is the case that was asked for, where one was.
    """
    # Pages overlap and logs repeat themselves: the same token twice says nothing.
    distinct = [token.encode(errors="replace") for token in dict.fromkeys(tokens)]
    trust = Trust(
        service_issuers=service_issuers,
        destination=destination,
        now=now,
        clock_skew=clock_skew,
        majors=majors,
    )
    return _log(await verified_tokens(distinct, keys, trust), case.lower())


def _log(results: Sequence[Verified], case: str) -> VerifiedLog:
    bad: dict[str, frozenset[Flaw]] = {}
    by_id: dict[str, LogEntry] = {}

    def flawed(subject: str, flaw: Flaw) -> None:
        bad[subject] = bad.get(subject, _NOTHING) | {flaw}

    for one in results:
        if isinstance(one, BadToken):
            flawed(one.submission, one.flaw)
            continue
        subject = subject_of(one.claims)
        if case and one.claims.case != case:
            flawed(subject, Flaw.OTHER_CASE)
            continue
        first = by_id.setdefault(one.claims.id, one)
        # Signed anew it is the same event: signatures are salted.
        if first.claims != one.claims:
            flawed(subject, Flaw.ID_TWICE)
            flawed(subject_of(first.claims), Flaw.ID_TWICE)
    return VerifiedLog(entries=_in_order(by_id.values()), bad=bad)


def _in_order(entries: Iterable[LogEntry]) -> tuple[LogEntry, ...]:
    return tuple(
        sorted(
            entries,
            key=lambda one: (
                one.claims.at,
                _RANK.get(one.claims.kind, len(_RANK)),
                one.claims.id,
            ),
        )
    )


def kept(entry: LogEntry) -> ChannelEvent:
    """An entry as evidence to be kept with a case."""
    return ChannelEvent(
        id=entry.claims.id,
        kind=entry.claims.kind,
        author=entry.author,
        at=entry.claims.at,
        token=entry.token,
    )
