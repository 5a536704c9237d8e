"""JSON while it passes: encoding, depth, brackets and strings, nothing kept.

What the values are is the schema's matter; this is what must not reach a
recursive parser. Strings are cut out with C-speed operations, so that only
brackets are looked at one by one.
"""

import codecs
from typing import Final

from api.intake.refusals import (
    DocumentEmpty,
    EncodingRefused,
    JsonMalformed,
    JsonTooDeep,
)

_WHITE: Final = b" \t\r\n"
_OUTSIDE_STRINGS: Final = b'{}[]:,"0123456789+-.eEtrufalsn' + _WHITE
_BRACKETS: Final = b"{}[]"
_NO_BRACKETS: Final = bytes(set(range(256)) - set(_BRACKETS))
_CLOSES: Final = {ord("{"): ord("}"), ord("["): ord("]")}


class JsonScan:
    """Takes a document in pieces of any size."""

    def __init__(self, *, depth: int) -> None:
        self._depth = depth
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._expected: list[int] = []
        """Closing brackets that are due, innermost last."""
        self._held = b""
        """A backslash at the end of a piece, waiting for what it escapes, and
        the first bytes of a character that is cut in two."""
        self._in_string = False
        self._empty = True
        self._begun = False
        self._done = False

    def feed(self, data: bytes) -> None:
        """Look at the next bytes. Raises EncodingRefused, Json errors."""
        characters = self._check_encoding(data, final=False)
        if not characters:
            # Half a character, perhaps of a byte order mark.
            self._held += data
            return
        outside = self._cut_strings_out(self._held + data)
        self._check_outside(outside)

    def close(self) -> None:
        """Say that the document is over. Raises DocumentEmpty, Json errors."""
        self._check_encoding(b"", final=True)
        if not self._begun:
            raise DocumentEmpty
        if not self._done or self._held:
            raise JsonMalformed("It ends too early.")

    def _check_encoding(self, data: bytes, *, final: bool) -> bool:
        if b"\0" in data:
            raise EncodingRefused("It contains NUL; UTF-16 is not taken.")
        try:
            text = self._decoder.decode(data, final)
        except UnicodeDecodeError:
            raise EncodingRefused("It is not UTF-8.") from None
        if self._empty and text.startswith("\ufeff"):
            raise EncodingRefused("It begins with a byte order mark.")
        self._empty = self._empty and not text
        return bool(text)

    def _cut_strings_out(self, data: bytes) -> bytes:
        r"""What stands outside strings; each string leaves one quotation mark."""
        self._held = b""
        if (len(data) - len(data.rstrip(b"\\"))) % 2:
            data, self._held = data[:-1], b"\\"
        # Pairs first: what is left of \\\" is an escaped quotation mark. NUL
        # marks what is no JSON if it turns up outside a string.
        pieces = data.replace(b"\\\\", b"\0").replace(b'\\"', b"\0").split(b'"')
        first = 1 if self._in_string else 0
        self._in_string = (len(pieces) - 1 + first) % 2 == 1
        return b'"'.join(pieces[first::2]) + (b'"' if self._in_string else b"")

    def _check_outside(self, outside: bytes) -> None:
        if outside.translate(None, _OUTSIDE_STRINGS):
            raise JsonMalformed("Something outside strings is no JSON.")
        if not self._begun:
            outside = outside.lstrip(_WHITE)
            if outside and outside[0] not in _CLOSES:
                raise JsonMalformed("It is neither an object nor an array.")
            self._begun = bool(outside)
        rest = outside
        for bracket in outside.translate(None, _NO_BRACKETS):
            self._check_bracket(bracket)
        if self._done:
            rest = outside[1 + max(outside.rfind(c) for c in (b"}", b"]")) :]
            if rest.strip(_WHITE):
                raise JsonMalformed("Something follows its end.")

    def _check_bracket(self, bracket: int) -> None:
        if self._done:
            raise JsonMalformed("Something follows its end.")
        closing = _CLOSES.get(bracket)
        if closing is not None:
            if len(self._expected) >= self._depth:
                raise JsonTooDeep(f"At most {self._depth} levels.")
            self._expected.append(closing)
        elif not self._expected or self._expected.pop() != bracket:
            raise JsonMalformed("Its brackets do not match.")
        else:
            self._done = not self._expected
