"""What the Zustelldienst can see of a JWE: its parts and its header, never inside."""

from dataclasses import dataclass, field
from typing import Final

from adapters.fitconnect.sandbox.calls import Refusal, parse_json
from adapters.fitconnect.sandbox.keys import decoded

SHORTEST: Final = 776
"""Characters of the shortest possible one: RSA-4096, A256GCM, empty payload."""
DOCUMENT_TYPES: Final = {"application/json", "application/xml"}
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
_DOTS: Final = 4
_IV_CHARACTERS: Final = 16
_TAG_CHARACTERS: Final = 22
_LONGEST_HEAD: Final = 16 * 1024
_UNPROCESSABLE: Final = 422


@dataclass(kw_only=True, slots=True)
class Passing:
    """Looks at a compact JWE while it goes by; ``finish`` says what it was."""

    size: int = 0
    _dots: int = 0
    _head: bytearray = field(default_factory=bytearray)
    _tail: bytes = b""

    def feed(self, chunk: bytes) -> None:
        """Raises Refusal as soon as it cannot become a JWE any more."""
        if chunk.translate(None, _LETTERS):
            raise _malformed("There are characters that base64url does not have.")
        self.size += len(chunk)
        self._dots += chunk.count(b".")
        if len(self._head) < _LONGEST_HEAD:
            self._head += chunk[: _LONGEST_HEAD - len(self._head)]
        self._tail = (self._tail + chunk)[-64:]
        if self._dots > _DOTS:
            raise _malformed("There are more than five parts.")

    def finish(self) -> "Sealed":
        """Raises Refusal."""
        if self._dots != _DOTS or self.size < SHORTEST:
            raise _malformed("There are not five parts, or it is too short.")
        # Header, key and initialisation vector come first, whatever follows.
        parts = bytes(self._head).decode("ascii").split(".", 3)
        tag = self._tail.decode("ascii").rpartition(".")[2]
        if len(parts[2]) != _IV_CHARACTERS or len(tag) != _TAG_CHARACTERS:
            raise _malformed("Initialisation vector or tag have the wrong length.")
        try:
            header = parse_json(decoded(parts[0]))
        except (ValueError, RecursionError) as error:
            raise _malformed("The header is not JSON.") from error
        if not isinstance(header, dict):
            raise _malformed("The header is not an object.")
        return Sealed(header=header, tag=tag, size=self.size)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sealed:
    """A JWE's header and authentication tag."""

    header: dict[str, object]
    tag: str
    size: int

    def check(self, *, version: str, document: bool, allow_zip: bool) -> None:
        """Raises Refusal; the title about ``cty`` was observed, the others are like it.

        ``document``: metadata or data, whose ``cty`` v2 looks at.
        """
        if self.header.get("alg") != "RSA-OAEP-256":
            raise _header("alg")
        if self.header.get("enc") != "A256GCM":
            raise _header("enc")
        if not isinstance(self.header.get("kid"), str):
            raise _header("kid")
        if version == "v1":
            return
        if "zip" in self.header and not allow_zip:
            raise _header("zip")
        if document and self.header.get("cty") not in DOCUMENT_TYPES:
            raise _header("cty")


def look_at(token: str) -> Sealed:
    """A JWE that is there as a whole. Raises Refusal."""
    passing = Passing()
    try:
        passing.feed(token.encode("ascii"))
    except UnicodeEncodeError as error:
        raise _malformed("There are characters beyond ASCII.") from error
    return passing.finish()


def _malformed(detail: str) -> Refusal:
    return Refusal(_UNPROCESSABLE, "invalid-jwe", "Invalid JWE", detail)


def _header(name: str) -> Refusal:
    title = f"Invalid JWE Header '{name}'"
    return Refusal(_UNPROCESSABLE, "invalid-jwe-header", title)
