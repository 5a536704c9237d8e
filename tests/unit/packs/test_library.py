"""Packs are found by what documents say, and used only as they were sealed."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from schemas.errors import PackBroken
from schemas.packs.activation import ACTIVATIONS
from schemas.packs.library import PackLibrary, shipped_packs
from schemas.packs.manifest import Form, Kind, Message
from schemas.packs.presence import Active, Inactive, PackEntry
from tests.unit.packs.making import (
    LIBRARY,
    ROOT,
    SPACE,
    TINY,
    activate,
    make_pack,
    write_files,
    xsd,
)


def keys(entries: tuple[PackEntry, ...]) -> list[str]:
    return [entry.key for entry in entries]


def why(library: PackLibrary, key: str) -> str:
    """Why this pack is inactive; "" where it is active."""
    entry = library.entry(key)
    assert entry is not None
    return entry.status.reason if isinstance(entry.status, Inactive) else ""


def test_no_place_and_no_pack_are_no_error(tmp_path: Path) -> None:
    library = PackLibrary([tmp_path / "nowhere", tmp_path])

    assert library.entries() == ()
    assert library.entry("a-1") is None
    assert library.for_root("", "a") == ()
    with pytest.raises(PackBroken, match="there is no such pack"):
        library.compiled("a-1")


def test_a_pack_says_exactly_which_it_is(tmp_path: Path) -> None:
    folder = make_pack(tmp_path)
    entry = PackLibrary([tmp_path]).entry("tiny-1")

    assert entry is not None
    assert (entry.folder, entry.manifest, entry.status) == (folder, TINY, Active())
    assert (entry.ref.id, entry.ref.version) == ("tiny", "1")
    assert len(entry.ref.sha256) == 64


def test_the_newest_validity_comes_first(tmp_path: Path) -> None:
    make_pack(tmp_path, version="1", valid_from=date(2024, 5, 1))
    make_pack(tmp_path, version="3")
    make_pack(tmp_path, version="2", valid_from=date(2025, 5, 1))
    make_pack(tmp_path, version="9", namespace="urn:example:else")

    found = PackLibrary([tmp_path]).for_root(SPACE, "antrag")

    assert keys(found) == ["tiny-2", "tiny-1", "tiny-3"]


def test_documents_are_recognised_by_root_uri_and_form(tmp_path: Path) -> None:
    make_pack(
        tmp_path,
        messages=(Message(name="antrag"), Message(name="b", namespace="urn:b")),
        standard_urn="urn:xoev-de:x:standard:tiny",
        uri_aliases=("https://schemas.example/tiny",),
        forms=(Form(profile="p", id="f"),),
    )
    library = PackLibrary([tmp_path])

    for found in (
        library.for_root(SPACE, "antrag"),
        library.for_root("urn:b", "b"),
        library.for_uri("https://schemas.example/tiny"),
        library.for_uri("urn:xoev-de:x:standard:tiny_1"),
        library.for_uri("urn:xoev-de:x:standard:tiny_1#antrag"),
        library.for_form("p", "f"),
    ):
        assert keys(found) == ["tiny-1"]
    for found in (
        library.for_root(SPACE, "b"),
        library.for_root("", "antrag"),
        library.for_uri("urn:xoev-de:x:standard:tiny"),
        library.for_uri(""),
        library.for_form("f", "p"),
    ):
        assert found == ()
    assert library.knows_namespace(SPACE)
    assert library.knows_namespace("urn:b")
    assert not library.knows_namespace("urn:c")
    assert not library.knows_namespace("")


def test_a_json_pack_recognises_no_xml(tmp_path: Path) -> None:
    make_pack(
        tmp_path,
        files={"a.json": "{}"},
        schemas=(),
        json_schema="a.json",
        kind=Kind.FIM_JSON,
    )

    assert PackLibrary([tmp_path]).for_root(SPACE, "antrag") == ()


@pytest.fixture
def places(tmp_path: Path) -> list[Path]:
    """An empty place of trusted packs, and one with an activated pack."""
    activate(make_pack(tmp_path / "operator"))
    return [tmp_path / "shipped", tmp_path / "operator"]


def test_an_activated_pack_is_active(places: list[Path]) -> None:
    library = PackLibrary(places)

    assert why(library, "tiny-1") == ""
    assert keys(library.for_root(SPACE, "antrag")) == ["tiny-1"]


def record_of(place: Path) -> Path:
    (record,) = (
        path for path in (place / ACTIVATIONS).iterdir() if "tiny-1" in path.read_text()
    )
    return record


def never_activated(place: Path) -> None:
    record_of(place).unlink()


def other_bytes(place: Path) -> None:
    make_pack(place, title="Another")


def broken_record(place: Path) -> None:
    record_of(place).write_text("{}")


def foreign_record(place: Path) -> None:
    record = record_of(place)
    said = json.loads(record.read_text()) | {"sha256": "0" * 64}
    record.write_text(json.dumps(said))


def other_manifest(place: Path) -> None:
    path = place / "tiny-1" / "pack.json"
    path.write_text(path.read_text().replace("A tiny", "A fine"))


def broken_manifest(place: Path) -> None:
    (place / "tiny-1" / "pack.json").write_text("{")


def no_sums(place: Path) -> None:
    (place / "tiny-1" / "pack.sums").unlink()


def other_folder(place: Path) -> None:
    (place / "tiny-1").rename(place / "tiny-1.old")


def requirement_missing(place: Path) -> None:
    activate(make_pack(place, requires=("lib-1",)))


def requirement_inactive(place: Path) -> None:
    make_pack(place, LIBRARY, {})
    requirement_missing(place)


def requirement_of_requirement_missing(place: Path) -> None:
    activate(make_pack(place, LIBRARY, {}, requires=("deep-1",)))
    requirement_missing(place)


@pytest.mark.parametrize(
    ("spoil", "key", "reason"),
    [
        (never_activated, "tiny-1", "it was never activated"),
        (other_bytes, "tiny-1", "its files are not those that were activated"),
        (broken_record, "tiny-1", "its activation: `sha256` is missing"),
        (foreign_record, "tiny-1", "its activation is for other bytes"),
        (other_manifest, "tiny-1", "pack.json: differs from pack.sums"),
        (broken_manifest, "tiny-1", "pack.json: is not JSON"),
        (no_sums, "tiny-1", "pack.sums: cannot be read"),
        (other_folder, "tiny-1.old", "its folder should be called tiny-1"),
        (requirement_missing, "tiny-1", "it requires lib-1, which is not there"),
        (requirement_inactive, "tiny-1", "it requires lib-1, which is not active"),
        (
            requirement_of_requirement_missing,
            "tiny-1",
            "it requires deep-1, which is not there",
        ),
    ],
)
def test_a_pack_that_may_not_be_used_says_why_and_stops_no_other(
    places: list[Path], spoil: Callable[[Path], None], key: str, reason: str
) -> None:
    activate(make_pack(places[1], id="good"))
    spoil(places[1])
    library = PackLibrary(places)

    assert why(library, key) == reason
    assert keys(library.for_root(SPACE, "antrag")) == ["good-1"]
    with pytest.raises(PackBroken) as caught:
        library.compiled(key)
    assert caught.value.detail == f"{key}: {reason}"
    assert library.compiled("good-1").ref.id == "good"


def test_the_first_of_two_packs_of_one_key_counts(places: list[Path]) -> None:
    first = make_pack(places[0], title="Shipped")
    library = PackLibrary(places)

    one, two = library.entries()
    assert (one.folder, one.status) == (first, Active())
    assert isinstance(two.status, Inactive)
    assert two.status.reason.startswith("another pack of the same id and version")
    assert library.entry("tiny-1") == one
    assert library.for_root(SPACE, "antrag") == (one,)


def test_packs_that_require_each_other_are_no_endless_circle(tmp_path: Path) -> None:
    make_pack(tmp_path, requires=("lib-1",))
    make_pack(tmp_path, LIBRARY, {}, requires=("tiny-1",))

    assert PackLibrary([tmp_path]).compiled("tiny-1").ref.id == "tiny"


def test_what_is_no_pack_is_passed_over(places: list[Path]) -> None:
    write_files(places[1], {"README": "", ".new/pack.json": "{", "empty/x": ""})

    assert keys(PackLibrary(places).entries()) == ["tiny-1"]


def test_an_operator_pack_may_require_a_shipped_one(tmp_path: Path) -> None:
    types = '<xs:simpleType name="k"><xs:restriction base="xs:date"/></xs:simpleType>'
    use = '<xs:element name="tag" type="l:k"/>'
    link = '<xs:import namespace="urn:l" schemaLocation="https://l.example/l.xsd"/>'
    make_pack(tmp_path / "a", LIBRARY, {"l.xsd": xsd(types, space="urn:l")})
    activate(
        make_pack(
            tmp_path / "b",
            files={
                "xsd/tiny.xsd": xsd(link + ROOT + use, spaces={"l": "urn:l"}),
                "catalog.json": '{"https://l.example/l.xsd": "../lib-1/l.xsd"}',
            },
            requires=("lib-1",),
        )
    )
    pack = PackLibrary([tmp_path / "a", tmp_path / "b"]).compiled("tiny-1")

    with pack.schema() as schema:
        assert schema.validate(
            etree.fromstring(f'<tag xmlns="{SPACE}">2026-05-01</tag>')
        )


def test_a_library_pack_checks_nothing(tmp_path: Path) -> None:
    make_pack(tmp_path, LIBRARY, {})
    pack = PackLibrary([tmp_path]).compiled("lib-1")

    with pytest.raises(PackBroken, match="no XML schema"), pack.schema():
        pass


def test_the_shipped_packs_lie_beside_the_code() -> None:
    assert shipped_packs().is_dir()
