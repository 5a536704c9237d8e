"""Named limits; a number with a meaning never stands inline."""

from datetime import timedelta
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

INLINE_BYTES: Final = 64 * KIB
"""Documents up to this size live in the database, encrypted alike."""
FRAME_BYTES: Final = 1 * MIB
MAX_DOCUMENT_BYTES: Final = 1024 * MIB
MAX_SUBMISSION_BYTES: Final = 1536 * MIB
MAX_ATTACHMENTS: Final = 100
MAX_JSON_BYTES: Final = 64 * MIB
"""It is parsed as a whole."""
MAX_JSON_DEPTH: Final = 64
MAX_PART_HEADER_BYTES: Final = 8 * KIB
MAX_FILENAME_CHARACTERS: Final = 255
MAX_KEY_CHARACTERS: Final = 200
"""Longest Idempotency-Key."""
FREE_SPACE_FLOOR: Final = 512 * MIB
"""Below this the door answers 507 before reading."""
ORPHAN_AGE: Final = timedelta(hours=48)
MAX_WAIT_SECONDS: Final = 10
"""Longest ``Prefer: wait``."""

SLOTS: Final = 64
CHECK_PROCESSES: Final = 2
"""Of one worker."""
DESTINATION_PARALLEL: Final = 4
LEASE: Final = timedelta(seconds=30)
RENEW_EVERY: Final = timedelta(seconds=10)
CALL_DEADLINE: Final = timedelta(seconds=30)
"""Total deadline of an outbound call; a takeover waits it out."""
STEP_DEADLINE: Final = timedelta(seconds=120)
LONGEST_CALL: Final = timedelta(hours=1)
"""Of a way out that says it needs so long for a big case; see ``Patient``."""
DELIVER_DEADLINE: Final = LONGEST_CALL + 2 * STEP_DEADLINE
"""Each call in it has a deadline of its own, and most end with the first."""
CHECK_DEADLINE: Final = timedelta(minutes=30)
"""Checks have limits of their own; waiting for a check process is nobody's fault."""
MAX_TAKEOVERS: Final = 3
