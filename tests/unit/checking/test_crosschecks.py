"""What a message says of itself is compared with what it is."""

import pytest
from lxml import etree

from schemas.checking.head import head_value
from schemas.checking.policy import CheckPolicy
from schemas.findings import Severity, Verdict
from tests.unit.checking.looking import antrag, look, only, rules


def headed(kind: str = "0100", reader: str = "", says: str = "") -> bytes:
    told = f"<leser>{reader}</leser>" if reader else ""
    return antrag(f"<kopf><typ>{kind}</typ>{told}</kopf>", says=says)


@pytest.mark.parametrize(
    "document",
    [
        antrag(),
        headed(),
        headed(kind=" 0100 "),
        headed(reader="gru:010540880000"),
        headed(reader="töj:010540880000"),
        headed(says='standard="XPrüfung" version="1.0"'),
        headed(says='standard="pruefung"'),
        headed(says='standard="xpruefung" test="true"'),
    ],
)
def test_a_head_that_fits_is_not_mentioned(document: bytes) -> None:
    assert look(document).findings == ()


@pytest.mark.parametrize(
    ("document", "rule", "path", "severity"),
    [
        (
            headed("0110"),
            "wrong-message-code",
            "/antrag.neu.0100/kopf/typ",
            Severity.ERROR,
        ),
        (
            headed(says='version="1.1"'),
            "wrong-version",
            "/antrag.neu.0100/@version",
            Severity.ERROR,
        ),
        (
            headed(says='standard="XMeld"'),
            "wrong-standard",
            "/antrag.neu.0100/@standard",
            Severity.WARNING,
        ),
        (
            headed(reader="Kreis Neustadt"),
            "wrong-reader",
            "/antrag.neu.0100/kopf/leser",
            Severity.WARNING,
        ),
    ],
)
def test_a_head_that_does_not_fit_is_told(
    document: bytes, rule: str, path: str, severity: Severity
) -> None:
    found = only(look(document))

    assert (found.rule, found.path, found.severity) == (rule, path, severity)


@pytest.mark.parametrize(
    ("flag", "is_test", "found"),
    [
        ("", None, []),
        ('test="true"', None, []),
        ("", False, []),
        ('test="false"', False, []),
        ('test="0"', False, []),
        ('test=""', False, []),
        ('test="true"', False, ["test-flag"]),
        ('test="100"', False, ["test-flag"]),
        ('test="1"', True, []),
        ("", True, ["test-flag-missing"]),
    ],
)
def test_a_test_belongs_into_a_test_installation(
    flag: str, *, is_test: bool | None, found: list[str]
) -> None:
    result = look(headed(says=flag), policy=CheckPolicy(environment_test=is_test))

    assert rules(result) == found
    assert (result.verdict is Verdict.REFUSED) == (found == ["test-flag"])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a/b", "x"),
        ("./a/b", "x"),
        ("/r/a/b", "x"),
        ("/p:r/p:a/q:b", "x"),
        ("/*/a/b", "x"),
        ("*[local-name()='a']/*[local-name() = \"b\"]", "x"),
        ("a/@k", "1"),
        ("a/@n:q", "2"),
        ("@v", "3"),
        ("/r/@v", "3"),
        ("/s/@v", ""),
        ("a/c", ""),
        ("a/@z", ""),
        ("a", ""),
    ],
)
def test_a_path_of_local_names_finds_its_value(path: str, value: str) -> None:
    root = etree.fromstring(
        '<r xmlns="urn:r" xmlns:n="urn:n" v=" 3 ">'
        '<a k="1" n:q="2"><!-- x --><b> x </b><b>y</b></a></r>'
    )

    assert head_value(root, path) == value
