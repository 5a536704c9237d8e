"""Callbacks: FIT-Connect's call that something is waiting. Only a wake-up.

Signed is ``<timestamp>.<body>``, byte for byte as it came, with HMAC-SHA512. A
callback that comes again within its five minutes wakes once more and does no harm:
what is true stands at the channel, never in a callback.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from adapters.fitconnect.events.patterns import is_uuid
from schemas.errors import SenderMustCorrect
from schemas.limits import MIB

AUTHENTICATION: Final = "callback-authentication"
TIMESTAMP: Final = "callback-timestamp"
WINDOW: Final = timedelta(minutes=5)
"""In both directions: clocks differ."""
MOST_BYTES: Final = 1 * MIB
_MOST_ENTRIES: Final = 10_000
_SECONDS: Final = re.compile(r"[0-9]{1,11}", re.ASCII)


class CallbackRefused(SenderMustCorrect):
    """Says nothing of why: whoever forges one shall not learn from it."""

    code = "E-FIT-CALLBACK"
    sentence = "This callback is not believed."
    remedy = "Compare the callback's secret on both sides, and the clocks."


class CallbackKind(Enum):
    """What is new; the end of ``type``, since not all whole ones are confirmed."""

    NEW_SUBMISSIONS = "new-submissions"
    NEW_EVENTS = "new-events"
    NEW_REPLIES = "new-replies"
    OTHER = ""
    """A type of tomorrow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackEntry:
    """Ids, "" where they lack; never more than a hint."""

    destination: str
    submission: str
    case: str
    reply: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Callback:
    """What a callback says."""

    kind: CallbackKind
    entries: tuple[CallbackEntry, ...]


def sign_callback(secret: str, body: bytes, *, at: datetime) -> dict[str, str]:
    """The headers that prove it."""
    timestamp = str(int(at.timestamp()))
    return {AUTHENTICATION: _mac(secret, timestamp, body), TIMESTAMP: timestamp}


def verify_callback(
    secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> None:
    """``headers`` in lower case. Raises CallbackRefused."""
    timestamp = headers.get(TIMESTAMP, "")
    given = headers.get(AUTHENTICATION, "")
    if not secret or len(body) > MOST_BYTES or not _SECONDS.fullmatch(timestamp):
        # An empty secret would be one that everybody knows.
        raise CallbackRefused
    expected = _mac(secret, timestamp, body).encode()
    is_ours = hmac.compare_digest(expected, given.lower().encode(errors="replace"))
    seconds = now.astimezone(UTC).timestamp() - int(timestamp)
    if not is_ours or abs(seconds) > WINDOW.total_seconds():
        raise CallbackRefused


def read_callback(body: bytes) -> Callback:
    """What it says, as far as it can be read; never raises."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    found = value if isinstance(value, dict) else {}
    kind = _kind(found.get("type"))
    name = "replies" if kind is CallbackKind.NEW_REPLIES else "submissions"
    listed = found.get(name)
    entries = listed[:_MOST_ENTRIES] if isinstance(listed, list) else []
    return Callback(
        kind=kind,
        entries=tuple(_entry(one) for one in entries if isinstance(one, dict)),
    )


def _mac(secret: str, timestamp: str, body: bytes) -> str:
    signed = timestamp.encode() + b"." + body
    # Bytes of an environment variable that are no UTF-8 stay what they are.
    key = secret.encode(errors="surrogateescape")
    return hmac.new(key, signed, hashlib.sha512).hexdigest()


def _kind(type_: object) -> CallbackKind:
    end = type_.rpartition("/")[2] if isinstance(type_, str) else ""
    found = [kind for kind in CallbackKind if kind.value == end]
    return found[0] if found else CallbackKind.OTHER


def _entry(one: Mapping[str, object]) -> CallbackEntry:
    return CallbackEntry(
        destination=_id(one, "destinationId"),
        submission=_id(one, "submissionId"),
        case=_id(one, "caseId"),
        reply=_id(one, "replyId"),
    )


def _id(one: Mapping[str, object], name: str) -> str:
    value = one.get(name)
    return value.lower() if isinstance(value, str) and is_uuid(value) else ""
