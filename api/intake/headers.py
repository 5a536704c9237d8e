"""What the headers of a submission say, judged before its body is read."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from api.intake.limits import DoorLimits
from api.intake.media import HeaderValue, parse_header_value
from api.intake.prefer import preferred_wait
from api.intake.reading import check_media_type
from api.intake.refusals import ContentEncodingRefused, SubmissionTooLarge
from api.refusals import (
    HeaderRepeated,
    IdempotencyKeyMalformed,
    IdempotencyKeyMissing,
    RequestAmbiguous,
    ServiceMalformed,
    ServiceMissing,
)
from schemas.ids import ServiceKey, TrackingId, parse_tracking_id

_URN: Final = "urn:de:fim:leika:leistung:"
_LEIKA: Final = re.compile(r"[0-9]{14}")
_BARE_KEY: Final = re.compile(r"[!-~]+")
_BARE_REFUSED: Final = frozenset('",;\\')
"""A comma is what two merged headers look like."""
_QUOTED_KEY: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_ESCAPED: Final = re.compile(r"\\(.)")

Headers = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """Everything about a submission but its documents."""

    service: ServiceKey
    key: str = field(repr=False)
    media_type: HeaderValue
    declared: int | None
    """Content-Length, where there is one."""
    replaces: TrackingId | None
    wait: int | None


def collect_headers(raw: Iterable[tuple[bytes, bytes]]) -> Headers:
    """By lower-case name, in order."""
    collected: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in raw:
        collected[name.decode("latin-1").lower()].append(value.decode("latin-1"))
    return collected


def one(headers: Headers, name: str) -> str | None:
    """The value of a header that may occur once. Raises HeaderRepeated."""
    values = headers.get(name, ())
    if len(values) > 1:
        raise HeaderRepeated(name)
    return values[0].strip() if values else None


def read_envelope(
    headers: Headers, service_parameters: Sequence[str], limits: DoorLimits
) -> Envelope:
    """Judge what stands before the body. Raises DoorRefusal, MalformedTrackingId."""
    declared = declared_length(headers)
    if (one(headers, "content-encoding") or "identity").lower() != "identity":
        raise ContentEncodingRefused
    replaces = one(headers, "amtsweg-replaces")
    envelope = Envelope(
        service=_service(one(headers, "amtsweg-service"), service_parameters),
        key=_key(one(headers, "idempotency-key"), limits.key_characters),
        media_type=check_media_type(
            parse_header_value(one(headers, "content-type") or "")
        ),
        declared=declared,
        replaces=None if replaces is None else parse_tracking_id(replaces),
        wait=preferred_wait(headers.get("prefer", ()), longest=limits.wait_seconds),
    )
    if declared is not None and declared > limits.submission_bytes:
        raise SubmissionTooLarge(f"At most {limits.submission_bytes} bytes.")
    return envelope


def declared_length(headers: Headers) -> int | None:
    """What Content-Length says. Raises HeaderRepeated, RequestAmbiguous."""
    length = one(headers, "content-length")
    if length is None:
        return None
    # A proxy and we could disagree about where this request ends.
    if "transfer-encoding" in headers or not re.fullmatch(r"[0-9]{1,18}", length):
        raise RequestAmbiguous
    return int(length)


def _service(header: str | None, parameters: Sequence[str]) -> ServiceKey:
    named = {*parameters, *([] if header is None else [header])}
    if not named:
        raise ServiceMissing
    bare = {name.strip().removeprefix(_URN) for name in named}
    if len(bare) > 1 or len(parameters) > 1:
        raise ServiceMalformed("Two are named.")
    key = bare.pop()
    if not _LEIKA.fullmatch(key):
        raise ServiceMalformed
    return ServiceKey(key)


def _key(header: str | None, longest: int) -> str:
    if not header:
        raise IdempotencyKeyMissing
    quoted = _QUOTED_KEY.fullmatch(header)
    if quoted is not None:
        key = _ESCAPED.sub(r"\1", quoted[1])
    elif _BARE_KEY.fullmatch(header) and _BARE_REFUSED.isdisjoint(header):
        key = header
    else:
        raise IdempotencyKeyMalformed
    if not key.strip() or len(key) > longest:
        raise IdempotencyKeyMalformed(f"1 to {longest} characters.")
    return key
