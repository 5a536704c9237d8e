"""CPU of process trees out of /proc, percentiles, tables, and the last line."""

import json
import os
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_AFTER_NAME: Final = 2
_PARENT, _USER = 1, 11
_TIMES: Final = 4
_PROC: Final = Path("/proc")


def cpu_seconds(roots: Iterable[int]) -> float:
    """User and system time of these processes, their children and their dead."""
    wanted = set(roots)
    stats = {pid: fields for pid in _pids() if (fields := _stat(pid))}
    grown = True
    while grown:
        more = {p for p, f in stats.items() if int(f[_PARENT]) in wanted} - wanted
        wanted |= more
        grown = bool(more)
    ticks = 0
    for pid in wanted & stats.keys():
        # utime, stime and what waited-for children used.
        ticks += sum(map(int, stats[pid][_USER : _USER + _TIMES]))
    return ticks / _TICKS


def memory_mib(pid: int) -> float:
    """Resident memory of one process."""
    status = (_PROC / str(pid) / "status").read_text()
    line = next(one for one in status.splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank; of few values it is one of them."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def table(title: str, rows: Iterable[Sequence[object]]) -> None:
    """A readable table on standard output."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    say(f"\n{title}")
    for row in cells:
        first, *rest = (
            text.ljust(width) if place == 0 else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        say("  " + "  ".join((first, *rest)))


def last_line(figures: Mapping[str, float]) -> None:
    """The figures as one JSON object."""
    say(json.dumps({name: round(value, 3) for name, value in figures.items()}))


def say(text: str) -> None:
    """Print at once: benchmarks take long."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _cell(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    # The name may hold spaces; everything after its closing bracket does not.
    return text[text.rindex(")") + _AFTER_NAME :].split()
