"""What comes in and goes out: calls, answers, and refusals as problem documents."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final

PROBLEMS: Final = "https://schema.fitko.de/fit-connect/submission-api/problems/"
CONFIRMED: Final = {
    "destination-not-found",
    "destination-state-invalid",
    "submission-not-found",
}
ASSUMED: Final = "urn:amtsweg:sandbox:problem:"
"""Types that nobody has seen have a name of our own: nobody shall rely on them."""
DEFAULT_PAGE: Final = 100
LARGEST_PAGE: Final = 500


class Refusal(Exception):
    """Answered as ``application/problem+json``."""

    def __init__(
        self,
        status: int,
        name: str,
        title: str = "",
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """``name`` is the end of the type's address."""
        self.status = status
        self.type = (PROBLEMS if name in CONFIRMED else ASSUMED) + name
        self.title = title or HTTPStatus(status).phrase
        self.detail = detail
        self.headers = headers or {}
        super().__init__(self.title)


class Vanished(Exception):
    """The caller went away in the middle of the request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A whole answer, or a file that is sent in pieces."""

    status: int = 200
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    file: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request; ``names`` are what the path's places hold."""

    method: str
    path: str
    names: Mapping[str, str]
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]

    @property
    def version(self) -> str:
        """``v1`` or ``v2``."""
        return self.names.get("version", "v2")

    def first(self, name: str) -> str:
        """A parameter of the query; "" where it is not given."""
        return self.query.get(name, ("",))[0]

    def page(self, *, default: int = DEFAULT_PAGE) -> tuple[int, int]:
        """Offset and limit. Raises Refusal."""
        offset = self._number("offset", 0)
        limit = self._number("limit", default)
        if limit > max(LARGEST_PAGE, default) or not limit:
            raise Refusal(
                400, "bad-request", detail=f"limit is 1 to {LARGEST_PAGE} at most."
            )
        return offset, limit

    async def read(self, limit: int) -> bytes:
        """The whole body. Raises Refusal, Vanished."""
        body = bytearray()
        async for chunk in self.chunks:
            body += chunk
            if len(body) > limit:
                raise too_large()
        return bytes(body)

    async def read_object(self, limit: int) -> dict[str, object]:
        """The body as a JSON object. Raises Refusal, Vanished."""
        try:
            value = parse_json(await self.read(limit))
        except (ValueError, RecursionError) as error:
            raise Refusal(400, "bad-request", detail="This is not JSON.") from error
        if not isinstance(value, dict):
            raise Refusal(400, "bad-request", detail="This is not a JSON object.")
        return value

    def must_be(self, *media_types: str) -> None:
        """Raises Refusal unless the body says that it is one of these."""
        given = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if given not in media_types:
            raise Refusal(
                415, "unsupported-media-type", detail=" or ".join(media_types)
            )

    def _number(self, name: str, default: int) -> int:
        text = self.first(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit()) or len(text) > 9:  # noqa: PLR2004 - no page lies behind
            raise Refusal(400, "bad-request", detail=f"{name} is a number from 0.")
        return int(text)


def parse_json(raw: bytes) -> object:
    """Raises ValueError, RecursionError; half characters are none."""
    value = json.loads(raw)
    if b"\\u" in raw:
        json.dumps(value, ensure_ascii=False).encode()
    return value


def json_answer(value: object, status: int = 200) -> Answer:
    """A value as JSON."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Answer(status=status, body=text.encode())


def problem_answer(refusal: Refusal) -> Answer:
    """RFC 7807; the instance is the request's own business."""
    members = {
        "type": refusal.type,
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "instance": "sandbox",
    }
    return Answer(
        status=refusal.status,
        body=json.dumps(members, ensure_ascii=False).encode(),
        media_type="application/problem+json",
        headers=refusal.headers,
    )


def too_large() -> Refusal:
    """More than the limits allow."""
    return Refusal(413, "payload-too-large")
