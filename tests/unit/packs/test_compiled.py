"""Packs are used only as they were sealed, and compiled only when needed."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from lxml import etree

from schemas.errors import PackBroken
from schemas.packs.compiled import CompiledPack
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import Kind, Message
from tests.unit.packs.making import (
    BAD,
    FILES,
    GOOD,
    LIBRARY,
    SPACE,
    make_pack,
    seal,
    xsd,
)

SAMPLES = {"samples/valid/a.xml": GOOD, "LICENCE.txt": "ours", "sch/a.sch": "<a/>"}


@pytest.mark.parametrize("name", ["xsd/tiny.xsd", "pack.json", *SAMPLES, "pack.sums"])
def test_one_changed_byte_is_noticed_before_the_pack_is_used(
    tmp_path: Path, name: str
) -> None:
    folder = make_pack(tmp_path, files=dict(FILES) | SAMPLES)
    library = PackLibrary([tmp_path])
    body = bytearray((folder / name).read_bytes())
    body[len(body) // 2] ^= 1
    (folder / name).write_bytes(body)

    with pytest.raises(PackBroken) as caught:
        library.compiled("tiny-1")

    assert caught.value.detail.startswith("tiny-1: ")
    assert name in caught.value.detail or name == "pack.sums"


def test_a_changed_byte_in_a_required_pack_is_noticed(tmp_path: Path) -> None:
    folder = make_pack(tmp_path, LIBRARY, {"unused.xsd": xsd("")})
    make_pack(tmp_path, requires=("lib-1",))
    library = PackLibrary([tmp_path])
    (folder / "unused.xsd").write_text(xsd(" "))

    with pytest.raises(PackBroken, match=r"lib-1: unused\.xsd: differs"):
        library.compiled("tiny-1")


def test_a_pack_that_was_exchanged_as_a_whole_is_noticed(tmp_path: Path) -> None:
    folder = make_pack(tmp_path)
    library = PackLibrary([tmp_path])
    (folder / "more.txt").touch()
    seal(folder)

    with pytest.raises(PackBroken, match="was exchanged since"):
        library.compiled("tiny-1")


def test_a_pack_that_was_mended_works_again(tmp_path: Path) -> None:
    folder = make_pack(tmp_path)
    library = PackLibrary([tmp_path])
    (folder / "more.txt").touch()
    with pytest.raises(PackBroken):
        library.compiled("tiny-1")
    (folder / "more.txt").unlink()

    assert library.compiled("tiny-1").ref.id == "tiny"


def test_a_file_changed_after_compiling_is_noticed_when_it_is_read(
    tmp_path: Path,
) -> None:
    folder = make_pack(tmp_path, files=dict(FILES) | SAMPLES)
    pack = PackLibrary([tmp_path]).compiled("tiny-1")
    assert pack.read("sch/a.sch") == b"<a/>"
    (folder / "sch/a.sch").write_text("<b/>")

    with pytest.raises(PackBroken):
        pack.read("sch/a.sch")


def test_a_pack_is_compiled_once(tmp_path: Path) -> None:
    make_pack(tmp_path)
    library = PackLibrary([tmp_path])

    assert library.compiled("tiny-1") is library.compiled("tiny-1")


def test_threads_that_ask_at_once_get_the_same_pack(tmp_path: Path) -> None:
    make_pack(tmp_path)
    library, barrier = PackLibrary([tmp_path]), Barrier(8)

    def ask(_: int) -> CompiledPack:
        barrier.wait()
        return library.compiled("tiny-1")

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(ask, range(8)))

    assert len(found) == 1


def test_what_was_not_used_for_longest_is_forgotten(tmp_path: Path) -> None:
    for version in ("1", "2", "3"):
        make_pack(tmp_path, version=version)
    weight = PackLibrary([tmp_path]).compiled("tiny-1").weight
    library = PackLibrary([tmp_path], budget=weight * 2 + weight // 2)

    one, two = library.compiled("tiny-1"), library.compiled("tiny-2")
    assert library.compiled("tiny-1") is one
    library.compiled("tiny-3")

    assert library.compiled("tiny-1") is one
    assert library.compiled("tiny-2") is not two


def test_a_pack_heavier_than_the_budget_works_alone(tmp_path: Path) -> None:
    make_pack(tmp_path, version="1")
    make_pack(tmp_path, version="2")
    library = PackLibrary([tmp_path], budget=1)

    one = library.compiled("tiny-1")
    assert library.compiled("tiny-1") is one
    library.compiled("tiny-2")
    assert library.compiled("tiny-1") is not one


def test_a_thousand_packs_cost_little_at_start(tmp_path: Path) -> None:
    messages = tuple(Message(name=f"m{at}", code=f"{at:04}") for at in range(30))
    for version in range(1_000):
        make_pack(tmp_path, version=str(version), messages=messages)
    began = time.process_time()

    library = PackLibrary([tmp_path])

    assert time.process_time() - began < 2
    assert len(library.for_root(SPACE, "m7")) == 1_000
    assert library.compiled("tiny-7").manifest.version == "7"


def test_a_thread_has_its_schema_for_itself(tmp_path: Path) -> None:
    make_pack(tmp_path)
    pack = PackLibrary([tmp_path]).compiled("tiny-1")
    light = pack.weight

    with pack.schema() as one, pack.schema() as two:
        assert one is not two
        assert pack.weight > light
        assert one.validate(etree.fromstring(GOOD))
        assert not two.validate(etree.fromstring(BAD))
    with pack.schema() as again:
        assert again in {one, two}


def test_schemas_lent_to_many_are_not_all_kept(tmp_path: Path) -> None:
    make_pack(tmp_path)
    pack = PackLibrary([tmp_path]).compiled("tiny-1")
    lent = [pack.schema() for _ in range(10)]
    for one in lent:
        one.__enter__()
    heavy = pack.weight
    for one in lent:
        one.__exit__(None, None, None)

    assert pack.weight < heavy


def test_a_schema_that_something_went_wrong_with_is_not_lent_again(
    tmp_path: Path,
) -> None:
    make_pack(tmp_path)
    pack = PackLibrary([tmp_path]).compiled("tiny-1")

    with pytest.raises(KeyError), pack.schema() as odd:
        raise KeyError

    with pack.schema() as fresh:
        assert fresh is not odd


JSON_SCHEMA = {
    "type": "object",
    "properties": {"G1": {"$ref": "#/$defs/G"}, "F2": {"multipleOf": 0.01}},
    "required": ["F3"],
    "$defs": {"G": {"properties": {"F1": {"type": "string"}}}},
}


def json_pack(place: Path, schema: object) -> CompiledPack:
    make_pack(
        place,
        files={"json/a.schema.json": json.dumps(schema)},
        schemas=(),
        json_schema="json/a.schema.json",
        kind=Kind.FIM_JSON,
    )
    return PackLibrary([place]).compiled("tiny-1")


def test_a_json_schema_is_compiled_and_its_names_are_known(tmp_path: Path) -> None:
    pack = json_pack(tmp_path, JSON_SCHEMA)

    assert pack.json_validator is not None
    assert pack.json_validator.is_valid({"F3": 1, "F2": 19.99})
    assert not pack.json_validator.is_valid({"F3": 1, "G1": {"F1": 5}})
    assert pack.json_vocabulary == {"G1", "F1", "F2", "F3"}
    assert pack.vocabulary == frozenset()


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "http://127.0.0.1:1/a.json"}, "refers to http://127.0.0.1:1/a.json"),
        ({"$ref": "file:///etc/passwd"}, "refers to file:///etc/passwd"),
        ({"$ref": "other.json"}, "refers to "),
        ({"type": "nonsense"}, "is no JSON schema"),
        ({"$schema": "https://x.example/draft"}, "refers to https://x.example/draft"),
        ([], "is not a JSON object"),
    ],
)
def test_a_json_schema_that_is_none_or_leads_out_is_refused(
    tmp_path: Path, schema: object, said: str
) -> None:
    with pytest.raises(PackBroken) as caught:
        json_pack(tmp_path, schema)

    assert said in caught.value.detail
