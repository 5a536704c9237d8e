"""A large attachment passes through, and never lies in memory."""

import hashlib
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx

from adapters.fitconnect.jose.jwe import Encryptor
from schemas.channels import Gone, Intact
from tests.fakes.fitconnect_deposit import File
from tests.fakes.fitconnect_mailbox import Mailbox
from tests.fakes.shelf import MemoryShelf
from tests.fitconnect_keys import test_key

PLAIN = 60_000_000
BLOCK = bytes(range(256)) * 256
MOST = 12_000_000
"""Of memory above what there was before."""


def blocks() -> Iterator[bytes]:
    whole, rest = divmod(PLAIN, len(BLOCK))
    yield from (BLOCK for _ in range(whole))
    yield BLOCK[:rest]


def write_jwe(path: Path) -> tuple[str, str]:
    """The content's SHA-512, and the tag."""
    encryptor = Encryptor(
        test_key("destination").public(), content_type="application/pdf"
    )
    digest = hashlib.sha512()
    with path.open("wb") as file:
        file.write(encryptor.head())
        for block in blocks():
            digest.update(block)
            file.write(encryptor.update(block))
        file.write(encryptor.finish())
    return digest.hexdigest(), encryptor.tag


class FromDisk(httpx.AsyncByteStream):
    """A body in pieces as a network brings them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self.path.open("rb") as file:
            while piece := file.read(65_521):
                yield piece


async def test_sixty_megabytes_need_twelve_of_memory(tmp_path: Path) -> None:
    mailbox, file = Mailbox(), File(content=b"")
    sha512, tag = write_jwe(tmp_path / "jwe")

    def described(metadata: dict[str, object]) -> None:
        structure = metadata["contentStructure"]
        assert isinstance(structure, dict)
        structure["attachments"][0]["hash"]["content"] = sha512

    deposit = mailbox.deposit(files=(file,), change=described)
    mailbox.submit_with(deposit, attachments={file.id: tag})
    mailbox.faults[file.id] = lambda _: httpx.Response(
        200, stream=FromDisk(tmp_path / "jwe")
    )
    opened = await mailbox.inbox().open(deposit.announced)
    assert not isinstance(opened, Gone)
    shelf = MemoryShelf(keeps_content=False)

    tracemalloc.start()
    try:
        stored = await opened.store(shelf)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert stored.inspection == Intact()
    [kept] = shelf.attachments
    assert (kept.size, kept.sha512) == (PLAIN, sha512)
    assert shelf.largest <= 1_000_000
    assert peak < MOST
