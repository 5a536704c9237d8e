"""Answers: made and signed once, sent once or again, and found in the log."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from adapters.fitconnect.client.failures import ApiFailure, FitAway
from adapters.fitconnect.client.requests import JOSE
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.events.log import VerifiedLog
from adapters.fitconnect.events.problem_table import ProblemTable
from adapters.fitconnect.events.problems import event_problems
from adapters.fitconnect.events.tags import read_tags
from adapters.fitconnect.events.tokens import (
    Kind,
    SetClaims,
    make_claims,
    read_claims,
)
from adapters.fitconnect.events.verifying import SUBSCRIBER
from adapters.fitconnect.inbox.failures import (
    ANSWERED_OTHERWISE,
    REJECTED_BY_SERVICE,
)
from adapters.fitconnect.jose import base64url
from adapters.fitconnect.jose.json_object import read_object
from adapters.fitconnect.jose.jws import sign
from adapters.fitconnect.jose.keys import PrivateKey
from schemas.channels import (
    Answered,
    AnswerRefused,
    AnswerTaken,
    ChannelEvent,
    TechnicalAnswer,
)
from schemas.checking.outside import Meanings

_KIND: Final = {True: Kind.ACCEPT, False: Kind.REJECT}
_ANSWERS: Final = frozenset(kind.value for kind in _KIND.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """What problems are called outside."""

    meanings: Meanings
    problems: ProblemTable


def signed(
    answer: TechnicalAnswer,
    key: Callable[[], PrivateKey],
    *,
    destination: str,
    schema: str,
    at: datetime,
    words: Words,
) -> bytes:
    """The event to send, for a thread. Raises TagsMalformed without a proof."""
    kind = _KIND[answer.accepted]
    claims = SetClaims(
        id=str(uuid4()),
        issuer=destination,
        submission=answer.submission,
        case=answer.case,
        kind=kind.value,
        at=at,
        tags=read_tags(answer.proof) if answer.accepted else None,
        problems=()
        if answer.accepted
        else event_problems(answer.problems, words.meanings, words.problems),
        schema=schema,
    )
    return sign(key(), make_claims(claims))


async def sent(
    client: FitConnectClient, answer: TechnicalAnswer, token: bytes
) -> Answered | ApiFailure:
    """Post it. A refusal comes back to be looked at; being away is raised."""
    try:
        await client.post(f"/cases/{answer.case}/events", token, content_type=JOSE)
    except FitAway:
        raise
    except ApiFailure as failure:
        return failure
    return AnswerTaken(events=(_our_event(token),))


def found(answer: TechnicalAnswer, log: VerifiedLog) -> Answered | None:
    """What the log says of it; None where it has no answer yet.

    Each event was verified by itself, so a log that contradicts itself elsewhere
    (two submissions, say, which is what we reject) still proves our answer.
    """
    answers = [one for one in log.of(answer.submission) if one.claims.kind in _ANSWERS]
    ours = [one for one in answers if one.author == SUBSCRIBER]
    if any(_is_meant(answer, one.claims) for one in ours):
        return AnswerTaken(events=log.channel_events(answer.submission))
    if not answers:
        return None
    # The proof of what was decided without us stays with the case.
    code = ANSWERED_OTHERWISE if ours else REJECTED_BY_SERVICE
    return AnswerRefused(code=code, events=log.channel_events(answer.submission))


def _is_meant(answer: TechnicalAnswer, claims: SetClaims) -> bool:
    if claims.kind != _KIND[answer.accepted].value:
        return False
    return not answer.accepted or claims.tags == read_tags(answer.proof)


def _our_event(token: bytes) -> ChannelEvent:
    """We signed it ourselves: nobody needs to be asked what it says."""
    claims = read_claims(read_object(base64url.decode(token.split(b".")[1])))
    return ChannelEvent(
        id=claims.id, kind=claims.kind, author=SUBSCRIBER, at=claims.at, token=token
    )
