"""From a proposal to a pack that is in use, or to the reasons why not; never half."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import time
from typing import Final, TypeAlias
from uuid import uuid4

from schemas.errors import PackBroken
from schemas.packs.activation import Activation, read_activation, write_activation
from schemas.packs.building.build import Built, build
from schemas.packs.building.proposal import Proposal
from schemas.packs.building.samples import (
    Measuring,
    Trial,
    measuring_here,
    try_samples,
)
from schemas.packs.building.staging import places_of, write_folder
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import MANIFEST, SUMS, Manifest
from schemas.packs.manifest_file import read_manifest
from schemas.packs.presence import Active, Inactive, PackEntry
from schemas.packs.sums import check_sums, pack_hash


@dataclass(frozen=True, kw_only=True, slots=True)
class Installed:
    """In its place and active."""

    folder: Path
    activation: Activation
    was_there: bool
    """The same bytes were in use already."""
    built: Built | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class NotActivated:
    """Why not; nothing was changed unless ``folder`` says where it was kept."""

    key: str
    reasons: tuple[str, ...]
    folder: Path | None = None


Outcome: TypeAlias = Installed | NotActivated


def install(
    proposal: Proposal,
    place: Path,
    library: PackLibrary,
    *,
    at: datetime,
    keep: bool = False,
    measuring: Measuring = measuring_here,
) -> Outcome:
    """Built and tried beside the others, put in place at the end.

    ``keep`` leaves a pack that cannot be activated there, for a person to look at.
    """
    key = proposal.manifest.key
    if gaps := tuple(_gaps(proposal)):
        return NotActivated(key=key, reasons=gaps)
    try:
        return _install(proposal, place, library, at=at, keep=keep, measuring=measuring)
    except OSError as error:
        raise PackBroken("the folder of packs cannot be written") from error


def _install(
    proposal: Proposal,
    place: Path,
    library: PackLibrary,
    *,
    at: datetime,
    keep: bool,
    measuring: Measuring,
) -> Outcome:
    key = proposal.manifest.key
    with _staging(place) as staging:
        folder = staging / key
        write_folder(proposal, folder)
        try:
            built = build(folder, library)
        except PackBroken as broken:
            kept = _kept(folder, place / key) if keep else None
            return NotActivated(key=key, reasons=(broken.detail,), folder=kept)
        if (place / key).exists():
            return _again(place / key, built, library, at=at, measuring=measuring)
        if library.entry(key) is not None:
            return NotActivated(key=key, reasons=(_TAKEN,))
        outcome = _activate(folder, built.sha256, library, at=at, measuring=measuring)
        if isinstance(outcome, NotActivated):
            kept = _kept(folder, place / key) if keep else None
            return NotActivated(key=key, reasons=outcome.reasons, folder=kept)
        # The record first: a pack without one would be seen as failed.
        write_activation(place, outcome.activation)
        if not _put(folder, place / key):
            return _again(place / key, built, library, at=at, measuring=measuring)
        return Installed(
            folder=place / key,
            activation=outcome.activation,
            was_there=False,
            built=built,
            notes=(*proposal.notes, *built.notes, *outcome.notes),
        )


def activate(
    folder: Path,
    library: PackLibrary,
    *,
    at: datetime,
    measuring: Measuring = measuring_here,
) -> Outcome:
    """For a pack that lies in its place already: tries its samples, keeps a record."""
    if changed := check_sums(folder):
        return NotActivated(key=folder.name, reasons=changed)
    sha256 = pack_hash((folder / SUMS).read_bytes())
    with _staging(folder.parent) as staging:
        manifest = _manifest_of(folder)
        shutil.copytree(folder, staging / manifest.key)
        outcome = _activate(
            staging / manifest.key, sha256, library, at=at, measuring=measuring
        )
    if isinstance(outcome, NotActivated):
        return outcome
    write_activation(folder.parent, outcome.activation)
    return Installed(
        folder=folder,
        activation=outcome.activation,
        was_there=True,
        notes=outcome.notes,
    )


_FORGOTTEN: Final = 24 * 60 * 60
"""Seconds after which nobody works on a staging folder any more."""
_TAKEN: Final = (
    "Another pack has this id and version. Packs never change: give this one another "
    "version with --version."
)


def _gaps(proposal: Proposal) -> Iterator[str]:
    for one in proposal.missing:
        yield f"{one.location or one.namespace} is missing. {one.advice}"
    if proposal.rivals:
        yield (
            "Several schemas could be the standard; name one with --main: "
            f"{', '.join(proposal.rivals)}"
        )


@contextmanager
def _staging(place: Path) -> Iterator[Path]:
    """On the same disk, so that putting in place is one step; hidden from scans."""
    for old in place.glob(".staging-*"):
        if time() - old.stat().st_mtime > _FORGOTTEN:
            shutil.rmtree(old, ignore_errors=True)
    staging = place / f".staging-{uuid4()}"
    staging.mkdir(parents=True)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _kept(folder: Path, target: Path) -> Path | None:
    return target if _put(folder, target) else None


def _put(folder: Path, target: Path) -> bool:
    """Whether it was free: somebody may have been quicker."""
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
            return False
        raise
    return True


def _again(
    folder: Path,
    built: Built,
    library: PackLibrary,
    *,
    at: datetime,
    measuring: Measuring,
) -> Outcome:
    """The same bytes once more are harmless; other bytes are another pack."""
    same = not check_sums(folder) and (
        pack_hash((folder / SUMS).read_bytes()) == built.sha256
    )
    if not same:
        return NotActivated(key=folder.name, reasons=(_TAKEN,))
    record = read_activation(folder.parent, built.sha256)
    if record is None:
        return activate(folder, library, at=at, measuring=measuring)
    return Installed(folder=folder, activation=record, was_there=True, built=built)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Proved:
    activation: Activation
    notes: tuple[str, ...]


def _activate(
    folder: Path,
    sha256: str,
    library: PackLibrary,
    *,
    at: datetime,
    measuring: Measuring,
) -> _Proved | NotActivated:
    """Among the other packs, as it will be; the record counts for the staging only."""
    manifest = _manifest_of(folder)
    record = Activation(
        sha256=sha256,
        key=manifest.key,
        engines=(),
        valid_samples=0,
        invalid_samples=0,
        at=at,
    )
    write_activation(folder.parent, record)
    shipped, *others = places_of(library)
    there = PackLibrary([shipped, folder.parent, *others])
    trial = _tried(folder, manifest, there, measuring)
    if trial.reasons:
        return NotActivated(key=manifest.key, reasons=trial.reasons)
    return _Proved(
        activation=Activation(
            sha256=sha256,
            key=manifest.key,
            engines=trial.engines,
            valid_samples=trial.valid,
            invalid_samples=trial.invalid,
            at=at,
        ),
        notes=trial.notes,
    )


def _tried(
    folder: Path, manifest: Manifest, library: PackLibrary, measuring: Measuring
) -> Trial:
    entry = library.entry(manifest.key)
    try:
        if entry is None or isinstance(entry.status, Inactive):
            raise PackBroken(_status_of(entry))
        library.compiled(manifest.key)
        with measuring(library) as measure:
            return try_samples(folder, manifest, measure)
    except PackBroken as broken:
        return Trial(valid=0, invalid=0, engines=(), reasons=(broken.detail,))


def _status_of(entry: PackEntry | None) -> str:
    if entry is None or isinstance(entry.status, Active):
        return "it is not found"
    return entry.status.reason


def _manifest_of(folder: Path) -> Manifest:
    try:
        return read_manifest((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise PackBroken(f"{MANIFEST}: cannot be read") from error
