"""Small Schematrons, and what their rules say about small documents."""

from lxml import etree

from schemas.checking.places import line_of
from schemas.errors import PackBroken
from schemas.schematron.compiler import compile_schematron
from schemas.schematron.places import Step, element_at
from schemas.schematron.report import Report
from schemas.schematron.saxon import run_stylesheet

HEAD = (
    '<sch:schema xmlns:sch="http://purl.oclc.org/dsdl/schematron"'
    ' xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsl="http://www.w3.org/1999/XSL/Transform" {more}>{body}</sch:schema>'
)


def nothing_there(path: str) -> bytes:
    raise PackBroken("not in the pack")


def schematron(body: str, more: str = 'queryBinding="xslt2"') -> bytes:
    return HEAD.format(body=body, more=more).encode()


def stylesheet(body: str, more: str = 'queryBinding="xslt2"') -> bytes:
    return compile_schematron(schematron(body, more), resolve=nothing_there)


def tried(body: str, document: str, more: str = 'queryBinding="xslt2"') -> Report:
    return run_stylesheet(stylesheet(body, more), document.encode())


def fired(
    body: str, document: str, more: str = 'queryBinding="xslt2"'
) -> list[tuple[str, int]]:
    """Ids and lines."""
    report = tried(body, document, more)
    root = etree.fromstring(document)
    return [(one.assertion.id, line(root, one.steps)) for one in report.fired]


def line(root: etree._Element, steps: tuple[Step, ...]) -> int:
    found = element_at(root, steps)
    return 0 if found is None else line_of(found)
