"""Looks at a folder without leaving anything in it."""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from adapters.base import Finding
from adapters.folder.layout import LEDGER
from adapters.folder.settings import FolderConnection
from schemas.limits import FREE_SPACE_FLOOR, MIB


def check_folder(root: Path, connection: FolderConnection) -> tuple[Finding, ...]:
    """What was looked at, in order; stops where the rest cannot be told."""
    findings = []
    for finding in _looks(root, connection):
        findings.append(finding)
        if not finding.ok:
            break
    return tuple(findings)


def _looks(root: Path, connection: FolderConnection) -> Iterator[Finding]:
    for mount in connection.mount_point:
        yield _finding("mount", os.path.ismount(mount), "Mount the file system.")
    if not connection.path.is_absolute() and not root.exists():
        # Ours to make, with the first delivery: look at what it will lie in.
        root = next(folder for folder in root.parents if folder.exists())
    yield _finding("folder", root.is_dir(), "Make the folder, or correct `path`.")
    yield _finding(
        "writable", _is_writable(root), "Give this process the right to write there."
    )
    yield _finding(
        "one file system",
        _is_one_file_system(root),
        f"`{LEDGER}` must lie on the same file system as the folder around it.",
    )
    room = shutil.disk_usage(root).free
    yield _finding(
        "free space",
        room >= FREE_SPACE_FLOOR,
        f"Only {room // MIB} MiB are left: free some.",
    )


def _is_writable(root: Path) -> bool:
    probe = root / f".amtsweg-probe-{secrets.token_hex(4)}"
    moved = probe.with_suffix(".moved")
    try:
        probe.mkdir()
        probe.rename(moved)
        moved.rmdir()
    except OSError:
        for left in (probe, moved):
            if left.exists():
                left.rmdir()
        return False
    return True


def _is_one_file_system(root: Path) -> bool:
    ledger = root / LEDGER
    return not ledger.exists() or ledger.stat().st_dev == root.stat().st_dev


def _finding(subject: str, ok: bool, remedy: str) -> Finding:  # noqa: FBT001 - the finding itself
    return Finding(subject=subject, ok=ok, remedy="" if ok else remedy)
