"""What is kept of a sending beyond a crash: ids, tags and hashes, never content.

Each note is durable before the step that relies on it: the submission's id before
anything is uploaded, its tags before it is submitted. So whatever dies, the next
process knows under which id it may have become visible, and looks there first.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from adapters.fitconnect.events.tags import Tags

ANNOUNCED: Final = "announced"
UPLOADED: Final = "uploaded"
HASHES: Final = "hashes"
SUBMITS: Final = "submits"


@dataclass(frozen=True, kw_only=True, slots=True)
class Announcement:
    """A submission that FIT-Connect has given an id."""

    destination: str
    submission: str
    case: str
    payload: str
    """Of the delivery: another payload must not go out under this submission."""
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the document's name: the ids it is uploaded under; several are fragments."""

    @property
    def ids(self) -> frozenset[str]:
        """Every announced id."""
        return frozenset(part for ids in self.parts.values() for part in ids)


@dataclass(frozen=True, kw_only=True, slots=True)
class Submit:
    """One PUT of metadata and data that may have arrived."""

    metadata: str
    data: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Notes:
    """Everything that is known of a delivery."""

    announcement: Announcement | None = None
    """None: nothing was announced, or it does not matter any more."""
    uploaded: Mapping[str, str] = field(default_factory=dict)
    """Tags by the id uploaded under."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    """SHA-512 by the document's name, of documents that are uploaded wholly."""
    submits: tuple[Submit, ...] = ()
    """In order; every repetition encrypts anew and so has tags of its own."""

    def possible_tags(self) -> tuple[Tags, ...]:
        """What the log may show if it is ours."""
        return tuple(
            Tags(
                metadata=submit.metadata,
                data=submit.data,
                attachments=dict(self.uploaded),
            )
            for submit in self.submits
        )


def read_notes(kept: Mapping[str, str]) -> Notes:
    """Out of the store; written by ourselves only."""
    return Notes(
        announcement=_announcement(kept.get(ANNOUNCED, "")),
        uploaded=_table(kept.get(UPLOADED, "")),
        hashes=_table(kept.get(HASHES, "")),
        submits=tuple(
            Submit(metadata=metadata, data=data)
            for metadata, data in json.loads(kept.get(SUBMITS) or "[]")
        ),
    )


def announced(announcement: Announcement) -> dict[str, str]:
    """To keep after the announcement; whatever an earlier one had is void."""
    return {
        ANNOUNCED: _json(
            {
                "destination": announcement.destination,
                "submission": announcement.submission,
                "case": announcement.case,
                "payload": announcement.payload,
                "parts": announcement.parts,
            }
        ),
        UPLOADED: "{}",
        HASHES: "{}",
        SUBMITS: "[]",
    }


def uploaded(notes: Notes) -> dict[str, str]:
    """To keep after uploads, and before the submission at the latest."""
    return {UPLOADED: _json(notes.uploaded), HASHES: _json(notes.hashes)}


def submitting(notes: Notes) -> dict[str, str]:
    """To keep before a submit leaves, with the uploads it relies on."""
    pairs = [[submit.metadata, submit.data] for submit in notes.submits]
    return {**uploaded(notes), SUBMITS: _json(pairs)}


def _announcement(text: str) -> Announcement | None:
    if not text:
        return None
    value = json.loads(text)
    parts = {name: tuple(ids) for name, ids in value.pop("parts").items()}
    return Announcement(parts=parts, **value)


def _table(text: str) -> dict[str, str]:
    return dict(json.loads(text)) if text else {}


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
