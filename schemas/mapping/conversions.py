"""From what a form says to what XML says, and back: exactly, or not at all."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Final, assert_never

from schemas.mapping.form_data import FormValue
from schemas.mapping.form_map import (
    AsAmount,
    AsCode,
    AsDate,
    AsInteger,
    AsText,
    AsYesNo,
    Conversion,
    Spacing,
    Written,
)
from schemas.mapping.problems import Mistake

_MAX_NUMBER: Final = 64
"""Characters of a number; more is no amount anybody means."""
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_GERMAN_DATE: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_PLAIN_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_GERMAN_NUMBER: Final = re.compile(
    r"([+-]?)(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d+))?", re.ASCII
)
_PLAIN_NUMBER: Final = re.compile(r"([+-]?)(\d+)(?:\.(\d+))?", re.ASCII)
_CURRENCY: Final = re.compile(r"\s*(?:€|EUR|Euro)$")
_YES: Final = frozenset({"ja", "yes", "true", "on", "1"})
_NO: Final = frozenset({"nein", "no", "false", "off", "0"})


def plain_text(value: FormValue) -> str | Mistake:
    """The text of a single value: in NFC, line ends as XML has them, no blanks around.

    NFC because the character sets of German administration refuse decomposed letters.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            text = unicodedata.normalize("NFC", value)
        case int() | float() | Decimal():
            number = _exact(value)
            return number if isinstance(number, Mistake) else format(number, "f")
        case _:
            return Mistake.KIND
    if _NO_XML.search(text):
        return Mistake.CHARACTER
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def to_text(conversion: Conversion, value: FormValue) -> str | Mistake:
    """What stands in the XML for what a person filled in."""
    if isinstance(conversion, AsAmount | AsInteger):
        match value:
            case int() | float() | Decimal() if not isinstance(value, bool):
                return _number(conversion, _exact(value))
            case _:
                pass
    text = plain_text(value)
    if isinstance(text, Mistake):
        return text
    match conversion:
        case AsText(spacing=spacing):
            return _spaced(text, spacing)
        case AsDate(written=written):
            return _date(text, written)
        case AsAmount(written=written) | AsInteger(written=written):
            return _number(conversion, _parsed(text, written))
        case AsYesNo():
            return _yes_no(conversion, text)
        case AsCode(table=table):
            codes = table.codes
            return codes.get(text, Mistake.CODE) if codes else text
        case _:
            assert_never(conversion)


def from_text(conversion: Conversion, text: str) -> FormValue | Mistake:
    """What the form would say for what stands in the XML."""
    text = text.strip()
    match conversion:
        case AsText():
            return text
        case AsDate(written=written):
            iso = _date(text, Written.PLAIN)
            if isinstance(iso, Mistake) or written is not Written.GERMAN:
                return iso
            return ".".join(reversed(iso.split("-")))
        case AsAmount(written=written) | AsInteger(written=written):
            number = _number(conversion, _parsed(text, Written.PLAIN))
            return (
                number if isinstance(number, Mistake) else _rewritten(number, written)
            )
        case AsYesNo(yes=yes, no=no):
            if text in {"true", "1"}:
                return yes
            return no if text in {"false", "0"} else Mistake.YES_NO
        case AsCode(table=table):
            words = (word for word, code in table.codes.items() if code == text)
            return next(words, Mistake.CODE) if table.codes else text
        case _:
            assert_never(conversion)


def _spaced(text: str, spacing: Spacing) -> str:
    match spacing:
        case Spacing.KEPT:
            return text
        case Spacing.SINGLE:
            return " ".join(text.split())
        case Spacing.NONE:
            return "".join(text.split())
        case _:
            assert_never(spacing)


def _date(text: str, written: Written) -> str | Mistake:
    if written is Written.GERMAN:
        found = _GERMAN_DATE.fullmatch(text)
        parts, mistake = found and found.groups()[::-1], Mistake.DATE
    else:
        found = _PLAIN_DATE.fullmatch(text)
        parts, mistake = found and found.groups(), Mistake.ISO_DATE
    if not parts:
        return mistake
    year, month, day = (int(part) for part in parts)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return mistake


def _exact(value: float | Decimal) -> Decimal | Mistake:
    """The number as it was written; a float's shortest writing is the one meant."""
    number = Decimal(str(value) if isinstance(value, float) else value)
    if not number.is_finite() or not -_MAX_NUMBER < number.adjusted() < _MAX_NUMBER:
        return Mistake.KIND
    return number


def _parsed(text: str, written: Written) -> Decimal | Mistake:
    """Never guessed: in German notation 12.34 is a mistake, not twelve."""
    german = written is Written.GERMAN
    mistake = Mistake.AMOUNT if german else Mistake.PLAIN_AMOUNT
    bare = _CURRENCY.sub("", text[: _MAX_NUMBER + 1])
    if len(bare) > _MAX_NUMBER:
        return mistake
    found = (_GERMAN_NUMBER if german else _PLAIN_NUMBER).fullmatch(bare)
    if not found:
        return mistake
    sign, whole, rest = found.groups(default="")
    return Decimal(f"{sign}{whole.replace('.', '')}.{rest or '0'}")


def _number(
    conversion: AsAmount | AsInteger, number: Decimal | Mistake
) -> str | Mistake:
    places = conversion.places if isinstance(conversion, AsAmount) else 0
    if isinstance(number, Mistake):
        is_amount = isinstance(conversion, AsAmount) or number is Mistake.KIND
        return number if is_amount else Mistake.INTEGER
    written = format(number, "f")
    whole, _, rest = written.partition(".")
    if rest[places:].strip("0"):
        return Mistake.PLACES if places else Mistake.INTEGER
    if not (whole + rest).strip("-0"):
        whole = "0"
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    exact = sign + (digits.lstrip("0") or "0")
    return f"{exact}.{rest[:places].ljust(places, '0')}" if places else exact


def _rewritten(number: str, written: Written) -> FormValue:
    """From XML's notation to the form's."""
    match written:
        case Written.PLAIN:
            return number
        case Written.NUMBER:
            return Decimal(number) if "." in number else int(number)
        case Written.GERMAN:
            sign, digits = ("-", number[1:]) if number[0] == "-" else ("", number)
            whole, _, rest = digits.partition(".")
            head = len(whole) % 3
            groups = [whole[:head]] if head else []
            groups += [whole[at : at + 3] for at in range(head, len(whole), 3)]
            return sign + ".".join(groups) + (f",{rest}" if rest else "")
        case _:
            assert_never(written)


def _yes_no(conversion: AsYesNo, text: str) -> str | Mistake:
    """The form's own two words count first, then what forms usually send."""
    for word, means in ((conversion.yes, "true"), (conversion.no, "false")):
        if isinstance(word, str) and word == text:
            return means
    if text.casefold() in _YES:
        return "true"
    return "false" if text.casefold() in _NO else Mistake.YES_NO
