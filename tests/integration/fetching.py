"""Fetches a big attachment from FIT-Connect, and prints what memory that took.

Called with the database's URL, a folder, the line the sandbox printed, and the size
of the plain attachment in bytes; prints JSON.
"""

import asyncio
import hashlib
import json
import os
import sys
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import structlog

from adapters.fitconnect.jose.jwe import Encryptor
from adapters.fitconnect.jose.keys import read_public
from flows.sources.answering import Answering
from flows.sources.round import MailboxRound
from schemas.states import Closed
from tests.counterparts.fitconnect import Pointed
from tests.counterparts.fitconnect_party import JOSE, Party, metadata_of
from tests.crash.scene import Scene
from tests.crash.test_fitconnect_real_deaths import inbox_of, source_of
from tests.house import SCOPE
from tests.unit.sources.mailroom import source_ports

CHUNK = os.urandom(256 * 1024)


def status(name: str) -> int:
    """KiB of this process."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in text.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1])


def forget_the_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def pieces(size: int) -> list[int]:
    whole, rest = divmod(size, len(CHUNK))
    return [len(CHUNK)] * whole + ([rest] if rest else [])


async def send(sandbox: Pointed, size: int) -> None:
    """A submission with one attachment of this size, never whole in memory."""
    name = str(uuid.uuid4())
    async with Party(sandbox, sandbox.sender) as sender:
        place = f"/destinations/{sandbox.destination}"
        kid = (await sender.http.get(place)).json()["encryptionKid"]
        jwk = (await sender.http.get(f"{place}/keys/{kid}")).json()
        encryptor = Encryptor(read_public(jwk), content_type="application/pdf")
        digest = hashlib.sha512()

        async def sealed() -> AsyncIterator[bytes]:
            yield encryptor.head()
            for length in pieces(size):
                digest.update(CHUNK[:length])
                yield encryptor.update(CHUNK[:length])
            yield encryptor.finish()

        sent = await sender.announced([name])
        path = f"/submissions/{sent.submission}/attachments/{name}"
        answer = await sender.http.put(
            path, content=sealed(), headers=JOSE, timeout=600
        )
        assert answer.status_code == 204, answer.text
        data = b'{"antrag":"gross"}'
        metadata = json.loads(metadata_of(data, {}))
        metadata["contentStructure"]["attachments"] = [
            {
                "attachmentId": name,
                "hash": {"type": "sha512", "content": digest.hexdigest()},
                "purpose": "attachment",
                "mimeType": "application/pdf",
                "filename": "Gutachten.pdf",
            }
        ]
        bodies = json.dumps(metadata).encode(), data
        seals = [await sender.seal(body) for body in bodies]
        assert (await sender.submit(sent, *seals)).status_code == 200


async def fetch(scene: Scene, sandbox: Pointed) -> int:
    """Everything that waits, to the end of its cases; how much came."""
    source = source_of(sandbox)
    inbox = inbox_of(source, scene.folder)
    async with scene.house() as house:
        ports = source_ports(house)
        looked = await MailboxRound(source, inbox, ports).look()
        assert looked.taken == 1, looked
        await house.work()
        assert await Answering(source, inbox, ports).send() == 1
        [case, *_] = await house.cases.list(SCOPE)
        assert isinstance(case.state, Closed), case.state
    await inbox.aclose()
    folder = scene.folder / "vault"
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


async def main(url: str, folder: Path, line: str, size: int) -> dict[str, object]:
    """A small one first: what is loaded once is not what this is about."""
    sandbox = Pointed(json.loads(line))
    os.environ["TEST_FIT_SECRET"] = sandbox.subscriber.client_secret
    scene = Scene(url=url, folder=folder)
    await scene.receive(0)
    await send(sandbox, 1_000_000)
    before = await fetch(scene, sandbox)
    await send(sandbox, size)
    idle = status("VmRSS")
    forget_the_peak()
    began = time.monotonic()
    stored = await fetch(scene, sandbox) - before
    return {
        "idle_kib": idle,
        "peak_kib": status("VmHWM"),
        "stored": stored,
        "seconds": time.monotonic() - began,
    }


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    url, folder, line, size = sys.argv[1:]
    figures = asyncio.run(main(url, Path(folder), line, int(size)))
    sys.stdout.write(json.dumps(figures))
