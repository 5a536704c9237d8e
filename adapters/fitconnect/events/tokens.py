"""The claims of a security event token (RFC 8417): read strictly, and made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from adapters.fitconnect.events.errors import ClaimsMalformed, TagsMalformed
from adapters.fitconnect.events.patterns import SUBJECT, TRANSACTION, is_uuid
from adapters.fitconnect.events.tags import Tags, read_tags, tags_mapping

PREFIX: Final = "https://schema.fitko.de/fit-connect/events/"
SET_SCHEMA: Final = (
    "https://schema.fitko.de/fit-connect/set-payload/1.2.2/set-payload.schema.json"
)
"""What v2 takes; a setting, and better copied from the service's own events."""
MAJORS: Final = frozenset({1})
"""Versions of set-payload whose claims are these."""

_SCHEMA: Final = re.compile(
    r"https://schema\.fitko\.de/fit-connect/set-payload/"
    r"([0-9]{1,4})\.[0-9]{1,4}\.[0-9]{1,4}/set-payload\.schema\.json"
)
_KIND: Final = re.compile(r"[a-z]{1,30}(?:-[a-z]{1,30}){0,5}")
_ISSUER: Final = re.compile(r"[!-~]{1,255}")
_EVENT: Final = re.compile(r"[!-~]{1,255}")
_FIRST: Final = 1577833200
"""No event is older: the beginning of 2020 in Germany."""
_LAST: Final = 253402300799
_MOST_PROBLEMS: Final = 1_000


class Kind(StrEnum):
    """Events that mean something to us; any other is kept and ignored."""

    CREATE = "create-submission"
    SUBMIT = "submit-submission"
    NOTIFY = "notify-submission"
    FORWARD = "forward-submission"
    ACCEPT = "accept-submission"
    REJECT = "reject-submission"
    DELETE = "delete-submission"


@dataclass(frozen=True, kw_only=True, slots=True)
class EventProblem:
    """An entry of ``problems``: hostile text until it is looked up."""

    type: str
    title: str = ""
    detail: str = ""
    instance: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SetClaims:
    """What a token says; whether that is true is the log's matter."""

    id: str
    issuer: str
    submission: str
    """"" where the token is about a reply."""
    case: str
    kind: str
    """The event without its prefix; the whole address where it has another."""
    at: datetime
    tags: Tags | None = None
    problems: tuple[EventProblem, ...] = ()
    schema: str = ""
    """``$schema``; events that we write name SET_SCHEMA, or the service's own."""
    reply: str = ""


def read_claims(
    claims: Mapping[str, object], *, majors: frozenset[int] = MAJORS
) -> SetClaims:
    """Raises ClaimsMalformed; claims that nobody knows are ignored."""
    id_, issuer = claims.get("jti"), claims.get("iss")
    if not isinstance(id_, str) or not is_uuid(id_):
        raise ClaimsMalformed("jti")
    if not isinstance(issuer, str) or not _ISSUER.fullmatch(issuer):
        raise ClaimsMalformed("iss")
    about, named = _ids(claims, "sub", SUBJECT)
    [case] = _ids(claims, "txn", TRANSACTION)
    kind, payload = _event(claims.get("events"))
    if _subject_of(kind) not in {about, ""}:
        raise ClaimsMalformed("sub")
    return SetClaims(
        id=id_.lower(),
        issuer=issuer.lower() if is_uuid(issuer) else issuer,
        submission=named if about == "submission" else "",
        reply=named if about == "reply" else "",
        case=case,
        kind=kind,
        at=_moment(claims.get("iat")),
        tags=_tags(payload),
        problems=_problems(payload),
        schema=_schema(claims, majors),
    )


def make_claims(said: SetClaims) -> dict[str, object]:
    """The claims to sign: what ``read_claims`` reads."""
    about = f"submission:{said.submission}" if said.submission else ""
    payload: dict[str, object] = {}
    if said.tags is not None:
        payload["authenticationTags"] = tags_mapping(said.tags)
    if said.problems or said.kind == Kind.REJECT:
        payload["problems"] = [_written(problem) for problem in said.problems]
    return {
        **({"$schema": said.schema} if said.schema else {}),
        "jti": said.id,
        "iss": said.issuer,
        "iat": int(said.at.timestamp()),
        "sub": about or f"reply:{said.reply}",
        "txn": f"case:{said.case}",
        "events": {said.kind if ":" in said.kind else PREFIX + said.kind: payload},
    }


def _ids(
    claims: Mapping[str, object], name: str, pattern: re.Pattern[str]
) -> tuple[str, ...]:
    value = claims.get(name)
    found = pattern.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ClaimsMalformed(name)
    return tuple(group.lower() for group in found.groups())


def _event(events: object) -> tuple[str, Mapping[str, object]]:
    """Exactly one, as the schema of the payload says."""
    if not isinstance(events, Mapping) or len(events) != 1:
        raise ClaimsMalformed("events")
    [(name, payload)] = events.items()
    if not _EVENT.fullmatch(name) or not isinstance(payload, Mapping):
        raise ClaimsMalformed("events")
    kind = name.removeprefix(PREFIX)
    if kind != name and not _KIND.fullmatch(kind):
        raise ClaimsMalformed("events")
    return kind, payload


def _subject_of(kind: str) -> str:
    """What such an event must be about; "" where that is not ours to say."""
    last = kind.rpartition("-")[2]
    return last if ":" not in kind and last in {"submission", "reply"} else ""


def _moment(iat: object) -> datetime:
    """Whole seconds."""
    if not isinstance(iat, int) or not _FIRST <= iat <= _LAST:
        raise ClaimsMalformed("iat")
    return datetime.fromtimestamp(iat, UTC)


def _tags(payload: Mapping[str, object]) -> Tags | None:
    given = payload.get("authenticationTags")
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise ClaimsMalformed("authenticationTags")
    try:
        return read_tags(given)
    except TagsMalformed as error:
        raise ClaimsMalformed("authenticationTags") from error


def _problems(payload: Mapping[str, object]) -> tuple[EventProblem, ...]:
    given = payload.get("problems", [])
    if not isinstance(given, list) or len(given) > _MOST_PROBLEMS:
        raise ClaimsMalformed("problems")
    return tuple(map(_problem, given))


def _problem(value: object) -> EventProblem:
    """``type`` is what counts; what else there is may lack."""
    if not isinstance(value, Mapping) or not isinstance(value.get("type"), str):
        raise ClaimsMalformed("problems")
    words = {
        name: text
        for name in ("title", "detail", "instance")
        if isinstance(text := value.get(name), str)
    }
    return EventProblem(type=str(value["type"]), **words)


def _written(problem: EventProblem) -> dict[str, str]:
    members = {
        "type": problem.type,
        "title": problem.title,
        "detail": problem.detail,
        "instance": problem.instance,
    }
    return {name: text for name, text in members.items() if text}


def _schema(claims: Mapping[str, object], majors: frozenset[int]) -> str:
    """Optional in early v1; if it is given, it must be one whose claims we know."""
    if "$schema" not in claims:
        return ""
    value = claims["$schema"]
    found = _SCHEMA.fullmatch(value) if isinstance(value, str) else None
    if found is None or int(found.group(1)) not in majors:
        raise ClaimsMalformed("$schema")
    return found.group(0)
