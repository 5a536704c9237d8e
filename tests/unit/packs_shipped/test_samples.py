"""Every sample is taken, or refused by exactly the rule that its name says."""

from collections import Counter
from pathlib import Path

import pytest

from schemas.findings import Severity, Verdict
from schemas.packs.manifest import INVALID_SAMPLES, VALID_SAMPLES
from tests.unit.packs_shipped.whole_check import KEYS, checked, rules, samples

RECOGNISING = [key for key in KEYS if key != "demo-lib-1"]
SOCIAL = ("demo-sozial-1.0", "demo-sozial-1.1")


def named(path: Path) -> str:
    return f"{path.parents[2].name}/{path.name}"


def all_samples(place: str) -> list[Path]:
    return [path for key in RECOGNISING for path in samples(key, place)]


@pytest.mark.parametrize("sample", all_samples(VALID_SAMPLES), ids=named)
def test_a_valid_sample_is_accepted_without_a_remark(sample: Path) -> None:
    result = checked(sample.read_bytes(), sample.parents[2].name)

    assert result.verdict is Verdict.ACCEPTED
    assert result.findings == ()
    assert result.pack is not None
    assert f"{result.pack.id}-{result.pack.version}" == sample.parents[2].name


@pytest.mark.parametrize("sample", all_samples(INVALID_SAMPLES), ids=named)
def test_an_invalid_sample_is_refused_by_the_rule_in_its_name(sample: Path) -> None:
    result = checked(sample.read_bytes(), sample.parents[2].name)

    assert rules(result) == {sample.name.split(".")[-2]}
    assert {one.severity for one in result.findings} == {Severity.ERROR}


@pytest.mark.parametrize("key", RECOGNISING)
def test_every_application_has_samples_enough(key: str) -> None:
    applications = {
        "demo-fim-1.0": {""},
        "demo-form-1.0": {""},
    }.get(key, {"bildung-und-teilhabe", "grundsicherung", "unterhaltsvorschuss"})

    for place, least in ((VALID_SAMPLES, 3), (INVALID_SAMPLES, 4)):
        names = [path.name for path in samples(key, place)]
        found = Counter(
            start for start in applications for name in names if name.startswith(start)
        )
        assert all(found[start] >= least for start in applications)


@pytest.mark.parametrize("key", SOCIAL)
def test_every_message_has_a_sample_of_each_kind(key: str) -> None:
    messages = {
        checked(path.read_bytes(), key).message for path in samples(key, VALID_SAMPLES)
    }
    refused = {
        checked(path.read_bytes(), key).message
        for path in samples(key, INVALID_SAMPLES)
    }

    assert len(messages) == 6
    assert messages <= refused


def test_samples_have_the_names_that_german_registers_know() -> None:
    text = "".join(path.read_text() for path in all_samples(VALID_SAMPLES))

    assert set("äöüßÄÖçøŁşễŠ’„“") <= set(text)
    assert "C\u0326elik" in text  # a letter that exists only in two parts
