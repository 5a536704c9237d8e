"""Where the CPU of one contestant goes, out of a profile."""

import pstats
from collections import Counter
from pathlib import Path
from typing import Final

_OURS: Final = ("adapters", "flows", "schemas", "storage", "bench")
_LIBRARIES: Final = {
    "HTTP (httpx, httpcore, h11, anyio)": (
        "httpx",
        "httpcore",
        "h11",
        "anyio",
        "sniffio",
    ),
    "database (SQLAlchemy, asyncpg)": ("sqlalchemy", "asyncpg", "greenlet"),
    "cryptography": ("cryptography", "hashlib", "_hashlib", "binascii"),
}
_REST: Final = "Python itself, sockets, JSON"


def shares(profile: Path) -> list[tuple[str, float]]:
    """Parts of the whole by who spent it, biggest first; they add up to one."""
    found: Counter[str] = Counter()
    for (file, _, name), row in pstats.Stats(str(profile)).stats.items():  # type: ignore[attr-defined]
        found[_who(file, name)] += row[2]
    total = sum(found.values())
    return [(who, seconds / total) for who, seconds in found.most_common()]


def _who(file: str, name: str) -> str:
    for who, libraries in _LIBRARIES.items():
        if any(f"/site-packages/{one}/" in file or one in name for one in libraries):
            return who
    for room in _OURS:
        if f"/{room}/" in file and "site-packages" not in file:
            return f"our {room}/"
    return _REST
