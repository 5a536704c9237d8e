"""How much one request may ask of the door."""

from dataclasses import dataclass
from typing import Final

from schemas import limits


@dataclass(frozen=True, kw_only=True, slots=True)
class DoorLimits:
    """The named limits, as one value that an installation or a test may lower."""

    document_bytes: int = limits.MAX_DOCUMENT_BYTES
    json_bytes: int = limits.MAX_JSON_BYTES
    """The check cannot parse more; better to say so at once."""
    submission_bytes: int = limits.MAX_SUBMISSION_BYTES
    attachments: int = limits.MAX_ATTACHMENTS
    json_depth: int = limits.MAX_JSON_DEPTH
    part_header_bytes: int = limits.MAX_PART_HEADER_BYTES
    filename_characters: int = limits.MAX_FILENAME_CHARACTERS
    key_characters: int = limits.MAX_KEY_CHARACTERS
    free_space_floor: int = limits.FREE_SPACE_FLOOR
    wait_seconds: int = limits.MAX_WAIT_SECONDS

    slice_bytes: int = 64 * limits.KIB
    """No more than this is looked at before other requests get their turn."""
    idle_seconds: float = 30
    """A sender that is silent for so long inside a body is not waited for."""
    linger_seconds: float = 1
    """How long an unread body is thrown away, so that the answer can be read."""
    linger_bytes: int = 4 * limits.MIB
    """And how much of it."""


DEFAULT_LIMITS: Final = DoorLimits()
