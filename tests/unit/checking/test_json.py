"""JSON is read strictly, its numbers exactly, and told by the words of its schema."""

import json
import time

import pytest

from schemas.checking.claims import FormOf
from schemas.checking.json_documents import ALL_ERRORS_BYTES
from schemas.checking.policy import CheckPolicy
from schemas.findings import CheckResult, Verdict
from schemas.limits import MAX_JSON_DEPTH
from tests.unit.checking.looking import JSON, look, only, rules

FORM = CheckPolicy(claim=FormOf(profile="haus", id="F1"))


def js(body: str | bytes) -> CheckResult:
    document = body.encode() if isinstance(body, str) else body
    return look(document, media_type=JSON, policy=FORM)


@pytest.mark.parametrize(
    ("amount", "is_right"),
    [
        ("19.99", True),
        ("19.995", False),
        ("0.1", True),
        ("1.1e1", True),
        ("1234567890123456789.01", True),
        ("1234567890123456789.011", False),
        ("1e400", True),
        ("1e-400", False),
        ("12345678901234567890123456789012345678901234567890", True),
        ("9" * 4000, True),
    ],
)
def test_amounts_are_compared_exactly(amount: str, *, is_right: bool) -> None:
    result = js(f'{{"name": "A", "betrag": {amount}}}')

    assert rules(result) == ([] if is_right else ["schema-violation"])


def test_every_amount_in_cents_is_one() -> None:
    for cents in range(0, 100_000, 37):
        body = f'{{"name": "A", "betrag": {cents // 100}.{cents % 100:02}}}'

        assert js(body).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("", "SYNTAX"),
        ("{", "SYNTAX"),
        ("{'a': 1}", "SYNTAX"),
        ('{"a": 1,}', "SYNTAX"),
        ("{} {}", "SYNTAX"),
        ('["\x00"]', "SYNTAX"),
        ("<antrag/>", "SYNTAX"),
        ("[NaN]", "NUMBER"),
        ("[-Infinity]", "NUMBER"),
        ("[1e99999999999999999999]", "NUMBER"),
        (f"[{'1' * 5000}]", "NUMBER"),
        (f"[0.{'1' * 5000}]", "NUMBER"),
        ('{"name": "A", "name": "B"}', "DUPLICATE_KEY"),
        ('{"a": {"\\u0062": 1, "b": 1}}', "DUPLICATE_KEY"),
        ("[" * (MAX_JSON_DEPTH + 2) + "]" * (MAX_JSON_DEPTH + 2), "DEPTH"),
        ("[" * 200_000 + "]" * 200_000, "DEPTH"),
        ('{"a":' * 100 + "1" + "}" * 100, "DEPTH"),
        ('"\\ud800"', "SURROGATE"),
        ('{"\\uDfff": 1}', "SURROGATE"),
    ],
)
def test_what_systems_read_differently_is_refused(body: str, detail: str) -> None:
    found = only(js(body))

    assert (found.rule, found.detail) == ("not-wellformed", detail)


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "\\ud83d\\ude00"}',
        '\ufeff{"name": "A"}',
        '{"name": "Ä"}',
        ' {"name":"\\u00e4"}\n',
    ],
)
def test_what_is_well_formed_is_taken(body: str) -> None:
    assert js(body).findings == ()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_json_is_in_utf_8(encoding: str) -> None:
    body = '{"name": "Ä"}'.encode(encoding)

    # UTF-16 without a BOM is UTF-8 with NULs, and so no JSON.
    assert rules(js(body))[0] in {"encoding", "not-wellformed"}
    assert js(body).verdict is Verdict.REFUSED


def test_the_line_of_what_is_wrong_is_told() -> None:
    assert only(js('{\n"a":\n}')).line == 3
    assert only(js(b'{\n"a": "\xe4"}')).line == 2


@pytest.mark.parametrize(
    ("body", "path", "german"),
    [
        ("{}", "/name", "Die Angabe „name“ fehlt."),
        ('{"name": 1}', "/name", "von der falschen Art"),
        ('{"name": ""}', "/name", "mindestens 1 Zeichen"),
        ('{"name": "Annabelle"}', "/name", "höchstens 8 Zeichen"),
        ('{"name": "A", "gaius": 1}', "", "Das Dokument enthält Angaben"),
        ('{"name": "A", "betrag": 0.001}', "/betrag", "Nachkommastellen"),
        ('{"name": "A", "kinder": [1]}', "/kinder/0", "Ein Eintrag in „kinder“"),
        ('{"name": "A", "kinder": [{"a/b": "x"}]}', "/kinder/0/a~1b", "„a/b“"),
        ('{"name": "A", "kinder": [{}]}', "/kinder/0/a~1b", "„a/b“ fehlt"),
        ("[]", "", "Das Dokument ist von der falschen Art"),
    ],
)
def test_a_violation_says_what_and_where(body: str, path: str, german: str) -> None:
    found = only(js(body))

    assert (found.rule, found.path) == ("schema-violation", path)
    assert german in found.german


def test_a_date_that_is_none_is_a_violation() -> None:
    found = only(js('{"name": "A", "geboren": "2024-02-30"}'))

    assert found.german == "Die Angabe „geboren“ ist kein gültiges Datum (JJJJ-MM-TT)."


def test_a_document_full_of_mistakes_is_told_in_a_moment() -> None:
    children = ",".join(['{"a/b": ""}'] * 15_000)
    body = f'{{"name": "A", "kinder": [{children}]}}'
    assert len(body) < ALL_ERRORS_BYTES

    began = time.process_time()
    result = js(body)

    assert time.process_time() - began < 3
    assert len(result.findings) == 100
    assert result.left_out == 14_901


def test_of_a_big_document_the_first_mistake_is_told() -> None:
    body = json.dumps({"name": "A", "kinder": [1] * ALL_ERRORS_BYTES})

    assert rules(js(body)) == ["schema-violation"]
