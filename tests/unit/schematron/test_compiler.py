"""What a Schematron says is what its stylesheet does."""

import pytest

from schemas.errors import PackBroken
from schemas.schematron.compiler import compile_schematron
from schemas.schematron.saxon import run_stylesheet
from tests.unit.schematron.trying import (
    fired,
    nothing_there,
    schematron,
    stylesheet,
    tried,
)

PEOPLE = "<people>\n<person age='17'/>\n<person age='40'/>\n</people>"


def rule(context: str, *checks: str, more: str = "") -> str:
    return f'<sch:rule context="{context}" {more}>{"".join(checks)}</sch:rule>'


def pattern(*rules: str, more: str = "") -> str:
    return f"<sch:pattern {more}>{''.join(rules)}</sch:pattern>"


def check(id: str, test: str, text: str = "", more: str = "") -> str:  # noqa: A002
    return f'<sch:assert id="{id}" test="{test}" {more}>{text}</sch:assert>'


ADULT = check("adult", "@age >= 18", "Nur für Erwachsene.")


def test_an_assertion_that_fails_is_told_with_its_id_and_text() -> None:
    report = tried(pattern(rule("person", ADULT)), PEOPLE)

    assert report.rules == 2
    [one] = report.fired
    assert (one.assertion.id, one.assertion.text) == ("adult", "Nur für Erwachsene.")


def test_a_report_fires_when_its_test_holds() -> None:
    body = pattern(
        rule("person", '<sch:report id="minor" test="@age &lt; 18"/>'),
    )

    assert fired(body, PEOPLE) == [("minor", 2)]


def test_the_first_rule_that_fits_is_the_only_one_of_its_pattern() -> None:
    body = pattern(
        rule("person[@age='17']", check("first", "false()")),
        rule("person", check("second", "false()")),
    ) + pattern(rule("person[1]", check("other", "false()")))

    assert fired(body, PEOPLE) == [("first", 2), ("second", 3), ("other", 2)]


def test_a_test_with_a_comma_or_a_comment_stays_one_test() -> None:
    body = pattern(rule("person", check("some", "(@age, 1)[1] = 17 (: , :)")))

    assert fired(body, PEOPLE) == [("some", 3)]


def test_namespaces_are_those_declared() -> None:
    body = '<sch:ns prefix="x" uri="urn:x"/>' + pattern(
        rule("x:a", check("x", "xs:date(x:b) &lt; xs:date('2026-01-01')"))
    )

    assert fired(body, "<a xmlns='urn:x'><b>2026-02-01</b></a>") == [("x", 1)]
    assert fired(body, "<a><b>2026-02-01</b></a>") == []


def test_lets_of_schema_pattern_and_rule_are_seen_where_they_stand() -> None:
    body = '<sch:let name="least" value="18"/>' + pattern(
        '<sch:let name="all" value="count(//person)"/>',
        rule(
            "person",
            '<sch:let name="age" value="xs:integer(@age)"/>',
            check("sum", "$age ge $least and $all = 2"),
        ),
    )

    assert fired(body, PEOPLE) == [("sum", 2)]


def test_two_patterns_may_use_one_name_for_different_values() -> None:
    body = "".join(
        pattern(
            f'<sch:let name="least" value="{least}"/>',
            rule("person", check(f"from-{least}", "@age >= $least and '$least'")),
        )
        for least in (18, 65)
    )

    assert fired(body, PEOPLE) == [("from-18", 2), ("from-65", 2), ("from-65", 3)]


def test_an_abstract_pattern_is_filled_with_its_parameters() -> None:
    body = (
        '<sch:pattern abstract="true" id="required">'
        + rule("$where", check("there", "$what"))
        + "</sch:pattern>"
        + '<sch:pattern is-a="required"><sch:param name="where" value="person"/>'
        '<sch:param name="what" value="@name"/></sch:pattern>'
    )

    assert fired(body, PEOPLE) == [("there", 2), ("there", 3)]


def test_an_abstract_rule_stands_where_it_is_extended() -> None:
    body = pattern(
        rule("x", ADULT, more='id="grown" abstract="true"').replace('context="x"', ""),
        rule(
            "x",
            '<sch:extends rule="grown"/>',
            more='id="twice" abstract="true"',
        ),
        rule("person", '<sch:extends rule="twice"/>', check("last", "false()")),
    )

    assert fired(body, PEOPLE) == [("adult", 2), ("last", 2), ("last", 3)]


def test_a_phase_chooses_patterns() -> None:
    body = (
        '<sch:phase id="quick"><sch:active pattern="one"/></sch:phase>'
        + pattern(rule("person", check("one", "false()")), more='id="one"')
        + pattern(rule("person", check("two", "false()")), more='id="two"')
    )

    quick = fired(body, PEOPLE, 'queryBinding="xslt2" defaultPhase="quick"')
    assert {one for one, _ in quick} == {"one"}
    assert {one for one, _ in fired(body, PEOPLE)} == {"one", "two"}


def test_keys_and_functions_of_xslt_are_taken_over() -> None:
    body = (
        '<sch:ns prefix="f" uri="urn:f"/>'
        '<xsl:key name="by-age" match="person" use="@age"/>'
        '<xsl:function name="f:twice"><xsl:param name="n"/>'
        '<xsl:sequence select="2 * $n"/></xsl:function>'
        + pattern(
            rule("people", check("key", "key('by-age', '17') and f:twice(1) = 3"))
        )
    )

    assert fired(body, PEOPLE) == [("key", 1)]


def test_attributes_and_texts_can_be_looked_at() -> None:
    body = pattern(
        rule("@age", check("attribute", ". ge '18'")),
        rule("b/text()", check("text", "false()")),
    )

    report = tried(body, "<a age='17'><b>x</b></a>")

    attribute, text = report.fired
    assert (attribute.assertion.id, text.assertion.id) == ("attribute", "text")
    assert [step.is_attribute for step in attribute.steps] == [False, True]
    assert attribute.steps[-1].name == "age"
    assert [step.is_attribute for step in text.steps] == [False, False]


def test_a_place_is_that_of_the_node_among_its_brothers() -> None:
    body = pattern(rule("b", check("b", ". = ''")), rule("/", check("top", "false()")))
    document = "<a><b/>\n<c><b/>\n<!-- x --><b>1</b></c>\ntext<b/><b>2</b>\n</a>"

    assert fired(body, document) == [("top", 0), ("b", 3), ("b", 4)]


def test_many_places_take_no_longer_than_their_number() -> None:
    body = pattern(rule("b", check("b", "false()")))
    document = f"<a>{'<b/>' * 20_000}</a>"

    report = tried(body, document)

    assert len(report.fired) == 20_000
    assert report.fired[-1].steps[-1].position == 20_000


def test_included_files_stand_where_they_are_included() -> None:
    files = {
        "parts/rules.sch": schematron(
            '<sch:pattern id="in"><sch:include href="more.sch#adult"/></sch:pattern>'
        ),
        "parts/more.sch": schematron(rule("person", ADULT, more='id="adult"')),
    }

    made = compile_schematron(
        schematron('<sch:include href="parts/rules.sch#in"/>'),
        resolve=files.__getitem__,
    )

    report = run_stylesheet(made, PEOPLE.encode())
    assert [one.assertion.id for one in report.fired] == ["adult"]


def test_roles_and_flags_are_the_assertions_own_or_its_rules() -> None:
    body = pattern(
        rule(
            "people",
            check("own", "false()", more='role="warning"'),
            check("inherited", "false()"),
            more='role="error" flag="strict"',
        )
    )

    told = [one.assertion for one in tried(body, PEOPLE).fired]

    assert [(one.role, one.flag) for one in told] == [
        ("warning", "strict"),
        ("error", "strict"),
    ]


def test_an_assertion_without_id_is_named_by_its_rule_and_place() -> None:
    body = pattern(
        rule("people", '<sch:assert test="false()"/>', more='id="all-people"')
    )

    assert fired(body, PEOPLE) == [("all-people-1", 1)]


@pytest.mark.parametrize(
    "element",
    [
        '<sch:value-of select="@age"/>',
        "<sch:name/>",
        '<sch:name path="@age"/>',
        '<xsl:value-of select="@age"/>',
        '<sch:emph>…</sch:emph><sch:value-of select="@age"/>',
    ],
)
def test_a_text_shows_no_value_of_the_document(element: str) -> None:
    body = pattern(
        rule("person", check("adult", "@age >= 18", f"Mit {element} Jahren"))
    )
    made = stylesheet(body)

    [one] = run_stylesheet(made, PEOPLE.encode()).fired

    assert one.assertion.text.startswith("Mit …")
    assert "17" not in one.assertion.text
    assert b"@age" in made  # the test itself is there


def test_rules_for_xslt_1_compare_as_xslt_1_does() -> None:
    body = pattern(rule("people", check("first", "contains(person/@age, '17')")))

    assert fired(body, PEOPLE, "") == []


@pytest.mark.parametrize(
    ("body", "more"),
    [
        ("", 'queryBinding="javascript"'),
        ('<sch:include href="http://127.0.0.1/x.sch"/>', ""),
        ('<sch:include href="x.sch"/>', ""),
        ('<sch:include href="#x"/>', ""),
        ('<sch:pattern is-a="nothing"/>', ""),
        (pattern(rule("a", '<sch:extends rule="nothing"/>')), ""),
        (pattern(rule("", check("x", "true()"))), ""),
        (pattern(rule("a", check("x", ""))), ""),
        (pattern(rule("a"), more="documents=\"'other.xml'\""), ""),
        ('<xsl:include href="other.xsl"/>', ""),
        ('<xsl:template match="/"/>', ""),
        ('<sch:ns prefix="amtsweg" uri="urn:other"/>', ""),
        ('<sch:ns prefix="a b" uri="urn:a"/>', ""),
        ('<sch:ns prefix="xmlns" uri="urn:a"/>', ""),
        ("", 'defaultPhase="none"'),
        (
            pattern(
                rule("a", '<sch:extends rule="a"/>', more='abstract="true" id="a"'),
                rule("a", '<sch:extends rule="a"/>'),
            ),
            "",
        ),
    ],
)
def test_what_cannot_be_taken_is_refused(body: str, more: str) -> None:
    with pytest.raises(PackBroken):
        stylesheet(body, more)


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"<schema/>",
        b"<schema",
        b"<!DOCTYPE schema [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><schema>&x;</schema>",
    ],
)
def test_what_is_no_schematron_is_refused(source: bytes) -> None:
    with pytest.raises(PackBroken):
        compile_schematron(source, resolve=nothing_there)


def test_a_file_that_includes_itself_is_refused() -> None:
    body = schematron('<sch:include href="self.sch"/>')

    with pytest.raises(PackBroken):
        compile_schematron(body, resolve=lambda _: body)


def test_an_expression_that_saxon_does_not_understand_is_the_packs_fault() -> None:
    with pytest.raises(PackBroken):
        tried(pattern(rule("a", check("x", "1 +"))), "<a/>")
