"""JSON objects within tokens and keys, read strictly."""

import json
from typing import NoReturn


def read_object(raw: bytes | str) -> dict[str, object]:
    """The object. Raises ValueError for anything else, and for a member twice.

    Two parsers could otherwise see two headers in the same token.
    """
    try:
        text = raw if isinstance(raw, str) else raw.decode()
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one error for all
    return value


def write_object(value: object) -> bytes:
    """As short as JSON is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands twice")
    return found


def _refuse(_: str) -> NoReturn:
    raise ValueError("not a number of JSON")
