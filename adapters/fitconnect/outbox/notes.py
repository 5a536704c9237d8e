"""What is kept of a sending beyond a crash: ids, tags and hashes, never content.

Each note is durable before the step that relies on it: the submission's id before
anything is uploaded, its tags before it is submitted. So whatever dies, the next
process knows under which ids it may have become visible, and looks there first.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from adapters.fitconnect.events.tags import Tags, read_tags, tags_mapping

ANNOUNCED: Final = "announced"
UPLOADED: Final = "uploaded"
HASHES: Final = "hashes"
SUBMIT: Final = "submit:"
"""Followed by the submission: two processes never overwrite each other's."""


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
class Begun:
    """A submission that may be visible: a submit of it was about to leave."""

    destination: str
    submission: str
    case: str
    payload: str
    tags: tuple[Tags, ...]
    """What the log may show; every repetition encrypts anew and has tags of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notes:
    """Everything that is known of a delivery."""

    announcement: Announcement | None = None
    """The last one; None: nothing was announced."""
    uploaded: Mapping[str, str] = field(default_factory=dict)
    """Tags by the id uploaded under."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    """SHA-512 by the document's name, of documents that are uploaded wholly."""
    begun: Mapping[str, Begun] = field(default_factory=dict)
    """By submission. Several only where two processes worked on it at once."""


def read_notes(kept: Mapping[str, str]) -> Notes:
    """Out of the store; written by ourselves only."""
    begun = [
        _begun(text) for name, text in kept.items() if name.startswith(SUBMIT) and text
    ]
    return Notes(
        announcement=_announcement(kept.get(ANNOUNCED, "")),
        uploaded=_table(kept.get(UPLOADED, "")),
        hashes=_table(kept.get(HASHES, "")),
        begun={one.submission: one for one in begun},
    )


def announced(announcement: Announcement, void: Iterable[str] = ()) -> dict[str, str]:
    """To keep after the announcement; ``void``: submissions that came to nothing."""
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
        **uploads_void(),
        **{SUBMIT + submission: "" for submission in void},
    }


def uploaded(notes: Notes) -> dict[str, str]:
    """To keep after uploads, and before the submission at the latest."""
    return {UPLOADED: _json(notes.uploaded), HASHES: _json(notes.hashes)}


def uploads_void() -> dict[str, str]:
    """To keep when a submit was refused: perhaps it lacks what we hold for there."""
    return {UPLOADED: "{}", HASHES: "{}"}


def with_submit(notes: Notes, metadata: str, data: str) -> Begun:
    """What is known of the announced submission, once these tags are on their way."""
    announcement = notes.announcement
    assert announcement is not None  # noqa: S101 - nothing else is submitted
    # Somebody else's uploads may stand there, under ids that were never announced.
    ours = {one: notes.uploaded[one] for one in sorted(announcement.ids)}
    earlier = notes.begun.get(announcement.submission)
    return Begun(
        destination=announcement.destination,
        submission=announcement.submission,
        case=announcement.case,
        payload=announcement.payload,
        tags=(
            *(earlier.tags if earlier else ()),
            Tags(metadata=metadata, data=data, attachments=ours),
        ),
    )


def submitting(notes: Notes, begun: Begun) -> dict[str, str]:
    """To keep before a submit leaves, with the uploads it relies on."""
    value = {
        "destination": begun.destination,
        "submission": begun.submission,
        "case": begun.case,
        "payload": begun.payload,
        "tags": [tags_mapping(tags) for tags in begun.tags],
    }
    return {**uploaded(notes), SUBMIT + begun.submission: _json(value)}


def _announcement(text: str) -> Announcement | None:
    if not text:
        return None
    value = json.loads(text)
    parts = {name: tuple(ids) for name, ids in value.pop("parts").items()}
    return Announcement(parts=parts, **value)


def _begun(text: str) -> Begun:
    value = json.loads(text)
    tags = tuple(read_tags(one) for one in value.pop("tags"))
    return Begun(tags=tags, **value)


def _table(text: str) -> dict[str, str]:
    return dict(json.loads(text)) if text else {}


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
