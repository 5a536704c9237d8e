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
ANSWER_DAYS: Final = (3, 9, 14)
"""Days after which a channel grows impatient, and at last rejects by itself."""
_BEFORE_THAT_DAY: Final = timedelta(days=1)
_LOOKS: Final = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
)
"""Waits between looks at a delivery that its counterpart has not decided about."""
REPLY_LOOK: Final = timedelta(minutes=15)
"""Between looks whether a counterpart has answered; a callback makes it at once."""
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


def answer_stage(age: timedelta) -> int:
    """How many alarms are owed for a submission that has no answer yet.

    Each comes a day before one of ANSWER_DAYS, so that somebody can still act.
    """
    return sum(age >= answer_alarm(n + 1) for n in range(len(ANSWER_DAYS)))


def answer_alarm(stage: int) -> timedelta:
    """At which age the alarm of a stage is owed, from 1."""
    return timedelta(days=ANSWER_DAYS[stage - 1]) - _BEFORE_THAT_DAY


def wait_before_look(looks: int) -> timedelta:
    """The wait before the next look, after so many."""
    return _LOOKS[min(looks, len(_LOOKS) - 1)]
