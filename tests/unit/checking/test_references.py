"""What libxml2 does not look at: references, and codes in their lists."""

from pathlib import Path

import pytest

from schemas.findings import MAX_FINDINGS, Severity, Verdict
from schemas.packs.code_lists import CodeListIndex, write_index
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import ListPolicy
from tests.unit.checking.looking import (
    COUNTRIES,
    KINDS,
    LISTS,
    STANDARD,
    add,
    antrag,
    look,
    only,
    rules,
)


def people(*said: str) -> bytes:
    return antrag("".join(f"<person {one}><name>Anna</name></person>" for one in said))


def coded(code: str, says: str = "") -> bytes:
    return antrag(
        f"<person><name>Anna</name><staat {says}><code>{code}</code></staat></person>"
    )


def kind(code: str) -> bytes:
    return antrag(f"<person><name>Anna</name><art>{code}</art></person>")


@pytest.mark.parametrize(
    "document",
    [
        people('id="a"', 'ref="a"'),
        people('ref="a"', 'id="a" ref="a"'),
        people('id=" a "', 'ref="a"'),
        people('id="a"', 'ref=" a "'),
        people('id="a"', 'id="b"'),
        people(),
    ],
)
def test_a_reference_to_an_id_of_the_document_is_right(document: bytes) -> None:
    assert look(document).findings == ()


def test_a_reference_to_nothing_is_an_error_at_its_place() -> None:
    found = only(look(people('id="a"', 'ref="b"')))

    assert (found.rule, found.severity) == ("dangling-idref", Severity.ERROR)
    assert found.path == "/antrag.neu.0100/person[2]/@ref"
    assert found.line == 1
    assert "„ref“" in found.german


def test_every_reference_to_nothing_is_told() -> None:
    assert rules(look(people('ref="x"', 'ref="y"', 'ref="x"'))) == (
        ["dangling-idref"] * 3
    )


def test_an_id_that_stands_twice_is_told_once() -> None:
    found = only(look(people('id="a"', 'id="b"', 'id="a"')))

    assert found.rule == "duplicate-id"
    assert found.path == "/antrag.neu.0100/person[3]/@id"


def test_ids_in_a_namespace_are_found(tmp_path: Path) -> None:
    names = (("{urn:n}id",), ("{urn:n}ref",))
    add(tmp_path, STANDARD, id_attributes=names[0], idref_attributes=names[1])
    document = antrag("", says='xmlns:n="urn:n" n:ref="a"')

    found = look(document, packs=PackLibrary([tmp_path])).findings

    assert [one.rule for one in found] == ["schema-violation", "dangling-idref"]


@pytest.mark.parametrize("code", ["000", "152", " 152 "])
def test_a_code_of_the_list_is_right(code: str) -> None:
    assert look(coded(code)).findings == ()


def test_a_code_that_is_not_in_its_list_is_noted() -> None:
    result = look(coded("999"))
    found = only(result)

    assert (found.rule, found.severity) == ("code-invalid", Severity.WARNING)
    assert (found.detail, found.path) == (COUNTRIES, "/antrag.neu.0100/person/staat")
    assert result.verdict is Verdict.ACCEPTED


def test_a_list_in_a_version_we_lack_is_noted_once() -> None:
    one = "<person><name>Anna</name><staat listVersionID='7'><code>1</code></staat>"
    result = look(antrag(f"{one}</person>" * 3))

    assert only(result).rule == "codelist-unknown"
    assert only(result).detail == COUNTRIES
    assert result.verdict is Verdict.ACCEPTED


def test_a_list_that_only_the_document_names_is_not_told(tmp_path: Path) -> None:
    found = only(look(coded("1", 'listURI="urn:marker"')))

    assert found.rule == "codelist-unknown"
    assert "marker" not in repr(found)


def test_a_pack_may_want_its_codes_to_be_right() -> None:
    result = look(kind("Z"))

    assert (only(result).rule, only(result).detail) == ("code-invalid", KINDS)
    assert result.verdict is Verdict.REFUSED


@pytest.mark.parametrize("policy", ListPolicy)
def test_the_pack_says_what_an_unknown_code_means(
    tmp_path: Path, policy: ListPolicy
) -> None:
    add(
        tmp_path,
        STANDARD,
        {"codelist_index.json": write_index(LISTS)},
        code_list_default=policy,
        code_list_policies={},
    )
    result = look(kind("Z"), packs=PackLibrary([tmp_path]))

    assert [one.severity.value for one in result.findings] == {
        ListPolicy.ERROR: ["error"],
        ListPolicy.WARN: ["warning"],
        ListPolicy.IGNORE: [],
    }[policy]


def test_a_pack_without_lists_has_nothing_to_say(tmp_path: Path) -> None:
    index = write_index(CodeListIndex())
    add(tmp_path, STANDARD, {"codelist_index.json": index})

    assert look(coded("999"), packs=PackLibrary([tmp_path])).findings == ()


def test_an_error_is_kept_however_many_warnings_come_before() -> None:
    codes = "<person><name>Anna</name><staat><code>9</code></staat></person>"
    last = "<person ref='x'><name>Anna</name><art>Z</art></person>"

    result = look(antrag(codes * 150 + last))

    assert len(result.findings) == MAX_FINDINGS
    assert result.left_out == 52
    assert result.verdict is Verdict.REFUSED
    assert {"code-invalid", "dangling-idref"} == set(rules(result))
