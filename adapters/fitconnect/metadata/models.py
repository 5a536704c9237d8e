"""Models of metadata, compiled: our own, or the official ones that are supplied.

Ours judge as the official schemas do, which tests prove; they are no copies.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NoReturn, TypeAlias

import jsonschema_rs

from adapters.fitconnect.metadata.values import Version, version_of
from schemas.errors import Ours

_HERE: Final = Path(__file__).parent
_OURS: Final[Mapping[Version, str]] = {
    (1, 0, 0): "model_1.json",
    (2, 1, 0): "model_2.json",
}
_MOST_BYTES: Final = 1024 * 1024


class MetadataModelBroken(Ours):
    """``detail`` is the name of the file."""

    code = "E-FIT-METADATA-SCHEMA"
    sentence = "A file with a schema of metadata cannot be used:"
    remedy = "Download it again from schema.fitko.de, or take it out of the folder."


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """A compiled schema, and the names that may stand in a place."""

    version: Version
    validator: jsonschema_rs.Validator
    vocabulary: frozenset[str]


Models: TypeAlias = Mapping[Version, Model]


@cache
def our_models() -> Models:
    """As this version ships them."""
    return {
        version: _compiled(version, (_HERE / name).read_bytes(), name)
        for version, name in _OURS.items()
    }


def read_models(folder: Path) -> Models:
    """Ours, and instead of them the official ones in this folder.

    Which version a file is, its ``$id`` says. Raises MetadataModelBroken; files are
    read here, so call it once and not in the event loop.
    """
    found = dict(our_models())
    for path in sorted(folder.glob("*.json")):
        try:
            raw = path.read_bytes()
            version = version_of(_schema(raw).get("$id"))
        except (OSError, ValueError, RecursionError) as error:
            raise MetadataModelBroken(path.name) from error
        if version is None:
            raise MetadataModelBroken(f"{path.name} (its $id is none of metadata)")
        found[version] = _compiled(version, raw, path.name)
    return found


def model_for(models: Models, version: Version) -> Model | None:
    """Of the same major the nearest that is not newer, else the oldest; or None."""
    majors = [known for known in models if known[0] == version[0]]
    if not majors:
        return None
    older = [known for known in majors if known <= version]
    return models[max(older) if older else min(majors)]


def _schema(raw: bytes) -> dict[str, object]:
    if len(raw) > _MOST_BYTES:
        raise ValueError("too large")
    schema = json.loads(raw)
    if not isinstance(schema, dict):
        raise ValueError("no schema")  # noqa: TRY004 - one error for all
    return schema


def _compiled(version: Version, raw: bytes, name: str) -> Model:
    """From the text, so that 0.01 stays the number that is written there."""
    try:
        validator = jsonschema_rs.validator_for(
            raw.decode("utf-8-sig"), retriever=_nowhere
        )
    except ValueError as error:
        raise MetadataModelBroken(name) from error
    return Model(
        version=version,
        validator=validator,
        vocabulary=frozenset(_names(_schema(raw))),
    )


def _nowhere(_: str) -> NoReturn:
    raise LookupError("a schema of metadata refers to nothing outside")


def _names(schema: object) -> Iterator[str]:
    left = [schema]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            named = one.get("properties")
            yield from named if isinstance(named, dict) else ()
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
