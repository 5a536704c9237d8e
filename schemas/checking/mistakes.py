"""What libxml2 and JSON Schema complain of, in sentences that people understand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """A kind of violation; {s} is what it is about, {limit} what the schema allows."""

    german: str
    english: str


def _mistake(german: str, english: str) -> Mistake:
    return Mistake(german=german, english=english)


OTHER: Final = _mistake(
    "{s} entspricht nicht dem vorgeschriebenen Schema.",
    "{s} does not conform to the schema.",
)
MISSING: Final = _mistake(
    "{s} ist unvollständig: Es fehlt mindestens eine Angabe.",
    "{s} is incomplete: something is missing.",
)
MISPLACED: Final = _mistake(
    "{s} steht an falscher Stelle oder ist zu viel, oder davor fehlt eine Angabe.",
    "{s} stands in the wrong place or is too much, or something before it is missing.",
)
LACKS_ATTRIBUTE: Final = _mistake(
    "{s} fehlt.",
    "{s} is missing.",
)
_PATTERN: Final = _mistake(
    "{s} hat nicht das vorgeschriebene Format.",
    "{s} does not have the prescribed format.",
)
_ENUMERATION: Final = _mistake(
    "{s} hat keinen der zugelassenen Werte.",
    "{s} has none of the values that are allowed.",
)
_TOO_SHORT: Final = _mistake(
    "{s} ist zu kurz; vorgeschrieben sind mindestens {limit} Zeichen.",
    "{s} is too short; at least {limit} characters are required.",
)
_TOO_LONG: Final = _mistake(
    "{s} ist zu lang; zugelassen sind höchstens {limit} Zeichen.",
    "{s} is too long; at most {limit} characters are allowed.",
)
_LENGTH: Final = _mistake(
    "{s} hat nicht die vorgeschriebene Länge.",
    "{s} does not have the prescribed length.",
)
_TOO_SMALL: Final = _mistake(
    "{s} ist kleiner oder früher als zugelassen.",
    "{s} is less or earlier than allowed.",
)
_TOO_BIG: Final = _mistake(
    "{s} ist größer oder später als zugelassen.",
    "{s} is greater or later than allowed.",
)
_DIGITS: Final = _mistake(
    "{s} hat mehr Ziffern als zugelassen.",
    "{s} has more digits than allowed.",
)
_FRACTION: Final = _mistake(
    "{s} hat mehr Nachkommastellen als zugelassen.",
    "{s} has more decimal places than allowed.",
)
_MULTIPLE: Final = _mistake(
    "{s} hat zu viele Nachkommastellen oder ist kein zugelassenes Vielfaches.",
    "{s} has too many decimal places or is no multiple that is allowed.",
)
_FIXED: Final = _mistake(
    "{s} hat nicht den vorgeschriebenen festen Wert.",
    "{s} does not have the fixed value that is prescribed.",
)
_NOT_FORESEEN: Final = _mistake(
    "{s} ist hier nicht vorgesehen.",
    "{s} is not allowed here.",
)
_CONTENT: Final = _mistake(
    "{s} enthält Text oder Unterelemente, wo keine vorgesehen sind.",
    "{s} contains text or elements where none are allowed.",
)
_NIL: Final = _mistake(
    "{s} ist als leer gekennzeichnet (xsi:nil), wo das nicht möglich ist.",
    "{s} is marked as empty (xsi:nil) where that is not possible.",
)
_TYPE: Final = _mistake(
    "{s} nennt einen Typ (xsi:type), den das Schema hier nicht zulässt.",
    "{s} names a type (xsi:type) that the schema does not allow here.",
)
_KEY: Final = _mistake(
    "{s} enthält einen Schlüssel, der fehlt, doppelt ist oder ins Leere verweist.",
    "{s} contains a key that is missing, not unique or refers to nothing.",
)
_ROOT: Final = _mistake(
    "{s} kennt das Schema nicht als Nachricht.",
    "{s} is not known to the schema as a message.",
)
VALUE: Final = _mistake(
    "{s} hat einen Wert, der hier nicht zugelassen ist.",
    "{s} has a value that is not allowed here.",
)
_DATE: Final = _mistake(
    "{s} ist kein gültiges Datum (JJJJ-MM-TT).",
    "{s} is no valid date (YYYY-MM-DD).",
)
_MOMENT: Final = _mistake(
    "{s} ist kein gültiger Zeitpunkt (JJJJ-MM-TThh:mm:ss).",
    "{s} is no valid date and time (YYYY-MM-DDThh:mm:ss).",
)
_TIME: Final = _mistake(
    "{s} ist keine gültige Uhrzeit (hh:mm:ss).",
    "{s} is no valid time (hh:mm:ss).",
)
_YEAR: Final = _mistake(
    "{s} ist keine gültige Jahres- oder Monatsangabe.",
    "{s} is no valid year or month.",
)
_NUMBER: Final = _mistake("{s} ist keine gültige Zahl.", "{s} is no valid number.")
_INTEGER: Final = _mistake(
    "{s} ist keine ganze Zahl im zugelassenen Bereich.",
    "{s} is no integer in the range that is allowed.",
)
_BOOLEAN: Final = _mistake(
    "{s} ist weder „true“ noch „false“.", "{s} is neither true nor false."
)
_ID: Final = _mistake(
    "{s} ist keine gültige oder keine eindeutige Kennung.",
    "{s} is no valid id, or not unique.",
)
_BINARY: Final = _mistake(
    "{s} enthält keine gültig kodierten Daten.",
    "{s} does not contain validly encoded data.",
)
_KIND: Final = _mistake(
    "{s} ist von der falschen Art (etwa Text statt Zahl).",
    "{s} is of the wrong type.",
)
_TOO_FEW: Final = _mistake(
    "{s} hat weniger Einträge als vorgeschrieben.",
    "{s} has fewer entries than required.",
)
_TOO_MANY: Final = _mistake(
    "{s} hat mehr Einträge als zugelassen.",
    "{s} has more entries than allowed.",
)
_TWICE: Final = _mistake(
    "{s} enthält denselben Eintrag mehrfach.",
    "{s} contains the same entry more than once.",
)
_UNKNOWN_NAMES: Final = _mistake(
    "{s} enthält Angaben, die hier nicht vorgesehen sind.",
    "{s} contains properties that are not allowed here.",
)
_ALTERNATIVES: Final = _mistake(
    "{s} passt zu keiner der vorgesehenen Möglichkeiten, oder zu mehreren.",
    "{s} fits none of the alternatives, or more than one.",
)

XML_MISTAKES: Final[Mapping[str, Mistake]] = {
    "CVC_PATTERN_VALID": _PATTERN,
    "CVC_ENUMERATION_VALID": _ENUMERATION,
    "CVC_MINLENGTH_VALID": _TOO_SHORT,
    "CVC_MAXLENGTH_VALID": _TOO_LONG,
    "CVC_LENGTH_VALID": _LENGTH,
    "CVC_MININCLUSIVE_VALID": _TOO_SMALL,
    "CVC_MINEXCLUSIVE_VALID": _TOO_SMALL,
    "CVC_MAXINCLUSIVE_VALID": _TOO_BIG,
    "CVC_MAXEXCLUSIVE_VALID": _TOO_BIG,
    "CVC_TOTALDIGITS_VALID": _DIGITS,
    "CVC_FRACTIONDIGITS_VALID": _FRACTION,
    "CVC_DATATYPE_VALID_1_2_1": VALUE,
    "CVC_DATATYPE_VALID_1_2_2": VALUE,
    "CVC_DATATYPE_VALID_1_2_3": VALUE,
    "CVC_FACET_VALID": VALUE,
    "ELEMENT_CONTENT": MISPLACED,
    "CVC_AU": _FIXED,
    "CVC_ELT_5_2_2_2_1": _FIXED,
    "CVC_ELT_5_2_2_2_2": _FIXED,
    "CVC_COMPLEX_TYPE_3_1": _FIXED,
    "CVC_COMPLEX_TYPE_3_2_1": _NOT_FORESEEN,
    "CVC_COMPLEX_TYPE_3_2_2": _NOT_FORESEEN,
    "CVC_TYPE_3_1_1": _NOT_FORESEEN,
    "CVC_WILDCARD": _NOT_FORESEEN,
    "CVC_COMPLEX_TYPE_4": LACKS_ATTRIBUTE,
    "CVC_COMPLEX_TYPE_2_1": _CONTENT,
    "CVC_COMPLEX_TYPE_2_2": _CONTENT,
    "CVC_COMPLEX_TYPE_2_3": _CONTENT,
    "CVC_COMPLEX_TYPE_2_4": _CONTENT,
    "CVC_TYPE_3_1_2": _CONTENT,
    "CVC_ELT_3_1": _NIL,
    "CVC_ELT_3_2_1": _NIL,
    "CVC_ELT_3_2_2": _NIL,
    "CVC_ELT_4_1": _TYPE,
    "CVC_ELT_4_2": _TYPE,
    "CVC_ELT_4_3": _TYPE,
    "CVC_TYPE_2": _TYPE,
    "CVC_IDC": _KEY,
    "CVC_ELT_1": _ROOT,
}
"""By libxml2's name of the error without SCHEMAV_."""

XSD_TYPES: Final[Mapping[str, Mistake]] = {
    "date": _DATE,
    "dateTime": _MOMENT,
    "time": _TIME,
    "gYear": _YEAR,
    "gYearMonth": _YEAR,
    "gMonth": _YEAR,
    "gMonthDay": _YEAR,
    "decimal": _NUMBER,
    "double": _NUMBER,
    "float": _NUMBER,
    "boolean": _BOOLEAN,
    "ID": _ID,
    "IDREF": _ID,
    "base64Binary": _BINARY,
    "hexBinary": _BINARY,
} | dict.fromkeys(
    (
        "integer",
        "int",
        "long",
        "short",
        "byte",
        "nonNegativeInteger",
        "positiveInteger",
        "nonPositiveInteger",
        "negativeInteger",
        "unsignedInt",
        "unsignedLong",
        "unsignedShort",
        "unsignedByte",
    ),
    _INTEGER,
)
"""What a value is not, by the type of XML Schema itself that it should have."""

JSON_MISTAKES: Final[Mapping[str, Mistake]] = {
    "pattern": _PATTERN,
    "enum": _ENUMERATION,
    "const": _FIXED,
    "minLength": _TOO_SHORT,
    "maxLength": _TOO_LONG,
    "minimum": _TOO_SMALL,
    "exclusiveMinimum": _TOO_SMALL,
    "maximum": _TOO_BIG,
    "exclusiveMaximum": _TOO_BIG,
    "multipleOf": _MULTIPLE,
    "type": _KIND,
    "required": LACKS_ATTRIBUTE,
    "dependentRequired": MISSING,
    "minProperties": MISSING,
    "additionalProperties": _UNKNOWN_NAMES,
    "unevaluatedProperties": _UNKNOWN_NAMES,
    "propertyNames": _UNKNOWN_NAMES,
    "maxProperties": _UNKNOWN_NAMES,
    "minItems": _TOO_FEW,
    "contains": _TOO_FEW,
    "maxItems": _TOO_MANY,
    "additionalItems": _TOO_MANY,
    "unevaluatedItems": _TOO_MANY,
    "uniqueItems": _TWICE,
    "anyOf": _ALTERNATIVES,
    "oneOf": _ALTERNATIVES,
    "contentEncoding": _BINARY,
    "false": _NOT_FORESEEN,
    "falseSchema": _NOT_FORESEEN,
    "not": VALUE,
}
"""By the keyword of JSON Schema that is not fulfilled."""

JSON_FORMATS: Final[Mapping[str, Mistake]] = {
    "date": _DATE,
    "date-time": _MOMENT,
    "time": _TIME,
}
