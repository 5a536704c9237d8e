"""A process with an engine that works, waits for a line, works again and ends."""

import asyncio
import sys
import time

import structlog

from flows.prefect_engine.engine import PrefectEngine
from flows.prefect_engine.rest import Address
from tests.counterparts.prefect import is_ready
from tests.fakes.runs import carry, make_batch

STOP_SECONDS = 5.0


async def main(url: str) -> None:
    engine = PrefectEngine(Address(url=url))
    await engine.start()
    await is_ready(engine)
    await carry(engine, make_batch())
    say("worked")
    await asyncio.to_thread(sys.stdin.readline)
    # This one finds nobody who answers.
    await carry(engine, make_batch())
    started = time.monotonic()
    await engine.stop()
    say("stopped in time" if time.monotonic() - started < STOP_SECONDS else "too late")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(sys.stderr))
    asyncio.run(main(sys.argv[1]))
