"""What a mailbox shows: lists, submissions and event logs, read with suspicion."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.fitconnect.client.failures import StrangeAnswer, TooMuch
from adapters.fitconnect.client.settings import Generation
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.events.patterns import is_uuid
from adapters.fitconnect.inbox.failures import SubmissionTooLarge, WrongMailbox
from adapters.fitconnect.inbox.settings import Limits
from schemas.channels import Announced
from schemas.limits import KIB, MIB

LIST_PAGE: Final = 100
LOG_PAGE: Final = 500
_MOST_PAGES: Final = 1_000
"""Whatever totals they claim: here it ends."""
_MOST_TOKENS: Final = 20_000
_LIST_BYTES: Final = 64 * MIB
"""The first generation lists everything at once."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LONGEST_SERVICE: Final = 255

_Object = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """A submission as it lies there; everything in it is still sealed."""

    submission: str
    case: str
    service: str
    attachments: tuple[str, ...]
    metadata: str = field(repr=False)
    data: str = field(repr=False)
    """"" where there is none; so for the metadata."""
    attachment_path: str = "/submissions/{parcel}/attachments/{attachment}"


async def listing(client: FitConnectClient, destination: str) -> tuple[Announced, ...]:
    """Everything that waits, each once, in the order in which it is listed."""
    if client.environment.version is Generation.V1:
        answer = await client.get_json("/submissions", limit=_LIST_BYTES)
        distinct = {one.submission: one for one in _entries(answer, destination)}
        return tuple(distinct.values())
    found: dict[str, Announced] = {}
    offset, before = 0, 0
    for _ in range(_MOST_PAGES):
        answer = await client.get_json(
            "/submissions",
            query={"destinationId": destination, "offset": offset, "limit": LIST_PAGE},
        )
        listed, total = _page(answer, "submissions")
        known = len(found)
        for one in _entries(answer, destination):
            found.setdefault(one.submission, one)
        if total is not None and total < before:
            # Somebody answered meanwhile, and what lay behind has moved up.
            offset = max(0, offset - (before - total))
        else:
            offset += len(listed)
            if not listed or len(found) == known:
                break
        before = total or 0
        if total is not None and offset >= total:
            break
    return tuple(found.values())


async def event_log(client: FitConnectClient, submission: str, case: str) -> list[str]:
    """Its tokens, not verified. In the first generation those of the whole case."""
    path = (
        f"/cases/{case}/events"
        if client.environment.version is Generation.V1
        else f"/submissions/{submission}/events"
    )
    tokens: dict[str, None] = {}
    offset = 0
    while len(tokens) < _MOST_TOKENS:
        answer = await client.get_json(
            path, query={"offset": offset, "limit": LOG_PAGE}
        )
        listed, total = _page(answer, "eventLog")
        if not all(isinstance(token, str) for token in listed):
            raise StrangeAnswer("(event log)")
        known = len(tokens)
        tokens.update(dict.fromkeys(map(str, listed)))
        offset += len(listed)
        is_last = total is not None and offset >= total
        if is_last or not listed or len(tokens) == known:
            break
    return list(tokens)


async def fetch(
    client: FitConnectClient, announced: Announced, destination: str, limits: Limits
) -> Fetched:
    """Raises NotThere, SubmissionTooLarge and WrongMailbox."""
    # base64 within base64, and room for what else is said.
    most = (limits.data + limits.metadata) * 2 + 256 * KIB
    try:
        answer = await client.get_json(
            f"/submissions/{announced.submission}", limit=most
        )
    except TooMuch as error:
        raise SubmissionTooLarge from error
    if not isinstance(answer, Mapping):
        raise StrangeAnswer("(submission)")
    ids = [_id(answer, name) for name in ("submissionId", "caseId", "destinationId")]
    if ids != [announced.submission, announced.case, destination]:
        raise WrongMailbox
    return Fetched(
        submission=announced.submission,
        case=announced.case,
        service=_service(answer),
        attachments=_attachments(answer),
        metadata=_text(answer, "encryptedMetadata"),
        data=_text(answer, "encryptedData"),
    )


def _page(answer: object, name: str) -> tuple[Sequence[object], int | None]:
    """The page's entries, and how many there are in all, where it says so."""
    if not isinstance(answer, Mapping):
        raise StrangeAnswer("(page)")
    listed, total = answer.get(name), answer.get("totalCount")
    if not isinstance(listed, list):
        raise StrangeAnswer("(page)")
    is_number = isinstance(total, int) and not isinstance(total, bool)
    return listed, total if is_number else None


def _entries(answer: object, destination: str) -> list[Announced]:
    listed, _ = _page(answer, "submissions")
    return [
        Announced(submission=_id(one, "submissionId"), case=_id(one, "caseId"))
        for one in listed
        if isinstance(one, Mapping)
        and _id(one, "submissionId")
        and _id(one, "caseId")
        and _id(one, "destinationId") == destination
    ]


def _attachments(answer: _Object) -> tuple[str, ...]:
    listed = answer.get("attachments", [])
    if listed is None:
        return ()
    if not isinstance(listed, list) or not all(map(is_uuid, listed)):
        raise StrangeAnswer("(attachments)")
    return tuple(str(one).lower() for one in listed)


def _service(answer: _Object) -> str:
    """``publicService`` in the second generation, ``serviceType`` in the first."""
    for name in ("publicService", "serviceType"):
        said = answer.get(name)
        if isinstance(said, Mapping):
            found = _CONTROL.sub("", _text(said, "identifier"))
            return found[:_LONGEST_SERVICE]
    return ""


def _id(answer: _Object, name: str) -> str:
    value = answer.get(name)
    return value.lower() if isinstance(value, str) and is_uuid(value) else ""


def _text(answer: _Object, name: str) -> str:
    value = answer.get(name)
    return value if isinstance(value, str) else ""
