"""The sandbox's time: virtual for deadlines and tokens, real for what is signed.

What is signed or authenticated carries real time, however far the virtual clock was
put forward: a receiver whose own clock goes right would refuse tokens from the future.
"""

import time
from dataclasses import dataclass


@dataclass(kw_only=True, slots=True)
class SandboxClock:
    """Seconds since 1970."""

    ahead: float = 0.0
    """How far deadlines are put forward."""
    skew: float = 0.0
    """How wrong the clock is that stamps what is signed."""

    def now(self) -> float:
        """By this clock days pass when they are told to."""
        return time.time() + self.ahead

    def stamp(self) -> int:
        """Goes into tokens of events and into callbacks."""
        return int(time.time() + self.skew)
