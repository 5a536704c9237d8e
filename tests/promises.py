"""What must be withstood, and the tests that show it: ``script/test -m withstands``."""

from collections.abc import Mapping
from typing import Final

MARKER: Final = "withstands"

WITHSTOOD: Final[Mapping[str, tuple[str, ...]]] = {
    "a worker killed at every commit, and between an effect and its commit": (
        "crash/test_any_moment.py",
        "crash/test_people_decide.py",
        "crash/test_worker_dies.py",
        "integration/test_folder_crash.py",
        "integration/test_storage_deaths.py",
    ),
    "a door killed during an upload, and right after its commit": (
        "crash/test_door_dies.py",
        "integration/test_door_process.py",
    ),
    "a server of Prefect that is killed, or stopped": (
        "integration/test_prefect_outages.py",
    ),
    "PostgreSQL restarted under load": ("integration/test_postgres_restart.py",),
    "a full disk": ("integration/test_disk_full.py",),
    "a clock that jumps": ("crash/test_clock_jumps.py",),
    "two workers on one database": ("crash/test_two_workers.py",),
    "a worker that sleeps past its lease": ("crash/test_worker_sleeps.py",),
    "a case that kills whoever works on it": ("crash/test_poison.py",),
    "a destination that hangs": ("acceptance/test_destinations_hanging.py",),
    "a specialist system that takes a case and says nothing": (
        "acceptance/test_destinations_drop.py",
    ),
    "a specialist system that is away for a weekend, and bad cases among good ones": (
        "acceptance/test_destinations_away.py",
        "acceptance/test_destinations_bad_cases.py",
    ),
    "a replay of 2,000 that stops, goes on and is killed": (
        "acceptance/test_destinations_replay.py",
    ),
    "bad input": (
        "integration/test_disk_full.py",
        "integration/test_door_bad_input.py",
        "integration/test_door_bounds.py",
        "integration/test_door_process.py",
        "integration/test_door_repeating.py",
        "integration/test_door_stores.py",
        "integration/test_door_wire.py",
    ),
    "a look for people's data in all that Prefect keeps": (
        "integration/test_prefect_runs.py",
    ),
}

FILES: Final = frozenset(file for files in WITHSTOOD.values() for file in files)
