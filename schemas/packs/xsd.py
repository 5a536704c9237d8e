"""Compiling a closure with libxml2, which sees no file but those of the closure."""

import posixpath
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, unquote
from xml.sax.saxutils import quoteattr

from lxml import etree

from schemas.errors import PackBroken
from schemas.packs.catalogue import Spot
from schemas.packs.closure import XSD, Closure, schema_parser
from schemas.packs.sums import shown

_SCHEME: Final = "pack:/"
_DRIVER: Final = "pack:/.driver"
_OWN: Final = "?own"
"""Asks for a file itself where its plain URL stands for its whole namespace."""
_SILENT: Final = frozenset(["WAR_NS_URI_RELATIVE", "SCHEMAP_WARN_SKIP_SCHEMA"])


def compile_closure(closure: Closure, read: Callable[[Spot], bytes]) -> etree.XMLSchema:
    """A schema of all namespaces; PackBroken with file, line and kind of error."""
    files = _Files(closure, read)
    parser = schema_parser()
    parser.resolvers.add(files)
    driver = _driver(closure)
    try:
        schema = etree.XMLSchema(etree.fromstring(driver, parser, base_url=_DRIVER))
    except PackBroken:
        raise
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise PackBroken(files.reason or _reason(error)) from error
    if left := [spot for spot in closure.files if spot not in files.served]:
        raise PackBroken(f"{left[0]} is never loaded")
    return schema


def url_of(spot: Spot) -> str:
    """What libxml2 knows this file as; nothing on any disk or network is called so."""
    return f"{_SCHEME}{spot.key}/{quote(spot.name)}"


def _driver(closure: Closure) -> bytes:
    """Imports every namespace, also those whose location libxml2 cannot follow."""
    imports = "".join(
        _link("import", spots[0], space) for space, spots in closure.entries.items()
    )
    return _schema("urn:x-amtsweg:driver", imports)


def _schema(space: str, body: str) -> bytes:
    target = f" targetNamespace={quoteattr(space)}" if space else ""
    return (f'<xs:schema xmlns:xs="{XSD[1:-1]}"{target}>{body}</xs:schema>').encode()


def _link(kind: str, spot: Spot, space: str = "", suffix: str = "") -> str:
    named = f" namespace={quoteattr(space)}" if space else ""
    return f"<xs:{kind}{named} schemaLocation={quoteattr(url_of(spot) + suffix)}/>"


class _Files(etree.Resolver):
    """Answers libxml2 out of the closure, and refuses whatever is not in it.

    Where several files make up one namespace, libxml2 would take the first import
    and skip the others. So the first question for such a namespace is answered with
    a schema that includes them all.
    """

    def __init__(self, closure: Closure, read: Callable[[Spot], bytes]) -> None:
        self._read = read
        self._routes = _routes(closure)
        self._whole = {
            spot: (space, spots)
            for space, spots in closure.entries.items()
            if space and len(spots) > 1
            for spot in spots
        }
        self._begun: set[str] = set()
        self.served: Final[set[Spot]] = set()
        self.reason = ""

    def resolve(  # type: ignore[override] # the stubs lack the context
        self, system_url: str, public_id: str, context: object
    ) -> object:
        del public_id
        url, own, _ = (system_url or "").partition(_OWN)
        spot = self._routes.get(_canonical(url))
        if spot is None:
            self.reason = f"a schema asks for {shown(url)}, which is not its import"
            raise LookupError(self.reason)
        if spot in self._whole and not own:
            space, spots = self._whole[spot]
            if space not in self._begun:
                self._begun.add(space)
                links = [
                    _link("include", one, suffix=_OWN if one == spot else "")
                    for one in spots
                ]
                return self._answer(_schema(space, "".join(links)), spot, context)
        self.served.add(spot)
        try:
            return self._answer(self._read(spot), spot, context)
        except PackBroken as broken:
            self.reason = broken.detail
            raise

    def _answer(self, body: bytes, spot: Spot, context: object) -> object:
        return self.resolve_string(body, context, base_url=url_of(spot))


def _routes(closure: Closure) -> Mapping[str, Spot]:
    """Every URL that libxml2 may ask for, once it has joined base and location."""
    routes = {_canonical(url_of(spot)): spot for spot in closure.files}
    for (base, location), target in closure.routes.items():
        url = _canonical(_joined(url_of(base), location))
        if routes.setdefault(url, target) != target:
            raise PackBroken(f"{base} imports {shown(location)}: means two files")
    return routes


def _joined(base: str, location: str) -> str:
    if ":" in location.split("/", maxsplit=1)[0]:
        return location
    return _SCHEME + posixpath.join(posixpath.dirname(base[len(_SCHEME) :]), location)


def _canonical(url: str) -> str:
    plain = unquote(url)
    if not plain.startswith(_SCHEME):
        return plain
    return _SCHEME + posixpath.normpath(plain[len(_SCHEME) :])


def _reason(error: Exception) -> str:
    """Where and of what kind; never the engine's own sentence."""
    log = getattr(error, "error_log", None) or ()
    for entry in log:
        if entry.type_name not in _SILENT:
            file = unquote(entry.filename or "").removeprefix(_SCHEME)
            return f"{shown(file)}:{entry.line}: {entry.type_name}"
    return "its schemas do not compile"
