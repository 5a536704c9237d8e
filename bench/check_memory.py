"""A process that checks or only parses one document, and prints what that took.

Memory of libxml2 is seen from outside only: the peak of the resident set.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.bare import parse_and_validate
from bench.measure import say
from bench.standards import looked
from schemas.findings import Verdict
from schemas.packs.library import PackLibrary, shipped_packs

_PROC: Final = Path("/proc/self")
_RESET_PEAK: Final = "5"


def main() -> None:
    """Arguments: bare or full, the place of the packs, a key, the document's file."""
    what, place, key, file = sys.argv[1:]
    packs = PackLibrary([shipped_packs(), Path(place)])
    body = Path(file).read_bytes()
    pack = packs.compiled(key)
    with pack.schema() as schema:
        work: Callable[[], None] = {
            "bare": lambda: parse_and_validate(schema, body),
            "full": lambda: _full(packs, body),
        }[what]
        if what == "bare":
            say(f"{_peak_of(work):.3f}")
            return
    say(f"{_peak_of(work):.3f}")


def _full(packs: PackLibrary, body: bytes) -> None:
    assert looked(packs, body).verdict is Verdict.ACCEPTED


def _peak_of(work: Callable[[], None]) -> float:
    (_PROC / "clear_refs").write_text(_RESET_PEAK)
    before = _status("VmRSS")
    work()
    return _status("VmHWM") - before


def _status(name: str) -> float:
    lines = (_PROC / "status").read_text().splitlines()
    line = next(one for one in lines if one.startswith(name))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
