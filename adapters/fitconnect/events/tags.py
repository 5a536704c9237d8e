"""Authentication tags: the proof of which bytes were submitted."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from adapters.fitconnect.events.errors import TagsMalformed
from adapters.fitconnect.events.patterns import is_uuid
from adapters.fitconnect.jose.json_object import read_object

_TAG: Final = re.compile(r"[A-Za-z0-9_-]{22}")
"""128 bits in base64url: the fifth part of a JWE."""
_MOST: Final = 10_000
"""Far above what may be sent; each fragment has a tag of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tags:
    """Of metadata, data ("" where there is none) and attachments by their id."""

    metadata: str
    data: str = ""
    attachments: Mapping[str, str] = field(default_factory=dict)


def tags_mapping(tags: Tags) -> dict[str, object]:
    """As they stand in an event."""
    return {
        "metadata": tags.metadata,
        **({"data": tags.data} if tags.data else {}),
        "attachments": dict(sorted(tags.attachments.items())),
    }


def tags_json(tags: Tags) -> str:
    """One text for the same tags."""
    return json.dumps(tags_mapping(tags), sort_keys=True, separators=(",", ":"))


def read_tags(value: object) -> Tags:
    """Of an event's member, or of the text of ``tags_json``. Raises TagsMalformed."""
    if isinstance(value, str):
        try:
            value = read_object(value)
        except ValueError as error:
            raise TagsMalformed("no JSON object") from error
    if not isinstance(value, Mapping):
        raise TagsMalformed("no object")
    listed = value.get("attachments", {})
    if not isinstance(listed, Mapping) or len(listed) > _MOST:
        raise TagsMalformed("attachments")
    attachments = {
        str(name).lower(): _tag(tag, "attachments") for name, tag in listed.items()
    }
    if len(attachments) != len(listed) or not all(map(is_uuid, listed)):
        raise TagsMalformed("attachments")
    return Tags(
        metadata=_tag(value.get("metadata"), "metadata"),
        data=_tag(value["data"], "data") if "data" in value else "",
        attachments=attachments,
    )


def _tag(value: object, name: str) -> str:
    if isinstance(value, str) and _TAG.fullmatch(value):
        return value
    raise TagsMalformed(name)
