"""XML while it passes: encoding, and no document type; nothing is kept.

The schema check parses it later, hardened; this refuses while the sender still
waits what no parser should be given at all.
"""

import codecs
import re
from typing import Final

from api.intake.refusals import (
    DoctypeRefused,
    DocumentEmpty,
    EncodingRefused,
    XmlMalformed,
)
from schemas.limits import KIB

_HEAD_BYTES: Final = 64 * KIB
"""How far the prolog is looked at; comments may be longer than that."""
_UTF8_MARK: Final = codecs.BOM_UTF8
_UTF16_MARKS: Final = (codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)
_SHORTEST: Final = len(b"<a/>")
"""With fewer bytes a byte order mark may not be complete."""
_WHITE: Final = b" \t\r\n"
_DECLARED: Final = re.compile(rb"""\sencoding\s*=\s*["']([A-Za-z0-9._-]*)["']""")
_ROOT: Final = re.compile(rb"<[A-Za-z_:\x80-\xff]")
_UTF8: Final = frozenset({"utf-8", "us-ascii"})
_SINGLE_BYTE: Final = frozenset({"iso-8859-1", "iso-8859-15", "windows-1252"})
"""Older German standards use them; every byte is a character."""


class XmlScan:
    """Takes a document in pieces of any size."""

    def __init__(self, *, charset: str) -> None:
        """``charset`` is the parameter of Content-Type, "" where it has none."""
        self._charset = charset.lower()
        self._head = b""
        self._decided = False
        self._position = 0
        """Where in the head the part of the prolog begins that is not judged yet."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._is_utf8 = True

    def feed(self, data: bytes) -> None:
        """Look at the next bytes. Raises EncodingRefused, Xml…, DoctypeRefused."""
        if self._decided:
            self._check_characters(data)
            return
        self._head += data
        self._judge(final=len(self._head) >= _HEAD_BYTES)

    def close(self) -> None:
        """Say that the document is over. Raises DocumentEmpty and as above."""
        if not self._decided:
            if not self._head.removeprefix(_UTF8_MARK).strip(_WHITE):
                raise DocumentEmpty
            self._judge(final=True)
            raise XmlMalformed("It ends before its first element.")
        self._decode(b"", final=True)

    def _judge(self, *, final: bool) -> None:
        if len(self._head) < _SHORTEST and not final:
            return
        if self._head.startswith(_UTF16_MARKS):
            raise EncodingRefused("It is UTF-16.")
        if b"\0" in self._head:
            raise EncodingRefused("It contains NUL; UTF-16 is not taken.")
        if self._position == 0 and self._head.startswith(_UTF8_MARK):
            self._position = len(_UTF8_MARK)
        self._decided = self._walk_prolog() or (
            final and len(self._head) >= _HEAD_BYTES
        )
        if self._decided:
            self._is_utf8 = self._encoding() in _UTF8
            self._check_characters(self._head)
            self._head = b""

    def _walk_prolog(self) -> bool:
        """Go on to the root element; whether it was reached."""
        while True:
            rest = self._head[self._position :].lstrip(_WHITE)
            self._position = len(self._head) - len(rest)
            if _ROOT.match(rest):
                return True
            if rest.startswith(b"<?"):
                end, length = rest.find(b"?>", 2), 2
            elif rest.startswith(b"<!--"):
                end, length = rest.find(b"-->", 4), 3
            elif rest.startswith(b"<!") and not b"<!--".startswith(rest):
                raise DoctypeRefused
            elif rest in {b"", b"<"} or b"<!--".startswith(rest):
                return False
            else:
                raise XmlMalformed("It does not begin with a tag.")
            if end < 0:
                return False
            self._position += end + length

    def _encoding(self) -> str:
        bare = self._head.removeprefix(_UTF8_MARK)
        marked = len(bare) < len(self._head)
        declared = ""
        if bare.startswith(b"<?xml") and bare[5:6] in {b" ", b"\t", b"\r", b"\n"}:
            found = _DECLARED.search(bare, 0, bare.find(b"?>"))
            declared = found[1].decode().lower() if found else ""
        named = {name for name in (declared, self._charset) if name}
        if marked:
            named.add("utf-8")
        if len(named) > 1:
            raise EncodingRefused("It names two encodings.")
        encoding = named.pop() if named else "utf-8"
        if encoding not in _UTF8 | _SINGLE_BYTE:
            raise EncodingRefused("Its encoding is not taken here.")
        return encoding

    def _check_characters(self, data: bytes) -> None:
        if b"\0" in data:
            raise EncodingRefused("It contains NUL.")
        self._decode(data, final=False)

    def _decode(self, data: bytes, *, final: bool) -> None:
        if not self._is_utf8:
            return
        try:
            self._decoder.decode(data, final)
        except UnicodeDecodeError:
            raise EncodingRefused("It is not UTF-8.") from None
