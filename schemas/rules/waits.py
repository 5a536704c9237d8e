"""How long to wait, and when to give up or to alarm."""

from datetime import timedelta
from typing import Final

from schemas.limits import CALL_DEADLINE

OWN_WAITS: Final = (
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""Waits after a case's own failures; after the last it is a dead letter."""
FIRST_PROBE: Final = timedelta(seconds=10)
LAST_PROBE: Final = timedelta(minutes=10)
GIVE_UP_AFTER: Final = timedelta(days=10)
QUARANTINE_ALARMS: Final = (timedelta(days=3), timedelta(days=9))
QUARANTINE_DECIDES: Final = timedelta(days=12)
SETTLE: Final = 2 * CALL_DEADLINE
"""From the start of a call until its counterpart is asked.

A call that we have given up at its deadline may still be worked on there: whoever
asks at that moment hears "not arrived", sends again, and makes a second copy.
"""


def wait_after(own_failures: int) -> timedelta | None:
    """Wait after this many failures of its own; None: given up."""
    if own_failures > len(OWN_WAITS) - 1:
        return None
    return OWN_WAITS[own_failures - 1]


def next_probe(wait: timedelta) -> timedelta:
    """The wait before the probe after one that failed."""
    return min(wait * 2, LAST_PROBE)


def give_up_stage(waited: timedelta, give_up_after: timedelta) -> int:
    """0: go on; 1: warn (half time); 2: give up."""
    return int(2 * waited / give_up_after) if waited < give_up_after else 2


def quarantine_stage(age: timedelta) -> int:
    """How many alarms are owed for an unacknowledged case; 3: the policy decides."""
    return sum(age >= day for day in (*QUARANTINE_ALARMS, QUARANTINE_DECIDES))
