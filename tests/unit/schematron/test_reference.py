"""Real Schematrons: no real sample fails, and what is made wrong is noticed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from schemas.schematron.compiler import compile_schematron
from schemas.schematron.report import NoReport, Report
from schemas.schematron.saxon import run_stylesheet
from tests.unit.schematron.trying import line, nothing_there

STANDARDS = {"xschule": 16, "xhochschule": 8, "xberufsbildung": 9, "xbildung": 0}
NOT_LISTED = "wert_nicht_in_liste"


@pytest.fixture(scope="module")
def schemas(shared: Path) -> Path:
    return shared / "reference" / "schemas"


def compiled(schemas: Path, standard: str) -> bytes:
    source = schemas / standard / "schematron" / f"{standard}-schematron.sch"
    return compile_schematron(source.read_bytes(), resolve=nothing_there)


def samples(schemas: Path, standard: str) -> list[Path]:
    return sorted((schemas / standard / "samples").glob("**/*.xml"))


@pytest.mark.parametrize("standard", STANDARDS)
def test_no_rule_fires_on_real_samples(schemas: Path, standard: str) -> None:
    stylesheet = compiled(schemas, standard)

    reports = [
        run_stylesheet(stylesheet, one.read_bytes())
        for one in samples(schemas, standard)
    ]

    assert len(reports) == STANDARDS[standard]
    assert not any(one.fired for one in reports)
    assert not reports or any(one.rules for one in reports)


def mutations(document: bytes, stylesheet: bytes) -> Iterator[Report]:
    """Each value of a code said to be outside of its list, one at a time."""
    count = len(list(etree.fromstring(document).iter("code")))
    for place in range(count):
        root = etree.fromstring(document)
        code = list(root.iter("code"))[place]
        if not len(code):
            code.text = NOT_LISTED
            yield run_stylesheet(stylesheet, etree.tostring(root))


def test_a_value_that_is_not_listed_and_not_explained_is_noticed(schemas: Path) -> None:
    stylesheet = compiled(schemas, "xschule")
    noticed = {
        fired.assertion.id
        for one in samples(schemas, "xschule")[2:4]
        for report in mutations(one.read_bytes(), stylesheet)
        for fired in report.fired
    }

    assert len(noticed) >= 2
    assert all("WNIL" in one for one in noticed)


def test_a_wrong_mark_is_noticed_where_it_stands(schemas: Path) -> None:
    stylesheet = compiled(schemas, "xhochschule")
    [sample] = [
        one
        for one in samples(schemas, "xhochschule")
        if one.name == "Hochschulabschlusszeugnis.xml"
    ]
    root = etree.fromstring(sample.read_bytes())
    mark = next(one for one in root.iter("{*}note") if (one.text or "").strip())
    mark.text = "sehr gut"

    wrong = etree.tostring(root)
    report = run_stylesheet(stylesheet, wrong)

    [fired] = report.fired
    assert "Benotungsschema" in fired.assertion.id
    assert (
        "sehr gut"
        in wrong.decode().splitlines()[line(etree.fromstring(wrong), fired.steps) - 1]
    )
    assert "sehr gut" not in repr(fired)


def test_a_stylesheet_compiled_by_others_is_understood(schemas: Path) -> None:
    cii = schemas / "cii"
    stylesheet = (cii / "xslt" / "EN16931-CII-validation.xslt").read_bytes()
    sample = (cii / "samples" / "CII_example3.xml").read_bytes()
    total = etree.fromstring(sample)
    for one in total.iter("{*}GrandTotalAmount"):
        one.text = "1.00"

    report = run_stylesheet(stylesheet, etree.tostring(total))

    assert not run_stylesheet(stylesheet, sample).fired
    [found] = [one.assertion for one in report.fired if one.assertion.id == "BR-CO-15"]
    assert found.flag == "fatal"
    assert found.text.startswith("[BR-CO-15]")


def test_a_stylesheet_for_another_version_is_no_success(schemas: Path) -> None:
    """It was made for version 1.0 and writes nothing at all about 1.2."""
    folder = schemas / "xhochschule"
    stylesheet = folder / "schematron" / "xhochschule-schematron-compiled.xsl"
    sample = samples(schemas, "xhochschule")[0]

    with pytest.raises(NoReport):
        run_stylesheet(stylesheet.read_bytes(), sample.read_bytes())
