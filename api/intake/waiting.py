"""``Prefer: wait``: the answer after the check, if it comes soon enough."""

import asyncio
from typing import Final

from api.door import Door
from schemas.cases import Case
from schemas.errors import EngineError
from schemas.states import Received

_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 0.2
_GROWTH: Final = 1.5


async def wait_for_check(door: Door, case: Case, seconds: float) -> Case:
    """The case once it is beyond Received, or as it is when time is up.

    It is committed: whatever goes wrong here must not turn the answer into an
    error, or the sender would believe that nothing was accepted.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    pause = _FIRST_PAUSE
    while isinstance(case.state, Received) and (left := end - loop.time()) > 0:
        await asyncio.sleep(min(pause, left))
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
        try:
            case = await door.cases.of_sender(
                case.tenant, case.sender, case.tracking_id
            )
        except EngineError:
            continue
    return case
