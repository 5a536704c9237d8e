"""Code lists: what genericode holds, who uses which list, whether a code fits.

The index is made when a pack is built; at run time nothing but it is read.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from lxml import etree

from schemas.errors import PackBroken

GENERICODE: Final = "http://docs.oasis-open.org/codelist/ns/genericode/1.0/"
_ROOT: Final = f"{{{GENERICODE}}}CodeList"
_LIST_COST: Final = 250
_CODE_COST: Final = 110
"""Bytes in memory of an entry, about: a short string and its place in a set."""
_REMEMBERED: Final = 4096
"""Answers kept for the next question: few codes make up most of a standard's use."""
_SHORT: Final = 600


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class ListRef:
    """A code list, in one version or ("") in whichever the document names."""

    uri: str
    version: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeList:
    """One version of a list, as its publisher gives it out."""

    uri: str
    version: str
    codes: frozenset[str]

    @property
    def ref(self) -> ListRef:
        """What documents and schemas call it."""
        return ListRef(uri=self.uri, version=self.version)


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeUse:
    """An element that holds a code; names are in Clark notation."""

    element: str
    parent: str = ""
    """"" = below any."""
    lists: tuple[ListRef, ...] = ()
    """What the schema names; where several, any of them will do."""
    is_open: bool = False
    """The document may name a list itself."""
    in_schema: bool = False
    """The schema lists the codes, so nobody need look again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeListIndex:
    """What ``codelist_index.json`` says: the uses, and the lists with their codes."""

    uses: tuple[CodeUse, ...] = ()
    lists: tuple[CodeList, ...] = ()


class CodeVerdict(Enum):
    """What can be said about one code."""

    KNOWN = "known"
    UNKNOWN_LIST = "unknown-list"
    """Neither we nor the packs below have this list in this version."""
    INVALID = "invalid"
    UNNAMED = "unnamed"
    """No list is meant, so there is nothing to compare with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A verdict, and the list it is about; "" where only the document knows it."""

    verdict: CodeVerdict
    uri: str = ""


_KNOWN: Final = Judged(verdict=CodeVerdict.KNOWN)
_UNNAMED: Final = Judged(verdict=CodeVerdict.UNNAMED)


class CodeLists:
    """The lists of a pack and of those below it, ready for questions; never changes."""

    def __init__(
        self, index: CodeListIndex, required: Iterable[CodeListIndex] = ()
    ) -> None:
        """The first to have a list in a version gives its codes."""
        self._codes: dict[ListRef, frozenset[str]] = {}
        for each in (index, *required):
            for one in each.lists:
                self._codes.setdefault(one.ref, one.codes)
        self._versions: dict[str, tuple[frozenset[str], ...]] = {}
        for ref, codes in self._codes.items():
            self._versions[ref.uri] = (*self._versions.get(ref.uri, ()), codes)
        self._uses = {
            (use.parent, use.element): use for use in index.uses if not use.in_schema
        }
        self._named = {ref.uri for use in index.uses for ref in use.lists}
        self._anywhere = {
            tag: use for (above, tag), use in self._uses.items() if not above
        }
        self._below_some = {element for parent, element in self._uses if parent}
        self._judged: dict[tuple[str, str, str, str, str], Judged] = {}
        self.tags: Final = tuple(sorted({element for _, element in self._uses}))
        """What ``root.iter`` should stop at."""
        self.weight: Final = sum(
            _LIST_COST + _CODE_COST * len(codes) for codes in self._codes.values()
        )
        """Bytes in memory, about."""

    def judge(self, element: etree._Element) -> Judged:
        """The code that this element holds, in its text or in a child named code."""
        tag, above = element.tag, ""
        use = self._anywhere.get(tag)
        if tag in self._below_some:
            parent = element.getparent()
            above = "" if parent is None else parent.tag
            use = self._uses.get((above, tag)) or use
        if use is None:
            return _UNNAMED
        uri = element.get("listURI", "")
        if not uri and not use.lists:
            return _UNNAMED
        question = (
            tag,
            above,
            uri,
            element.get("listVersionID", ""),
            _code_in(element),
        )
        judged = self._judged.get(question)
        if judged is None:
            *_, version, code = question
            judged = self.judge_code(
                tag, above, ListRef(uri=uri, version=version), code
            )
            if len(uri) + len(version) + len(code) < _SHORT:
                if len(self._judged) >= _REMEMBERED:
                    self._judged.clear()
                self._judged[question] = judged
        return judged

    def judge_code(self, tag: str, parent: str, said: ListRef, code: str) -> Judged:
        """The same for values; ``said`` is what the document says about the list."""
        use = self._uses.get((parent, tag)) or self._uses.get(("", tag))
        if use is None:
            return _UNNAMED
        if said.uri:
            return self._in_said(use, said, code)
        if not use.lists:
            return _UNNAMED
        return self._in_any(use.lists, said.version, code)

    def _in_said(self, use: CodeUse, said: ListRef, code: str) -> Judged:
        """The document names the list; the schema may still fix its version."""
        meant = tuple(ref for ref in use.lists if ref.uri == said.uri) or (said,)
        if any(not ref.version for ref in meant):
            return self._in_any((ListRef(uri=said.uri),), said.version, code)
        return self._in_any(meant, said.version, code)

    def _in_any(self, refs: Iterable[ListRef], version: str, code: str) -> Judged:
        """Known in one is known; what we lack, it may be in."""
        judged = _UNNAMED
        for ref in refs:
            found = self._sets(ref.uri, version or ref.version)
            if any(code in codes for codes in found):
                return _KNOWN
            if not found:
                judged = Judged(
                    verdict=CodeVerdict.UNKNOWN_LIST, uri=self._our_word(ref.uri)
                )
            elif judged is _UNNAMED:
                judged = Judged(verdict=CodeVerdict.INVALID, uri=ref.uri)
        return judged

    def _sets(self, uri: str, version: str) -> tuple[frozenset[str], ...]:
        if not version:
            return self._versions.get(uri, ())
        codes = self._codes.get(ListRef(uri=uri, version=version))
        return () if codes is None else (codes,)

    def _our_word(self, uri: str) -> str:
        """A URI from a document is a value; one that we have ourselves is not."""
        return uri if uri in self._versions or uri in self._named else ""


def _code_in(element: etree._Element) -> str:
    """xs:token: white space does not count."""
    text = element.text or ""
    for child in element:
        # Comments have a function for a tag, whatever the stubs say.
        tag: object = child.tag
        if tag == "code" or (isinstance(tag, str) and tag.endswith("}code")):
            text = child.text or ""
            break
    return text if text.isalnum() else " ".join(text.split())


def read_genericode(body: bytes, *, column: str = "") -> CodeList:
    """The list in a genericode file; ``column`` = "" takes that of its key."""
    root = _parse(body)
    uri = _text(root, "Identification/CanonicalUri")
    version = _text(root, "Identification/Version")
    whole = _text(root, "Identification/CanonicalVersionUri")
    if not uri:
        raise PackBroken("a genericode file without CanonicalUri")
    if not version and whole.startswith(f"{uri}_"):
        version = whole.removeprefix(f"{uri}_")
    column = column if column in _columns(root) else _key_column(root)
    return CodeList(uri=uri, version=version, codes=_codes(root, column))


def _parse(body: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PackBroken("a genericode file that is not well-formed XML") from error
    if root.tag != _ROOT:
        raise PackBroken("a file that is not genericode 1.0")
    if root.getroottree().docinfo.internalDTD is not None:
        raise PackBroken("a genericode file with a DOCTYPE")
    return root


def _text(root: etree._Element, path: str) -> str:
    return " ".join((root.findtext(path) or "").split())


def _columns(root: etree._Element) -> tuple[str, ...]:
    return tuple(column.get("Id", "") for column in root.iterfind("ColumnSet/Column"))


def _key_column(root: etree._Element) -> str:
    """The only column of the first key; a list without one uses its first column."""
    for key in root.iterfind("ColumnSet/Key"):
        refs = [ref.get("Ref", "") for ref in key.iterfind("ColumnRef")]
        if len(refs) == 1:
            return refs[0]
    columns = _columns(root)
    if not columns:
        raise PackBroken("a genericode file without columns")
    return columns[0]


def _codes(root: etree._Element, column: str) -> frozenset[str]:
    values = (
        " ".join((value.findtext("SimpleValue") or "").split())
        for value in root.iterfind("SimpleCodeList/Row/Value")
        if value.get("ColumnRef") == column
    )
    return frozenset(value for value in values if value)


def write_index(index: CodeListIndex) -> bytes:
    """Sorted, so that the same pack has the same index wherever it was built."""
    uses = sorted(index.uses, key=lambda use: (use.element, use.parent))
    lists = sorted(index.lists, key=lambda one: one.ref)
    whole = {
        "uses": [_use_json(use) for use in uses],
        "lists": [
            {"uri": one.uri, "version": one.version, "codes": sorted(one.codes)}
            for one in lists
        ],
    }
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def _use_json(use: CodeUse) -> Mapping[str, object]:
    said: dict[str, object] = {"element": use.element}
    if use.parent:
        said["parent"] = use.parent
    if use.lists:
        said["lists"] = [
            [ref.uri, ref.version] if ref.version else [ref.uri]
            for ref in sorted(use.lists)
        ]
    if use.is_open:
        said["open"] = True
    if use.in_schema:
        said["in_schema"] = True
    return said


def read_index(body: bytes) -> CodeListIndex:
    """What ``write_index`` wrote."""
    try:
        whole = json.loads(body)
        return CodeListIndex(
            uses=tuple(_read_use(use) for use in whole["uses"]),
            lists=tuple(
                CodeList(
                    uri=one["uri"],
                    version=one["version"],
                    codes=frozenset(one["codes"]),
                )
                for one in whole["lists"]
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PackBroken("a code-list index that cannot be read") from error


def _read_use(said: dict[str, object]) -> CodeUse:
    lists = said.get("lists", [])
    if not isinstance(lists, list):
        raise TypeError
    return CodeUse(
        element=str(said["element"]),
        parent=str(said.get("parent", "")),
        lists=tuple(
            ListRef(uri=str(ref[0]), version="".join(ref[1:])) for ref in lists
        ),
        is_open=said.get("open") is True,
        in_schema=said.get("in_schema") is True,
    )
