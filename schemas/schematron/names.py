"""The namespaces of Schematron, XSLT, SVRL and of what our own stylesheets write."""

from typing import Final

SCH: Final = "{http://purl.oclc.org/dsdl/schematron}"
XSL_URI: Final = "http://www.w3.org/1999/XSL/Transform"
XSL: Final = f"{{{XSL_URI}}}"
SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"
OWN_PREFIX: Final = "amtsweg"
OWN_URI: Final = "urn:amtsweg:schematron:1"
OWN: Final = f"{{{OWN_URI}}}"

REPORT: Final = f"{OWN}report"
"""Root of what our stylesheets write; in it, in order:"""
RULE: Final = f"{OWN}rule"
"""A rule looked at a node."""
FIRED: Final = f"{OWN}fired"
"""An assertion is not fulfilled: its number, of which element, at which attribute."""
PLACE: Final = f"{OWN}place"
"""Where such an element is."""
FOUND: Final = f"{OWN_PREFIX}:found"
"""The variable that holds the first two."""
ASSERTION: Final = f"{OWN}assertion"
"""In the stylesheet itself: number, id, role, flag and text of an assertion."""
