"""The header Prefer (RFC 7240): how long the sender would wait."""

import re
from collections.abc import Sequence
from typing import Final

_WAIT: Final = re.compile(
    r'wait[ \t]*=[ \t]*"?([0-9]{1,9})"?[ \t]*(?:;.*)?', re.IGNORECASE
)


def preferred_wait(values: Sequence[str], *, longest: int) -> int | None:
    """Seconds to wait, capped; None where nothing usable is asked.

    What cannot be read is ignored, as section 2 demands; the first one counts.
    """
    for value in values:
        for preference in value.split(","):
            found = _WAIT.fullmatch(preference.strip())
            if found is not None:
                return min(int(found[1]), longest)
    return None
