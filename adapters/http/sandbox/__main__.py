"""``python -m adapters.http.sandbox --port 8093``."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from adapters.http.sandbox.system import SandboxOptions, serve


def _options() -> SandboxOptions:
    parser = argparse.ArgumentParser(prog="sandbox", description=serve.__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--folder", type=Path, help="keep deliveries as files here")
    parser.add_argument("--ignore-ids", action="store_true")
    parser.add_argument("--no-receipts", action="store_true")
    parser.add_argument("--conflict", action="store_true", help="409 on repetition")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--token", default="", help="required as Bearer token")
    given = parser.parse_args()
    return SandboxOptions(
        port=given.port,
        folder=given.folder,
        honours_ids=not given.ignore_ids,
        answers_receipts=not given.no_receipts,
        conflict=given.conflict,
        latency=given.latency,
        token=given.token,
    )


def _announce(url: str) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


async def _main() -> None:
    task = asyncio.ensure_future(serve(_options(), _announce))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()


if __name__ == "__main__":
    asyncio.run(_main())
