"""Answers as proof: what we keep of one, and whether it is an honest one."""

from typing import Final

import httpx

from adapters.http.client import Reply
from schemas.outcomes import Receipt

MEDIA_TYPE: Final = "message/http"
"""The status and the address of what was created belong to the proof."""
CUT: Final = "message/http; cut=true"
"""The same, but the body was longer than we keep."""
MAX_HEADER_BYTES: Final = 2048
_KEPT = (
    "content-encoding",
    "content-location",
    "content-type",
    "date",
    "etag",
    "last-modified",
    "location",
    "x-correlation-id",
    "x-request-id",
)
_PAGES = frozenset({"text/html", "application/xhtml+xml"})


def receipt_of(reply: Reply) -> Receipt:
    """The answer as an HTTP message: status, some headers, the body as received."""
    lines = [b"HTTP/1.1 %d" % reply.status]
    for name, value in reply.headers.raw:
        if name.lower().decode("latin-1") in _KEPT:
            lines.append(name + b": " + value[:MAX_HEADER_BYTES])
    return Receipt(
        media_type=CUT if reply.cut else MEDIA_TYPE,
        body=b"\r\n".join(lines) + b"\r\n\r\n" + reply.body,
    )


def is_honest(reply: Reply, receipt_types: tuple[str, ...]) -> bool:
    """Whether this is an interface's answer, and not a login page's, say."""
    media_type = media_type_of(reply.headers)
    if receipt_types:
        return media_type in receipt_types
    return media_type not in _PAGES


def media_type_of(headers: httpx.Headers) -> str:
    """The bare media type in small letters; "" when there is none."""
    text = str(headers.get("content-type", ""))
    return text.partition(";")[0].strip().lower()
