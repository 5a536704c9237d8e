"""The record that a pack's samples went as they should, on these engines."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from schemas.errors import PackBroken
from schemas.packs.manifest_file import json_object
from schemas.packs.plain_json import NotPlain, from_plain, to_plain

ACTIVATIONS: Final = ".activations"


@dataclass(frozen=True, kw_only=True, slots=True)
class Activation:
    """Allows one pack, as it was then: another byte needs another record."""

    sha256: str
    key: str
    """Of the pack, for whoever looks into the folder."""
    engines: tuple[tuple[str, str], ...]
    """Name and version of what tried the samples."""
    valid_samples: int
    """Tried, and all accepted."""
    invalid_samples: int
    """Tried, and all refused."""
    at: datetime


def read_activation(place: Path, sha256: str) -> Activation | None:
    """The record for exactly these bytes; None = there is none."""
    try:
        body = _path(place, sha256).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PackBroken("the record of its activation cannot be read") from error
    try:
        found = from_plain(json_object(body, "its activation"), Activation)
    except NotPlain as error:
        raise PackBroken(f"its activation: {error}") from error
    if found.sha256 != sha256:
        raise PackBroken("its activation is for other bytes")
    return found


def write_activation(place: Path, activation: Activation) -> None:
    """Whole or not at all, whoever reads meanwhile."""
    path = _path(place, activation.sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{uuid4()}")
    text = json.dumps(to_plain(activation), indent=2, sort_keys=True) + "\n"
    try:
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, path)  # noqa: PTH105 - its name says what it does
    finally:
        fresh.unlink(missing_ok=True)


def activated_keys(place: Path) -> frozenset[str]:
    """Keys of packs that some record is about, whatever their bytes."""
    keys = set()
    for path in (place / ACTIVATIONS).glob("*.json"):
        try:
            found = read_activation(place, path.stem)
        except PackBroken:
            continue
        if found:
            keys.add(found.key)
    return frozenset(keys)


def _path(place: Path, sha256: str) -> Path:
    return place / ACTIVATIONS / f"{sha256}.json"
