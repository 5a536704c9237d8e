"""An event loop that notices it has slept, without anybody having to wait."""

import asyncio


class SleepyLoop(asyncio.SelectorEventLoop):
    """Its clock can be set ahead, as a process finds it when it was stopped."""

    slept = 0.0

    def time(self) -> float:
        return super().time() + self.slept
