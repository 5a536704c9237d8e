"""A FIT-Connect of the test's own: inside the test's loop, or as a process.

Keys come from ``tests.fitconnect_keys``, so a start takes no time.
"""

import json
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import httpx

from adapters.fitconnect.sandbox import (
    FitConnectSandbox,
    SandboxOptions,
    Switches,
    Wishes,
)
from tests.fitconnect_keys import private_text

HOST: Final = "127.0.0.1"
KEYS: Final = {
    "service": "service",
    "portal": "portal",
    "destination-decryption": "destination",
    "destination-signing": "sign-destination",
}
"""Its key files, and the names of the test keys in them."""
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody; reading the usual authorities takes longer than most tests."""
_PATIENCE: Final = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """Of an API client."""

    client_id: str
    client_secret: str


class Pointed:
    """What a start printed, and the control endpoint."""

    def __init__(self, line: dict[str, Any]) -> None:
        self.line = line
        self.base_url: str = line["base_url"]
        self.token_url: str = line["token_url"]
        self.sender = Credentials(**line["sender"])
        self.subscriber = Credentials(**line["subscriber"])
        self.destination: str = line["destination_id"]
        self.decryption_key = Path(line["private_keys"]["decryption"])
        self.signing_key = Path(line["private_keys"]["signing"])
        self.callback_secret: str = line["callback"]["secret"]

    @property
    def folder(self) -> Path:
        """Where its state lies."""
        return self.decryption_key.parent.parent

    @property
    def control_url(self) -> str:
        """Of ``GET`` and ``POST``."""
        return f"{self.base_url}/_sandbox"

    def part(self, submission: str, part: str) -> Path:
        """The JWE's file; ``part`` is metadata, data or an attachment's id.

        Writing into it is what somebody on the way could do.
        """
        [path] = (self.folder / "jwes" / submission).glob(f"{part}.*")
        return path

    async def tell(self, **wanted: object) -> dict[str, Any]:
        """Change what it does; see ``adapters/fitconnect/sandbox/control.py``."""
        async with httpx.AsyncClient(
            trust_env=False, timeout=_PATIENCE, verify=NO_TLS
        ) as client:
            answer = await client.post(self.control_url, json=wanted)
        assert answer.status_code == 200, answer.text
        state: dict[str, Any] = answer.json()
        return state

    async def state(self) -> dict[str, Any]:
        """How many of what it has."""
        return await self.tell()

    async def expect(self, **counted: int) -> None:
        """So many submissions in these states, and none in others."""
        assert (await self.state())["submissions"] == counted


def furnish(folder: Path) -> Path:
    """Give a folder the keys that it would else have to make."""
    keys = folder / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    for file, name in KEYS.items():
        path = keys / f"{file}.jwk.json"
        if not path.exists():
            path.write_text(private_text(name), encoding="ascii")
    return folder


@asynccontextmanager
async def fitconnect_here(
    folder: Path,
    *,
    port: int = 0,
    switches: Switches | None = None,
    wishes: Wishes | None = None,
) -> AsyncIterator[Pointed]:
    """One in this loop; on the same folder it goes on with what it had."""
    options = SandboxOptions(
        folder=furnish(folder),
        port=port,
        switches=switches or Switches(),
        wishes=wishes or Wishes(),
    )
    async with FitConnectSandbox(options) as sandbox:
        yield Pointed(sandbox.line)


class FitConnectProcess:
    """One as a process, which may be killed and started again on its folder."""

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self.folder = furnish(folder)
        self._port = port
        self._process: subprocess.Popen[str] | None = None

    def start(self, *arguments: str) -> Pointed:
        """Wait until it listens; again on the same port."""
        command = (
            *(sys.executable, "-m", "api.cli", "sandbox", "fitconnect"),
            *("--port", str(self._port), "--dir", str(self.folder), "--until-eof"),
            *arguments,
        )
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "it ended without a word"
        pointed = Pointed(json.loads(line))
        self._port = int(pointed.base_url.rpartition(":")[2])
        return pointed

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As kill -9 does."""
        self._end(gently=False)

    def stop(self) -> int:
        """As Ctrl-C does; its exit code."""
        return self._end(gently=True)

    def _end(self, *, gently: bool) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        if gently:
            process.terminate()
        else:
            process.kill()
        code = process.wait(_PATIENCE)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
