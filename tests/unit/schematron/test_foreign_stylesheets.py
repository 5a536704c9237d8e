"""Stylesheets of other compilers, which write SVRL."""

import pytest

from schemas.schematron.report import NoReport, Report
from schemas.schematron.saxon import run_stylesheet

SVRL = """<xsl:stylesheet version="2.0" xmlns:svrl="http://purl.oclc.org/dsdl/svrl"
  xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:template match="/">{body}</xsl:template></xsl:stylesheet>"""
OUTPUT = "<svrl:schematron-output><svrl:fired-rule/>{}</svrl:schematron-output>"


def run(body: str) -> Report:
    return run_stylesheet(
        SVRL.format(body=OUTPUT.format(body)).encode(), b"<a>\n<b>geheim</b></a>"
    )


def test_failed_assertions_and_reports_are_read() -> None:
    report = run(
        """<svrl:failed-assert id="A" role="warning" location="/*:a[1]/*:b[1]">
           <svrl:text>Immer <xsl:value-of select="//b"/>!</svrl:text>
           </svrl:failed-assert>
           <svrl:successful-report location="/a">
           <xsl:attribute name="id">B</xsl:attribute>
           <xsl:attribute name="flag">fatal</xsl:attribute>
           <svrl:text>Fest</svrl:text></svrl:successful-report>"""
    )

    first, second = report.fired
    assert report.rules == 1
    assert (first.assertion.id, first.assertion.role) == ("A", "warning")
    assert [step.name for step in first.steps] == ["a", "b"]
    assert first.assertion.text == "Immer …!"
    assert (second.assertion.id, second.assertion.flag) == ("B", "fatal")
    assert second.assertion.text == "Fest"


@pytest.mark.parametrize(
    "body",
    [
        '<svrl:failed-assert id="{//b}" role="{//b}"/>',
        (
            '<svrl:failed-assert><xsl:attribute name="id" select="//b"/>'
            "</svrl:failed-assert>"
        ),
        (
            '<svrl:failed-assert><xsl:attribute name="id"><xsl:value-of select="//b"/>'
            "</xsl:attribute></svrl:failed-assert>"
        ),
        (
            '<svrl:failed-assert location="/geheim"><svrl:text>'
            '<xsl:value-of select="//b"/></svrl:text></svrl:failed-assert>'
        ),
    ],
)
def test_ids_roles_and_texts_that_are_worked_out_are_not_believed(body: str) -> None:
    report = run(body)

    assert len(report.fired) == 1
    assert "geheim" not in repr(report.fired[0].assertion)


def test_an_id_with_several_texts_has_none() -> None:
    twice = '<svrl:failed-assert id="A"><svrl:text>{}</svrl:text></svrl:failed-assert>'

    report = run(twice.format("eins") + twice.format("zwei"))

    assert [one.assertion.text for one in report.fired] == ["", ""]


@pytest.mark.parametrize("body", ["", "<other/>", "Text", "<a/><b/>"])
def test_an_output_that_is_no_report_is_a_failure(body: str) -> None:
    with pytest.raises(NoReport):
        run_stylesheet(SVRL.format(body=body).encode(), b"<a/>")
