"""What the demonstration hands in is what the shipped packs describe."""

from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli.demo.applications import (
    HUNDESTEUER,
    WOHNGELD,
    Application,
    application,
)
from api.cli.demo.unterhaltsvorschuss import UNTERHALTSVORSCHUSS
from schemas.findings import CheckResult, Verdict
from tests import documents
from tests.unit.packs_shipped.whole_check import checked, fired, rules

PACKS: Final = {
    HUNDESTEUER: "demo-form-1.0",
    UNTERHALTSVORSCHUSS: "demo-sozial-1.1",
    WOHNGELD: "demo-fim-1.0",
}
moments = st.datetimes(
    min_value=datetime(2026, 5, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2040, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def looked_at(made: Application, at: datetime) -> CheckResult:
    assert isinstance(made.main.content, bytes)
    return checked(made.main.content, PACKS[made.service], on=at.date())


@given(number=st.integers(0, 10_000), seed=st.integers(0), at=moments)
def test_a_sound_application_is_accepted_and_a_broken_one_refused(
    number: int, seed: int, at: datetime
) -> None:
    made = application(number, Random(seed), at)

    result = looked_at(made, at)

    assert result.verdict is (Verdict.ACCEPTED if made.is_sound else Verdict.REFUSED)
    assert made.is_sound is (not result.findings)


@pytest.mark.parametrize("number", [10, 21, 32])
def test_an_application_that_breaks_a_rule_is_refused_for_a_reason(
    number: int,
) -> None:
    at = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)

    result = looked_at(application(number, Random(1), at), at)

    assert rules(result) <= {"schema-violation", "code-invalid", "schematron-failed"}
    assert all(one.path and one.german for one in result.findings)


def test_the_income_that_does_not_add_up_is_found_without_saxon_too() -> None:
    """The extra is not installed everywhere; the demonstration must be the same."""
    found = checked(documents.unterhaltsvorschuss(is_wrong=True), "demo-sozial-1.1")

    assert rules(found) == {"code-invalid", "schematron-failed"}
    assert fired(found) == {"DS-E-01"}


@pytest.mark.parametrize("children", [1, 2, 25, 250])
def test_a_family_may_be_large(children: int) -> None:
    document = documents.unterhaltsvorschuss(children)

    assert checked(document, "demo-sozial-1.1").findings == ()
    assert document.count(b"<kind ") == children


@pytest.mark.parametrize("is_wrong", [False, True])
def test_documents_for_tests_are_what_they_say(*, is_wrong: bool) -> None:
    wohngeld = checked(documents.wohngeld(is_wrong=is_wrong), "demo-fim-1.0")
    dog = checked(documents.hundesteuer(is_wrong=is_wrong), "demo-form-1.0")

    assert rules(wohngeld) == rules(dog)
    assert rules(dog) == ({"schema-violation"} if is_wrong else set())


@given(amount=st.decimals(min_value=0, max_value=999_999, places=3, allow_nan=False))
def test_an_amount_is_compared_to_the_cent_and_exactly(amount: Decimal) -> None:
    document = documents.wohngeld().replace(b"640.1,", f"{amount},".encode())

    found = rules(checked(document, "demo-fim-1.0"))

    assert f"{amount},".encode() in document
    is_whole_cents = amount == round(amount, 2)
    assert found == (set() if is_whole_cents else {"schema-violation"})


def test_an_address_with_an_umlaut_is_an_address() -> None:
    document = documents.wohngeld().replace(
        b"aenne@post.example", "änne@pöst.example".encode()
    )

    assert "änne@".encode() in document
    assert checked(document, "demo-fim-1.0").findings == ()
