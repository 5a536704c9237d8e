"""Big documents and floods of errors take neither memory nor time."""

import resource
import time
from pathlib import Path

import pytest

from schemas.checking.conforming import STORM, WIDE
from schemas.checking.reading import MAX_CHECKED_BYTES
from schemas.findings import MAX_FINDINGS, Verdict
from schemas.limits import MAX_JSON_BYTES, MIB
from schemas.packs.library import PackLibrary
from tests.unit.checking.looking import JSON, STANDARD, XML, add, antrag, look, rules

WRONG = "<person><name>A</name></person>"
RIGHT = "<person><name>Anna</name></person>"


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize(
    ("media_type", "limit"), [(XML, MAX_CHECKED_BYTES), (JSON, MAX_JSON_BYTES)]
)
def test_a_document_of_200_mb_is_refused_unread(media_type: str, limit: int) -> None:
    document = b"<" * (200 * MIB)
    before, began = peak_mib(), time.process_time()

    result = look(document, media_type=media_type)

    assert rules(result) == ["too-large"]
    assert result.verdict is Verdict.REFUSED
    assert peak_mib() - before < 20
    assert time.process_time() - began < 0.5
    assert f"{limit}" in result.findings[0].german


@pytest.mark.parametrize("number", [WIDE - 1, WIDE + 1, 30_000])
def test_a_flood_of_errors_is_told_in_a_moment(number: int) -> None:
    began = time.process_time()
    result = look(antrag(WRONG * number))

    assert time.process_time() - began < 3
    assert len(result.findings) == MAX_FINDINGS
    assert set(rules(result)) == {"schema-violation"}
    assert result.findings[7].path == "/antrag.neu.0100/person[8]/name"
    assert result.left_out >= STORM - MAX_FINDINGS


def test_a_wide_document_without_errors_is_right() -> None:
    result = look(antrag(RIGHT * (WIDE + 5)))

    assert result.findings == ()
    assert [one.stage for one in result.stages][-2:] == ["references", "cross-checks"]


def test_a_few_errors_in_a_wide_document_have_their_places() -> None:
    result = look(antrag(RIGHT * (WIDE + 5) + WRONG))

    (found,) = result.findings
    assert found.path == f"/antrag.neu.0100/person[{WIDE + 6}]/name"


def test_what_a_cut_makes_wrong_is_not_told() -> None:
    # Behind the flood stands what would be missed, had it been cut away too.
    document = antrag(WRONG * (WIDE + 5) + "<ja>true</ja>" + "<stufe/>")

    result = look(document)

    assert {one.detail for one in result.findings} == {"CVC_MINLENGTH_VALID"}


def test_big_texts_are_for_packs_that_declare_them(tmp_path: Path) -> None:
    add(tmp_path / "a", STANDARD)
    add(tmp_path / "b", STANDARD, huge_text=True)
    document = antrag(f"<text>{'QUJD' * (3 * MIB)}</text>")

    refused = look(document, packs=PackLibrary([tmp_path / "a"]))
    taken = look(document, packs=PackLibrary([tmp_path / "b"]))

    assert rules(refused) == ["not-wellformed"]
    assert taken.verdict is Verdict.ACCEPTED


def test_a_big_document_whose_beginning_says_nothing_is_refused() -> None:
    for start in (b"<", b" ", b"<!-- "):
        assert look(start * (11 * MIB // len(start))).verdict is Verdict.REFUSED
