"""What is made to hurt does not: nothing is loaded, expanded or waited for."""

import time
from pathlib import Path

import pytest

from schemas.checking.policy import CheckPolicy, Unknown
from schemas.findings import Verdict
from tests.unit.checking.looking import SPACE, antrag, look, only, rules

LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10)
)
QUADRATIC = f'<!ENTITY a "{"a" * 50_000}">'
AN = "antrag.neu.0100"


def doctype(inside: str, body: str = "") -> bytes:
    return f"<!DOCTYPE {AN} {inside}>".encode() + antrag(body)


def text(body: str) -> bytes:
    return antrag(f"<text>{body}</text>")


ATTACKS = {
    "a DOCTYPE alone": (doctype(""), "doctype-forbidden"),
    "behind comments": (
        b"<?xml version='1.0'?>\n<!-- - -->\n<?x ?y?>" + doctype(""),
        "doctype-forbidden",
    ),
    "behind a BOM": (b"\xef\xbb\xbf" + doctype("[]"), "doctype-forbidden"),
    "an entity of a file": (
        doctype('[<!ENTITY x SYSTEM "file:///etc/passwd">]', "<text>&x;</text>"),
        "doctype-forbidden",
    ),
    "an external DTD": (
        doctype('SYSTEM "http://127.0.0.1:9/x.dtd"'),
        "doctype-forbidden",
    ),
    "a public DTD": (
        doctype('PUBLIC "-//X//Y" "http://127.0.0.1:9/x.dtd"'),
        "doctype-forbidden",
    ),
    "a parameter entity": (
        doctype('[<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]'),
        "doctype-forbidden",
    ),
    "a billion laughs": (
        doctype(f"[{LAUGHS}]", "<text>&l9;</text>"),
        "doctype-forbidden",
    ),
    "quadratic blow-up": (
        doctype(f"[{QUADRATIC}]", f"<text>{'&a;' * 5000}</text>"),
        "doctype-forbidden",
    ),
    "an entity in itself": (
        doctype('[<!ENTITY a "&b;"><!ENTITY b "&a;">]', "<text>&a;</text>"),
        "doctype-forbidden",
    ),
    "defaults of attributes": (
        doctype(f'[<!ATTLIST {AN} test CDATA "true">]'),
        "doctype-forbidden",
    ),
    "a broken DOCTYPE": (b"<!DOCTYPE x [<!ENTITY", "doctype-forbidden"),
    "an entity of HTML": (text("a&nbsp;b"), "entity-forbidden"),
    "an entity of nobody": (text("&x;"), "entity-forbidden"),
    "a lonely ampersand": (text("Meier & Sohn"), "not-wellformed"),
    "a depth of 300": (
        antrag("<stufe>" * 300 + "</stufe>" * 300),
        "not-wellformed",
    ),
    "a text of 11 MB": (text("a" * 11_000_000), "not-wellformed"),
    "an attribute of 11 MB": (
        antrag(says=f'test="{"a" * 11_000_000}"'),
        "not-wellformed",
    ),
    "a NUL byte": (text("\x00"), "not-wellformed"),
    "a control character": (text("\x07"), "not-wellformed"),
    "a NUL by number": (text("&#0;"), "not-wellformed"),
    "an attribute twice": (antrag(says='test="1" test="2"'), "not-wellformed"),
    "100,000 attributes": (
        antrag(says=" ".join(f'a{n}="1"' for n in range(100_000))),
        "schema-violation",
    ),
    "100,000 namespaces": (
        antrag(says=" ".join(f'xmlns:n{n}="u:{n}"' for n in range(20_000))),
        None,
    ),
    "XInclude": (
        antrag(
            '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" '
            'href="/etc/passwd" parse="text"/>'
        ),
        "schema-violation",
    ),
    "a schema of its own": (
        antrag(
            says='xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:schemaLocation="{SPACE} http://127.0.0.1:9/x.xsd"'
        ),
        None,
    ),
    "a type of its own": (
        antrag(
            says='xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            'xsi:type="xsi:nonsense"'
        ),
        "schema-violation",
    ),
    "a stylesheet of its own": (
        b'<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?>' + antrag(),
        None,
    ),
    "UTF-16 with a BOM": (antrag().decode().encode("utf-16"), "encoding"),
    "UTF-16 big end first": (antrag().decode().encode("utf-16-be"), "encoding"),
    "UTF-16 little end first": (antrag().decode().encode("utf-16-le"), "encoding"),
    "UTF-32": (antrag().decode().encode("utf-32"), "encoding"),
    "EBCDIC": (
        b"<?xml version='1.0' encoding='cp037'?>".decode().encode("cp037")
        + antrag().decode().encode("cp037"),
        "encoding",
    ),
    "Latin 1": (
        b"<?xml version='1.0' encoding='ISO-8859-1'?>" + text("\u00e4"),
        "encoding",
    ),
    "UTF-7": (b"<?xml version='1.0' encoding='UTF-7'?>" + antrag(), "encoding"),
    "an encoding of nobody": (
        b"<?xml version='1.0' encoding='klingon'?>" + antrag(),
        "encoding",
    ),
    "Latin 1 that says nothing": (text("x").replace(b"x", b"\xe4"), "encoding"),
    "half a character": (text("x").replace(b"x", b"\xc3"), "encoding"),
    "a surrogate in UTF-8": (text("x").replace(b"x", b"\xed\xa0\x80"), "encoding"),
    "beyond Unicode": (text("x").replace(b"x", b"\xf5\x80\x80\x80"), "encoding"),
    "overlong": (text("x").replace(b"x", b"\xc0\xbc"), "encoding"),
    "nothing": (b"", "not-wellformed"),
    "white space": (b" \n ", "not-wellformed"),
    "two roots": (antrag() * 2, "not-wellformed"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "encoding"),
    "a PDF": (b"%PDF-1.7\n1 0 obj", "not-wellformed"),
    "UTF-8 that says so": (
        b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>" + text("\u00e4"),
        None,
    ),
    "ASCII that says so": (
        b"<?xml version='1.0' encoding='US-ASCII'?>" + antrag(),
        None,
    ),
}


@pytest.mark.parametrize(("document", "rule"), ATTACKS.values(), ids=ATTACKS.keys())
def test_an_attack_is_told_in_a_moment(document: bytes, rule: str | None) -> None:
    began = time.process_time()
    result = look(document)
    took = time.process_time() - began

    assert took < 2
    if rule is None:
        assert result.verdict is Verdict.ACCEPTED
        assert result.findings == ()
    else:
        assert set(rules(result)) == {rule}
        assert result.verdict is Verdict.REFUSED


@pytest.mark.parametrize("rule", ["doctype-forbidden", "encoding", "entity-forbidden"])
def test_a_service_that_accepts_strangers_does_not_accept_these(rule: str) -> None:
    policy = CheckPolicy(unknown=Unknown.ACCEPT)

    for document, expected in ATTACKS.values():
        if expected == rule:
            strange = document.replace(SPACE.encode(), b"urn:example:fremd")

            assert rules(look(strange, policy=policy)) == [rule]


def test_no_entity_reads_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("MARKER-0815")
    document = doctype(f'[<!ENTITY x SYSTEM "{secret.as_uri()}">]', "<text>&x;</text>")

    assert "MARKER" not in repr(look(document))


def test_the_line_of_what_cannot_be_read_is_told() -> None:
    assert only(look(b"<a>\n\n<b></a>")).line == 3
    assert only(look(b"<a>\n\xe4</a>")).line == 2


@pytest.mark.parametrize("piece", [b"<?a ?>", b"<!-- - - -->", b"<!---", b"<?a?", b" "])
def test_a_long_way_to_no_doctype_is_not_a_trap(piece: bytes) -> None:
    began = time.process_time()

    assert look(piece * 100_000 + b"<").verdict is Verdict.REFUSED
    assert time.process_time() - began < 2
