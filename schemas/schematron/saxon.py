"""Saxon, switched off from everything but the stylesheet and the document.

One processor per process. A transformation holds Python's lock and cannot be ended;
besides, Saxon writes values to stderr. So documents of others meet it only in the
pool of check processes (``flows/checking``).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from typing import Any, Final

from lxml import etree

from schemas.errors import PackBroken
from schemas.schematron.report import (
    Assertion,
    NoReport,
    Report,
    assertions_of,
    read_report,
)
from schemas.schematron.source import parse

_FEATURE: Final = "http://saxon.sf.net/feature/"
_SWITCHED_OFF: Final = {
    # No file, no network: doc(), unparsed-text(), collection(), include, entities.
    "allowedProtocols": "",
    # No environment, no system properties, no result-document.
    "allow-external-functions": "false",
    "disableXslEvaluate": "true",
}
_MOST_COMPILED: Final = 32


class SaxonFailed(Exception):
    """A transformation ended in an error; its message may quote the document."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Compiled:
    executable: Any
    assertions: Mapping[str, Assertion]


def is_available() -> bool:
    """Whether the extra ``[schematron]`` is installed."""
    return find_spec("saxonche") is not None


def run_stylesheet(stylesheet: bytes, document: bytes) -> Report:
    """What it says about a document in UTF-8 without DOCTYPE.

    Raises PackBroken (the stylesheet is none), SaxonFailed, NoReport.
    """
    key = sha256(stylesheet).hexdigest()
    return _saxon().run(key, lambda: stylesheet, document)


def run_kept(key: str, read: Callable[[], bytes], document: bytes) -> Report:
    """The same with what was compiled under this key; read where nothing was.

    Raises what ``run_stylesheet`` and ``read`` raise.
    """
    return _saxon().run(key, read, document)


def engine() -> tuple[str, str]:
    """Name and version, for results."""
    name, _, rest = _saxon().processor.version.partition(" ")
    return name, rest.split(" ")[0]


@cache
def _saxon() -> "_Saxon":
    return _Saxon()


class _Saxon:
    """The processor with what it has compiled."""

    def __init__(self) -> None:
        import saxonche  # noqa: PLC0415 - an extra, and 100 ms

        self._failure: type[Exception] = saxonche.PySaxonApiError
        self.processor = saxonche.PySaxonProcessor(license=False)
        for name, value in _SWITCHED_OFF.items():
            self.processor.set_configuration_property(f"{_FEATURE}{name}", value)
        self._xslt = self.processor.new_xslt30_processor()
        self._compiled: OrderedDict[str, _Compiled] = OrderedDict()
        self._lock = threading.Lock()

    def run(self, key: str, read: Callable[[], bytes], document: bytes) -> Report:
        with self._lock:
            compiled = self._get(key, read)
            output = self._transform(compiled, document)
        return read_report(output, compiled.assertions)

    def _get(self, key: str, read: Callable[[], bytes]) -> _Compiled:
        known = self._compiled.pop(key, None) or self._compile(read())
        self._compiled[key] = known
        if len(self._compiled) > _MOST_COMPILED:
            self._compiled.popitem(last=False)
        return known

    def _compile(self, stylesheet: bytes) -> _Compiled:
        root = parse(stylesheet)
        try:
            executable = self._xslt.compile_stylesheet(
                stylesheet_text=etree.tostring(root, encoding="unicode")
            )
        except self._failure as error:
            raise PackBroken("Saxon cannot compile the stylesheet") from error
        return _Compiled(executable=executable, assertions=assertions_of(root))

    def _transform(self, compiled: _Compiled, document: bytes) -> bytes:
        try:
            text = document.decode("utf-8-sig")
            node = self.processor.parse_xml(xml_text=text)
            output = compiled.executable.transform_to_string(xdm_node=node)
        except (self._failure, UnicodeDecodeError):
            # Its cause would show what the document holds.
            raise SaxonFailed from None
        if output is None:
            raise NoReport
        return str(output).encode()
