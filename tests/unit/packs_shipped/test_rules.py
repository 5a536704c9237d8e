"""The business rules of demo-sozial: each can fire, and says what is wrong."""

import re
from typing import Final

import pytest
from lxml import etree

from schemas.findings import Severity, Verdict
from schemas.packs.manifest import INVALID_SAMPLES, VALID_SAMPLES
from tests.unit.packs_shipped.whole_check import (
    SHIPPED,
    checked,
    fired,
    rules,
    samples,
)

SCH: Final = "{http://purl.oclc.org/dsdl/schematron}"
SOCIAL: Final = ("demo-sozial-1.0", "demo-sozial-1.1")

Change = tuple[str, str, str]
REMARKS: Final[dict[str, Change]] = {
    # rule: a valid sample, what is replaced in it, and by what
    "DS-K-02": ("nachweis-geburtsurkunde", "fap:051110000002", "uvs:051110000001"),
    "DS-P-02": (
        "unterhaltsvorschuss-ein-kind",
        r'<ds:andererElternteil personRef="p2"/>',
        "<ds:andererElternteilUnbekannt>?</ds:andererElternteilUnbekannt>",
    ),
    "DS-GS-04": (
        "grundsicherung-im-alter",
        r"<ds:ende>[0-9-]+</ds:ende>",
        "<ds:ende>2031-01-01</ds:ende>",
    ),
    "DS-NW-02": (
        "nachweis-zwei-anlagen",
        r"<ds:sha256>[0-9a-f]+</ds:sha256>",
        f"<ds:sha256>{'ab' * 32}</ds:sha256>",
    ),
    "DS-UV-08": (
        "unterhaltsvorschuss-schulbesuch-und-kommunikationshilfe",
        r"<ds:schulbesuch>true</ds:schulbesuch>",
        "",
    ),
}


def assertions(key: str) -> list[etree._Element]:
    source = SHIPPED / key / "sch" / "demo-sozial.sch"
    return list(etree.parse(source).iter(f"{SCH}assert", f"{SCH}report"))


def changed(key: str, change: Change) -> bytes:
    name, pattern, new = change
    text = (SHIPPED / key / VALID_SAMPLES / f"{name}.xml").read_text(encoding="utf-8")
    done, count = re.subn(pattern, new, text)
    assert count
    return done.encode()


@pytest.mark.parametrize("key", SOCIAL)
def test_every_rule_that_refuses_is_shown_to_refuse(key: str) -> None:
    refusing = {one.get("id") for one in assertions(key) if not one.get("role")}

    seen: set[str] = set()
    for path in samples(key, INVALID_SAMPLES):
        if ".schematron-failed." in path.name:
            seen |= fired(checked(path.read_bytes(), key))

    assert seen == refusing


@pytest.mark.parametrize("rule", sorted(REMARKS))
def test_a_remark_is_noted_and_refuses_nothing(rule: str) -> None:
    result = checked(changed("demo-sozial-1.1", REMARKS[rule]), "demo-sozial-1.1")

    assert result.verdict is Verdict.ACCEPTED
    assert fired(result) == {rule}
    assert {one.severity for one in result.findings} == {Severity.WARNING}


@pytest.mark.parametrize("key", SOCIAL)
def test_every_remark_is_among_those_shown(key: str) -> None:
    remarks = {one.get("id") for one in assertions(key) if one.get("role")}

    assert remarks == REMARKS.keys() - ({"DS-UV-08"} if key == SOCIAL[0] else set())


@pytest.mark.parametrize("key", SOCIAL)
def test_a_rule_speaks_in_whole_sentences_and_quotes_no_value(key: str) -> None:
    for one in assertions(key):
        text = one.text or ""
        assert len(one) == 0, one.get("id")
        assert text[0].isupper(), text
        assert text.endswith("."), text


def test_a_failed_rule_says_where() -> None:
    sample = "unterhaltsvorschuss-summe-falsch.schematron-failed.xml"
    path = SHIPPED / "demo-sozial-1.1" / INVALID_SAMPLES / sample

    [found] = checked(path.read_bytes(), "demo-sozial-1.1").findings

    assert found.detail == "DS-E-01"
    assert "einkommen" in found.path
    assert found.german.startswith("Die Summe des Einkommens stimmt nicht")
    assert "1735" not in repr(found)


@pytest.mark.parametrize(
    ("made", "found"),
    [
        ("2026-06-14T22:30:00Z", set()),  # the 15th in Germany, in summer
        ("2026-06-15T00:30:00+02:00", set()),
        ("2026-06-15T10:15:00", set()),
        ("2026-06-14T21:59:59Z", {"DS-V-01"}),
    ],
)
def test_the_day_of_an_application_is_a_german_day(made: str, found: set[str]) -> None:
    change = (
        "unterhaltsvorschuss-ein-kind",
        "2026-06-15T10:15:00[+]02:00",
        made,
    )

    assert fired(checked(changed("demo-sozial-1.1", change), "demo-sozial-1.1")) == (
        found
    )


def test_a_day_has_no_zone_so_that_days_can_be_compared() -> None:
    change = ("unterhaltsvorschuss-ein-kind", "1991-03-08", "1991-03-08+02:00")

    result = checked(changed("demo-sozial-1.1", change), "demo-sozial-1.1")

    assert rules(result) == {"schema-violation"}


def test_each_kind_of_mistake_has_a_sample() -> None:
    kinds = {
        path.name.split(".")[-2]
        for key in SOCIAL
        for path in samples(key, INVALID_SAMPLES)
    }

    assert kinds == {
        "code-invalid",
        "dangling-idref",
        "doctype-forbidden",
        "duplicate-id",
        "encoding",
        "not-wellformed",
        "schema-violation",
        "schematron-failed",
        "wrong-message-code",
        "wrong-version",
    }
