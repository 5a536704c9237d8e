"""Handing a submission in at the door, as a form server does."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

import httpx

from schemas.errors import DoorAway
from schemas.ids import ServiceKey

_PATH: Final = "/api/v1/submissions"
_TRIES: Final = 3
_PATIENCE: Final = httpx.Timeout(60.0, connect=5.0)
_SERVER_ERRORS: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One document, in memory or as an open file."""

    filename: str
    media_type: str
    content: bytes | BinaryIO


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """What one sender hands in, under one key."""

    service: ServiceKey
    key: str
    main: Part
    attachments: tuple[Part, ...] = ()
    wait: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What the door said."""

    status: int
    body: Mapping[str, object]

    @property
    def is_accepted(self) -> bool:
        """Whether there is a case that goes its way."""
        return self.status == httpx.codes.ACCEPTED

    @property
    def is_fault_of_door(self) -> bool:
        """Whether the sender could do nothing about it."""
        return self.status >= _SERVER_ERRORS

    def text(self, name: str) -> str:
        """A field of the answer; "" where it has none."""
        value = self.body.get(name, "")
        return value if isinstance(value, str) else ""


async def hand_in(
    client: httpx.AsyncClient, door: str, token: str, submission: Submission
) -> Reply:
    """Repeated under the same key until there is an answer. Raises DoorAway."""
    pause = 1.0
    for last in (False,) * (_TRIES - 1) + (True,):
        try:
            answer = await client.send(_request(client, door, token, submission))
        except httpx.TransportError as error:
            if last:
                raise DoorAway(door) from error
        else:
            return Reply(status=answer.status_code, body=_body(answer))
        await asyncio.sleep(pause)
        pause *= 2
    raise DoorAway(door)


def open_client() -> httpx.AsyncClient:
    """A client that keeps its connection; no proxy stands before our own door."""
    return httpx.AsyncClient(timeout=_PATIENCE, trust_env=False)


def _request(
    client: httpx.AsyncClient, door: str, token: str, submission: Submission
) -> httpx.Request:
    headers = {
        "Authorization": f"Bearer {token}",
        "Amtsweg-Service": submission.service,
        "Idempotency-Key": submission.key,
    }
    if submission.wait:
        headers["Prefer"] = f"wait={submission.wait}"
    files = [("main", _file(submission.main))]
    files += [("attachment", _file(part)) for part in submission.attachments]
    return client.build_request("POST", f"{door}{_PATH}", headers=headers, files=files)


def _file(part: Part) -> tuple[str, bytes | BinaryIO, str]:
    if not isinstance(part.content, bytes):
        part.content.seek(0)
    return part.filename, part.content, part.media_type


def _body(answer: httpx.Response) -> Mapping[str, object]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
