"""Promises about problem documents: documented, alike, and discreet."""

import json
import re
from pathlib import Path

import pytest

from api.exchange import Exchange
from api.intake.refusals import MediaTypeRefused
from api.problems import ANSWERS, INTERNAL, incident_response, problem_response
from api.refusals import DoorRefusal
from schemas.errors import (
    DatabaseAway,
    EngineError,
    KeyMissing,
    LeaseLost,
    StorageFull,
    UnknownCase,
)

API = Path(__file__).resolve().parents[3] / "docs" / "api.md"
ROW = re.compile(r"^\| (\d{3}) \| `(E-[A-Z-]+)` \|", re.MULTILINE)
EXCHANGE = Exchange(id="4711")


def refusals(root: type[DoorRefusal] = DoorRefusal) -> list[type[DoorRefusal]]:
    found = []
    for child in root.__subclasses__():
        found += [child, *refusals(child)]
    return found


def answered() -> dict[str, int]:
    """Every code the door can answer with, and its status."""
    assert MediaTypeRefused in refusals()  # Those of the body are loaded, too.
    codes = {refusal.code: refusal.status for refusal in refusals()}
    codes |= {error.code: answer.status for error, answer in ANSWERS.items()}
    return codes | {INTERNAL: 500}


def test_every_code_is_documented_with_its_status() -> None:
    rows = ROW.findall(API.read_text(encoding="utf-8"))

    assert {code: int(status) for status, code in rows} == answered()
    assert [code for _, code in rows] == sorted(answered())


def test_every_refusal_has_a_code_a_sentence_and_a_remedy_of_its_own() -> None:
    kinds = refusals()

    for name in ("code", "sentence"):
        assert len({getattr(kind, name) for kind in kinds}) == len(kinds)
    assert all(kind.remedy.endswith(".") for kind in kinds)
    assert all(400 <= kind.status < 600 for kind in kinds)


@pytest.mark.parametrize(
    "error", [*(kind() for kind in refusals()), *(kind() for kind in ANSWERS)]
)
def test_every_problem_has_the_same_shape(error: EngineError) -> None:
    response = problem_response(error, EXCHANGE)
    document = json.loads(bytes(response.body))

    assert response.media_type == "application/problem+json"
    assert document["status"] == response.status_code
    assert document["code"] == error.code
    assert document["instance"] == "urn:amtsweg:request:4711"
    assert set(document) == {
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "code",
        "next",
    }


@pytest.mark.parametrize("error", [KeyMissing("kek-1"), LeaseLost(), EngineError("x")])
def test_a_fault_of_ours_is_told_as_an_incident_only(error: EngineError) -> None:
    response = problem_response(error, EXCHANGE)
    document = json.loads(bytes(response.body))

    assert (response.status_code, document["code"]) == (500, INTERNAL)
    assert document["incident"] == "4711"
    assert error.code not in str(document)
    assert "kek-1" not in str(document)


def test_a_foreign_error_says_nothing_outside() -> None:
    body = incident_response(ValueError("Erika Mustermann"), EXCHANGE).body

    assert b"Erika" not in bytes(body)
    assert b"ValueError" not in bytes(body)


def test_what_helps_a_sender_is_not_what_helps_an_administrator() -> None:
    for error in (StorageFull(), DatabaseAway()):
        document = json.loads(bytes(problem_response(error, EXCHANGE).body))
        assert document["next"] != error.remedy
    document = json.loads(bytes(problem_response(UnknownCase(), EXCHANGE).body))
    assert document["next"] == UnknownCase.remedy
