"""Calls per client and window, when a limit is switched on."""

import time
from dataclasses import dataclass, field

from adapters.fitconnect.sandbox.switches import Switches


@dataclass(kw_only=True, slots=True)
class Windows:
    """Fixed windows; what was counted in an earlier one is forgotten."""

    _counted: dict[str, tuple[int, int]] = field(default_factory=dict)

    def count(self, caller: str, switches: Switches) -> tuple[bool, dict[str, str]]:
        """Whether the call is within the limit, and the headers that say so."""
        limit = switches.rate_limit
        if not limit:
            return True, {}
        now = time.monotonic()
        window = int(now // switches.rate_window)
        before, counted = self._counted.get(caller, (window, 0))
        counted = counted + 1 if before == window else 1
        self._counted[caller] = (window, counted)
        reset = int(switches.rate_window - now % switches.rate_window) + 1
        return counted <= limit, {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(0, limit - counted)),
            "RateLimit-Reset": str(reset),
        }
