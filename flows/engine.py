"""Port to the engine that shows runs: it may always be absent, slow or dead."""

from typing import Protocol

from flows.batch import Batch


class Engine(Protocol):
    """Shows work as runs. Never on the critical path."""

    async def start(self) -> None:
        """Become ready in the background; returns at once, never raises."""
        ...

    def offer(self, batch: Batch) -> bool:
        """Try to carry the batch in a run of its own, without blocking.

        True: a run is being created and may begin the batch. False: not now
        (the circuit is open); the worker goes ahead by itself.
        """
        ...

    def ended(self, batch: Batch) -> None:
        """The work is done; record what no run has carried, when it is back."""
        ...

    async def stop(self) -> None:
        """Let open runs report for a moment, then give up on them."""
        ...


class NoEngine:
    """Working without Prefect: a supported mode."""

    async def start(self) -> None:
        """Nothing to start."""

    def offer(self, batch: Batch) -> bool:
        """Nobody shows anything."""
        del batch
        return False

    def ended(self, batch: Batch) -> None:
        """Nobody records anything."""
        del batch

    async def stop(self) -> None:
        """Nothing to stop."""
