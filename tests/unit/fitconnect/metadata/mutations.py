"""Valid JSON made a little different: what two models must judge alike."""

import json
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final, TypeAlias, cast

from hypothesis import strategies as st

from adapters.fitconnect.metadata import models

Path: TypeAlias = tuple[str | int, ...]
_Holder: TypeAlias = dict[str | int, object]
"""Or a list; the path fits either."""
LENGTHS: Final = (
    *(0, 1, 6, 7, 8, 9, 10, 11, 31, 32, 36, 37, 60, 61, 64, 65),
    *(127, 128, 129, 150, 151, 255, 256, 682, 683),
)
WORDS: Final = (
    *("", " ", "a", "ä", "\n", "SHA512", "image/svg+xml", "a/b/c", "ä/b", "text plain"),
    *("booked", "EC", "verify", "PS512", "1.0.0", "01.0.0", "1.0", "urn:a:b", "urn:a:"),
    *("URN:a:b", "urn:a:ü", "urn:a:" + "b" * 250, "hh/by", "HH/by", "0123456789"),
    *("0123456789x", "٠١٢٣٤٥٦٧٨٩", "a b", "a\n", "a=/+", "!", "_-", "+/="),
    "https://schema.fitko.de/fit-connect/metadata/2.99.0/metadata.schema.json",
    "https://schema.fitko.de/fit-connect/metadata/2.1/metadata.schema.json",
    "https://schema.fitko.de/fit-connect/metadata/1.1.0/metadata.schema.json",
    "https://schema.fitko.de/fit-connect/metadata/2.1.0/metadata.schema.json\n",
    "https://schema-fitko.de/fit-connect/metadata/2.1.0/metadata.schema.json",
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n\r\n",
)
NUMBERS: Final = (
    *(0, 1, -1, True, False, None, 10**30),
    *map(Decimal, ("0.01", "0.009", "0.07", "4.35", "19.995", "1E+2", "-0.01", "0.0")),
)
OTHERS: Final[tuple[object, ...]] = (
    [],
    {},
    [1],
    [""],
    ["a" * 36],
    ["a" * 36, "b" * 36],
    {"a": 1},
    [{}],
)
BLANKS: Final[tuple[object, ...]] = ("x", {}, [])
NAMES: Final = (
    *(
        "x",
        "data",
        "hash",
        "eMail",
        "deMail",
        "fink",
        "elster",
        "fitConnect",
        "content",
    ),
    *("fragments", "signature", "purpose", "$schema", "submissionDate"),
)


def singles(value: object) -> Iterator[object]:
    """Every instance that differs in one place, in each way that we know."""
    for path in paths(value):
        for new in replacements(at(value, path)):
            yield changed(value, path, new)
        if path:
            yield without(value, path)


@st.composite
def mutated(draw: st.DrawFn, sources: list[dict[str, object]]) -> object:
    """One of the sources with two to four changes."""
    value: object = draw(st.sampled_from(sources))
    for _ in range(draw(st.integers(2, 4))):
        path = draw(st.sampled_from(paths(value)))
        if path and draw(st.integers(0, 4)) == 0:
            value = without(value, path)
        else:
            value = changed(
                value, path, draw(st.sampled_from(replacements(at(value, path))))
            )
    return value


def paths(value: object, here: Path = ()) -> list[Path]:
    """Of everything within."""
    found = [here]
    if isinstance(value, Mapping):
        for name, one in value.items():
            found += paths(one, (*here, name))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            found += paths(one, (*here, place))
    return found


def at(value: object, path: Path) -> object:
    for step in path:
        value = cast("_Holder", value)[step]
    return value


def changed(value: object, path: Path, new: object) -> object:
    """Another value; what does not differ is shared."""
    if not path:
        return new
    copy = cast("_Holder", value).copy()
    copy[path[0]] = changed(copy[path[0]], path[1:], new)
    return copy


def without(value: object, path: Path) -> object:
    copy = cast("_Holder", value).copy()
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = without(copy[path[0]], path[1:])
    return copy


def replacements(old: object) -> Sequence[object]:
    """What may stand there instead: mostly of the same type, so that it matters."""
    same: list[object] = []
    if isinstance(old, str):
        same += [_resized(old, length) for length in LENGTHS]
        same += [old[:1] + odd + old[2:] for odd in "aF0-_ä\n/.+= "]
    elif isinstance(old, dict):
        same += [{**old, name: one} for name in NAMES for one in BLANKS]
    elif isinstance(old, list):
        items: list[object] = old
        same.append([*items, *items])
        same += [[*items, one] for one in (*WORDS[:6], *OTHERS, 1)]
    return (*same, *WORDS, *enumerated(), *NUMBERS, *OTHERS)


@cache
def enumerated() -> tuple[str, ...]:
    """The words of every enumeration in our models."""
    return tuple(sorted({word for model in our_texts() for word in words(model)}))


def our_texts() -> list[object]:
    """Our models as JSON, the first one first."""
    files = sorted(pathlib.Path(models.__file__).parent.glob("model_*.json"))
    return [json.loads(file.read_text("utf-8")) for file in files]


def words(schema: object, keyword: str = "enum") -> set[str]:
    """What stands under this keyword, anywhere."""
    found: set[str] = set()
    left: list[object] = [schema]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            found |= set(one.get(keyword, ()))
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
    return found


def _resized(old: str, length: int) -> str:
    return (old * (length // max(1, len(old)) + 1))[:length] if old else "a" * length
