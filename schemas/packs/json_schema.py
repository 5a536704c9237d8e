"""Compiling a JSON schema; what it refers to comes from the pack or not at all."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

import jsonschema_rs

from schemas.errors import PackBroken
from schemas.packs.manifest_file import json_object
from schemas.packs.sums import Sealed, shown

_LENIENT: Final = ("date-time", "time", "duration", "email", "hostname", "uri", "iri")
"""Written in more ways than their RFCs say: a time without a zone, an address with
an umlaut. Only a day is compared with the calendar."""
_COST: Final = 30
"""Bytes in memory for each byte of JSON schema, about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonSchema:
    """A validator, and the names that may stand in a path."""

    validator: jsonschema_rs.Validator
    vocabulary: frozenset[str]
    weight: int


def compile_json_schema(pack: Sealed, name: str) -> JsonSchema:
    """Of this file; PackBroken where a reference leads out."""
    body = pack.read(name)
    schema = json_object(body, name)
    wanted: list[str] = []

    def retrieve(uri: str) -> NoReturn:
        wanted.append(uri)
        raise LookupError("not in the pack")

    try:
        validator = jsonschema_rs.validator_for(
            body.decode("utf-8-sig"),
            retriever=retrieve,
            validate_formats=True,
            formats=dict.fromkeys(_LENIENT, _taken),
        )
    except ValueError as error:
        reason = f"refers to {shown(wanted[0])}" if wanted else "is no JSON schema"
        raise PackBroken(f"{name} {reason}") from error
    return JsonSchema(
        validator=validator,
        vocabulary=frozenset(_properties(schema)),
        weight=_COST * len(body),
    )


def _taken(_: str) -> bool:
    return True


def _properties(schema: object) -> Iterator[str]:
    left = [schema]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            named = one.get("properties")
            if isinstance(named, dict):
                yield from named
            required = one.get("required")
            if isinstance(required, list):
                yield from (word for word in required if isinstance(word, str))
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
