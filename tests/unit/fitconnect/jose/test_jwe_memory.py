"""A token of 300 MB passes through a process that stays small."""

import subprocess
import sys

from tests.architecture.checkout import ROOT

MOST_GROWTH = 20_000_000
PROGRAM = """
import resource
from adapters.fitconnect.jose.jwe import Decryptor, Encryptor, Keyring
from tests.fitconnect_keys import test_key

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

def passed(chunks):
    encryptor = Encryptor(KEY.public(), content_type="application/pdf")
    decryptor = Decryptor(Keyring([KEY]), limit=10**9)
    size = len(decryptor.feed(encryptor.head()))
    for _ in range(chunks):
        size += len(decryptor.feed(encryptor.update(CHUNK)))
    size += len(decryptor.feed(encryptor.finish()))
    return size + len(decryptor.finish())

KEY, CHUNK = test_key("decryption"), bytes(256 * 1024)
assert passed(1) == len(CHUNK)
idle = peak()
assert passed(1200) == 1200 * len(CHUNK)
print(peak() - idle)
"""


def test_300_megabytes_take_no_more_memory_than_a_chunk() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(ran.stdout) < MOST_GROWTH
