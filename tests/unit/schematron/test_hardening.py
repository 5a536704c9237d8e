"""Saxon reaches neither file nor network nor environment, whatever it is given."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.errors import PackBroken
from schemas.schematron.saxon import SaxonFailed, run_stylesheet

SECRET = "streng-geheim"
STYLESHEET = """<xsl:stylesheet version="3.0"
  xmlns:xsl="http://www.w3.org/1999/XSL/Transform">{top}
  <xsl:template match="/"><report xmlns="urn:amtsweg:schematron:1">
    <xsl:variable name="got">{body}</xsl:variable>
    <xsl:if test="contains(string-join($got, ''), 'geheim')"><fired n="1"/></xsl:if>
  </report></xsl:template></xsl:stylesheet>"""
ASSERTION = '<assertion xmlns="urn:amtsweg:schematron:1" n="1" id="reached"/>'


class Listener:
    """Notices whoever comes by."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.visits = 0
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            with visitor:
                visitor.recv(4096)
                visitor.sendall(
                    b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n<a>geheim</a>"
                )

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    opened = Listener()
    yield opened
    opened.close()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "secret.xml").write_text(f"<a>{SECRET}</a>")
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "secret.json").write_text(f'"{SECRET}"')
    return tmp_path


def reached(body: str, top: str = "", document: bytes = b"<a/>") -> bool:
    made = STYLESHEET.format(body=body, top=ASSERTION + top).encode()
    try:
        return bool(run_stylesheet(made, document).fired)
    except (PackBroken, SaxonFailed):
        return False


def test_the_trial_itself_would_notice() -> None:
    assert reached("<a>geheim</a>")
    assert reached('<xsl:copy-of select="/"/>', document=b"<a>geheim</a>")


@pytest.mark.parametrize(
    "expression",
    [
        "doc('{file}secret.xml')",
        "document('{file}secret.xml')",
        "unparsed-text('{file}secret.txt')",
        "unparsed-text-lines('{file}secret.txt')",
        "json-doc('{file}secret.json')",
        "collection('{file}?select=*.xml')",
        "uri-collection('{file}')",
        "doc('{path}secret.xml')",
        "environment-variable('GEHEIM')",
        "if (doc-available('{file}secret.xml')) then 'geheim' else ''",
        "if (unparsed-text-available('{file}secret.txt')) then 'geheim' else ''",
        "if (system-property('user.dir')) then 'geheim' else ''",
        "unparsed-text('data:,geheim')",
        "transform(map{{'stylesheet-location': '{file}secret.xml'}})",
        "Q{{http://expath.org/ns/file}}read-text('{path}secret.txt')",
        "Q{{java:java.lang.System}}getenv('GEHEIM')",
    ],
)
def test_no_expression_reaches_a_file_or_the_environment(
    expression: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEHEIM", SECRET)
    said = expression.format(file=f"{place.as_uri()}/", path=f"{place}/")

    assert not reached(f'<xsl:sequence select="{said}"/>')


@pytest.mark.parametrize(
    "instruction",
    [
        (
            '<xsl:source-document href="{file}secret.xml"><xsl:copy-of select="."/>'
            "</xsl:source-document>"
        ),
        "<xsl:evaluate xpath=\"&quot;'geheim'&quot;\"/>",
    ],
)
def test_no_instruction_reaches_a_file(instruction: str, place: Path) -> None:
    assert not reached(instruction.format(file=f"{place.as_uri()}/"))


def test_nothing_is_written(place: Path) -> None:
    target = place / "written.xml"

    reached(f'<xsl:result-document href="{target.as_uri()}"><a/></xsl:result-document>')

    assert not target.exists()


@pytest.mark.parametrize("name", ["include", "import"])
def test_no_stylesheet_is_loaded(name: str, place: Path, listener: Listener) -> None:
    (place / "other.xsl").write_text(STYLESHEET.format(body="", top=""))
    for href in (
        (place / "other.xsl").as_uri(),
        f"http://127.0.0.1:{listener.port}/other.xsl",
    ):
        made = STYLESHEET.format(body="", top=f'<xsl:{name} href="{href}"/>')
        with pytest.raises(PackBroken):
            run_stylesheet(made.encode(), b"<a/>")

    assert listener.visits == 0


@pytest.mark.parametrize("function", ["doc", "unparsed-text", "collection", "json-doc"])
def test_nobody_is_called_over_the_network(function: str, listener: Listener) -> None:
    url = f"http://127.0.0.1:{listener.port}/a"

    assert not reached(f"<xsl:sequence select=\"{function}('{url}')\"/>")
    assert listener.visits == 0


def test_entities_of_a_document_load_nothing(place: Path, listener: Listener) -> None:
    for uri in (
        (place / "secret.txt").as_uri(),
        f"http://127.0.0.1:{listener.port}/a",
    ):
        for doctype in (
            f'<!DOCTYPE a [<!ENTITY x SYSTEM "{uri}">]><a>&x;</a>',
            f'<!DOCTYPE a [<!ENTITY % x SYSTEM "{uri}"> %x;]><a/>',
            f'<!DOCTYPE a SYSTEM "{uri}"><a/>',
        ):
            assert not reached('<xsl:copy-of select="/"/>', document=doctype.encode())

    assert listener.visits == 0


def test_a_stylesheet_with_a_doctype_is_refused(place: Path) -> None:
    made = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{(place / "secret.txt").as_uri()}">]>'

    with pytest.raises(PackBroken):
        run_stylesheet((made + STYLESHEET.format(body="&x;", top="")).encode(), b"<a/>")


def test_a_billion_laughs_end_at_once() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    document = f'<!DOCTYPE a [<!ENTITY l0 "geheim">{laughs}]><a>&l9;</a>'

    assert not reached('<xsl:copy-of select="/"/>', document=document.encode())


def test_an_error_that_quotes_the_document_is_not_passed_on() -> None:
    made = STYLESHEET.format(body='<xsl:sequence select="error((), /a)"/>', top="")

    with pytest.raises(SaxonFailed) as caught:
        run_stylesheet(made.encode(), b"<a>geheim</a>")

    assert "geheim" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("document", [b"", b"<a", b"\xff\xfe<\x00", b"<a>&x;</a>"])
def test_what_is_no_document_is_a_failure(document: bytes) -> None:
    with pytest.raises(SaxonFailed):
        run_stylesheet(STYLESHEET.format(body="", top="").encode(), document)
