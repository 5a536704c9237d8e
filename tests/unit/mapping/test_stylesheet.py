"""A map can be an XSLT, which gets the form and nothing else."""

from pathlib import Path

import pytest

from schemas.findings import Severity
from schemas.mapping.applying import from_xml, to_xml
from schemas.mapping.form_data import Form
from schemas.mapping.form_map import StylesheetMap
from schemas.mapping.stylesheet import check_stylesheet
from schemas.packs import manifest
from tests.unit.mapping.maps import GIVEN

XSL = 'version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'
FORWARD = f"""<xsl:stylesheet {XSL} xmlns:f="http://www.w3.org/2005/xpath-functions"
    xmlns:am="urn:amtsweg:form-map" exclude-result-prefixes="f am">
  <xsl:param name="uuid"/>
  <xsl:param name="reader"/>
  <xsl:template match="/f:map">
    <antrag uuid="{{$uuid}}" leser="{{$reader}}">
      <name am:field="name"><xsl:value-of select="f:string[@key='name']"/></name>
      <xsl:for-each select="f:array[@key='kinder']/f:map">
        <kind am:field="/kinder/{{position() - 1}}/alter">
          <xsl:value-of select="f:number[@key='alter']"/>
        </kind>
      </xsl:for-each>
    </antrag>
  </xsl:template>
</xsl:stylesheet>"""
BACK = f"""<xsl:stylesheet {XSL} xmlns="http://www.w3.org/2005/xpath-functions">
  <xsl:template match="/antrag">
    <map>
      <string key="name"><xsl:value-of select="name"/></string>
      <array key="kinder"><xsl:for-each select="kind">
        <map><string key="alter"><xsl:value-of select="."/></string></map>
      </xsl:for-each></array>
      <boolean key="ja">true</boolean><null key="nichts"/>
    </map>
  </xsl:template>
</xsl:stylesheet>"""
SHEETS = StylesheetMap(
    form=manifest.Form(profile="p", id="i"),
    forward=FORWARD.encode(),
    back=BACK.encode(),
)
FORM: Form = {"name": "Ju\u0308rgen & Söhne", "kinder": [{"alter": 3}, {"alter": 5}]}


def sheet(body: str, more: str = "") -> bytes:
    return (
        f"<xsl:stylesheet {XSL} {more}>"
        f'<xsl:template match="/">{body}</xsl:template></xsl:stylesheet>'
    ).encode()


def test_a_stylesheet_makes_the_document_and_names_the_fields() -> None:
    built = to_xml(SHEETS, FORM, GIVEN)

    assert built.problems == ()
    text = built.xml.decode()
    assert f'<antrag uuid="{GIVEN.uuid}" leser="uvs:051110000001">' in text
    assert "<name>Jürgen &amp; Söhne</name>" in text
    assert "am:" not in text
    assert built.field_of("/antrag/name") == "name"
    assert built.field_of("/antrag/kind[2]") == "/kinder/1/alter"


def test_the_way_back_makes_a_form() -> None:
    read = from_xml(SHEETS, to_xml(SHEETS, FORM, GIVEN).xml)

    assert read.form == {
        "name": "Jürgen & Söhne",
        "kinder": [{"alter": "3"}, {"alter": "5"}],
        "ja": True,
        "nichts": None,
    }
    assert from_xml(SHEETS, b"<other").is_other
    assert from_xml(SHEETS, b"<other/>").is_other


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a>",
        b"<html/>",
        b"<!DOCTYPE a [<!ENTITY e 'x'>]>" + sheet("&e;"),
        sheet("").replace(b"<xsl:template", b'<xsl:include href="a"/><xsl:template'),
        sheet("").replace(b"<xsl:template", b'<xsl:import href="a"/><xsl:template'),
        sheet('<xsl:document href="/tmp/x"/>'),
        sheet("<xsl:value-of select=\"document('/etc/passwd')\"/>"),
        sheet("<a b=\"{document ('a')}\"/>"),
        sheet('<xsl:value-of select="generate-id()"/>'),
        sheet(
            '<xsl:value-of select="d:date()"/>',
            'xmlns:d="http://exslt.org/dates-and-times"',
        ),
        sheet(
            '<e:document href="/tmp/x"/>',
            'xmlns:e="http://exslt.org/common" extension-element-prefixes="e"',
        ),
        sheet('<xsl:value-of select="a["/>'),
    ],
)
def test_a_stylesheet_that_reaches_out_is_refused_with_a_remedy(body: bytes) -> None:
    problems = check_stylesheet(body)
    built = to_xml(StylesheetMap(form=SHEETS.form, forward=body), FORM, GIVEN)

    assert problems
    assert all(sentence and remedy for sentence, remedy in problems)
    assert [one.severity for one in built.problems] == [Severity.INTERNAL]


@pytest.mark.parametrize("inside", ["'document(1)'", "'a:b('"])
def test_words_in_quotes_are_no_calls(inside: str) -> None:
    assert check_stylesheet(sheet(f'<xsl:value-of select="{inside}"/>')) == ()


def test_nothing_is_read_even_where_the_check_was_blind(tmp_path: Path) -> None:
    path = tmp_path / "secret.xml"
    path.write_text("<secret>Geheimnis</secret>")
    # The name of the function is hidden behind an entity of the parser.
    body = sheet(f"<a><xsl:copy-of select=\"docum&#101;nt('{path.as_uri()}')\"/></a>")

    built = to_xml(StylesheetMap(form=SHEETS.form, forward=body), FORM, GIVEN)

    assert b"Geheimnis" not in built.xml
    assert built.problems


def test_a_stylesheet_that_calls_itself_ends_as_our_fault() -> None:
    body = sheet('<xsl:call-template name="a"/>').replace(
        b"</xsl:stylesheet>",
        b'<xsl:template name="a"><xsl:call-template name="a"/></xsl:template>'
        b"</xsl:stylesheet>",
    )

    (problem,) = to_xml(
        StylesheetMap(form=SHEETS.form, forward=body), FORM, GIVEN
    ).problems

    assert problem.severity is Severity.INTERNAL


def test_a_stylesheet_without_a_document_is_our_fault() -> None:
    built = to_xml(StylesheetMap(form=SHEETS.form, forward=sheet("text")), {}, GIVEN)

    assert built.xml == b""
    assert built.problems[0].severity is Severity.INTERNAL


def test_a_form_that_xml_cannot_hold_is_the_senders() -> None:
    built = to_xml(SHEETS, {"name": "a\x00", "b\x01": "c"}, GIVEN)

    assert built.xml == b""
    assert {one.rule for one in built.problems} == {"form-field-invalid"}
