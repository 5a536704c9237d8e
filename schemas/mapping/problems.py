"""What stands between a form and its XML, said so that it names the form's field."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from schemas.findings import Finding, Severity

MISSING: Final = "form-field-missing"
INVALID: Final = "form-field-invalid"
UNKNOWN: Final = "form-field-unknown"
OURS: Final = "check-failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class MapProblem:
    """One thing that is wrong with a form; it never holds what was filled in."""

    field: str
    """Name of the field, or JSON pointer to it; ``*`` for names of no map."""
    rule: str
    severity: Severity
    german: str
    english: str
    detail: str = ""

    def as_finding(self) -> Finding:
        """The same as the check would say it."""
        return Finding(
            rule=self.rule,
            severity=self.severity,
            german=self.german,
            english=self.english,
            detail=self.detail,
            path=self.field,
        )


class Mistake(Enum):
    """Why what was filled in cannot be taken: id, German and English ending."""

    KIND = (
        "kind",
        "hat nicht die erwartete Form",
        "is not of the kind that the map expects",
    )
    CHARACTER = (
        "character",
        "enthält ein Zeichen, das nicht übertragen werden kann",
        "has a character that XML does not allow",
    )
    DATE = (
        "date",
        "ist kein gültiges Datum; erwartet wird TT.MM.JJJJ",
        "is not a date like 24.12.2025",
    )
    ISO_DATE = (
        "date",
        "ist kein gültiges Datum; erwartet wird JJJJ-MM-TT",
        "is not a date like 2025-12-24",
    )
    AMOUNT = (
        "amount",
        "ist keine Zahl in der Schreibweise 1.234,50",
        "is not a number like 1.234,50 (German notation)",
    )
    PLAIN_AMOUNT = (
        "amount",
        "ist keine Zahl in der Schreibweise 1234.50",
        "is not a number like 1234.50",
    )
    PLACES = (
        "places",
        "hat zu viele Nachkommastellen",
        "has too many decimal places",
    )
    INTEGER = ("integer", "ist keine ganze Zahl", "is not a whole number")
    YES_NO = (
        "yes-no",
        "ist weder eine Zustimmung noch eine Ablehnung (ja oder nein)",
        "is neither yes nor no",
    )
    CODE = (
        "code",
        "enthält einen Wert, der nicht zur Auswahl steht",
        "is not one of the values in the map's table",
    )
    TOO_MANY = (
        "too-many",
        "ist öfter ausgefüllt, als zugelassen ist",
        "occurs more often than the map allows",
    )
    AMBIGUOUS = (
        "ambiguous",
        "ist mehrfach ausgefüllt",
        "has more than one value",
    )


def missing(field: str, label: str, *, detail: str = "") -> MapProblem:
    """Nothing was filled in where something must be."""
    return MapProblem(
        field=field,
        rule=MISSING,
        severity=Severity.ERROR,
        german=f"Die Angabe „{label or field}“ fehlt.",
        english=f"The form's field {field} is missing or empty.",
        detail=detail,
    )


def invalid(field: str, label: str, mistake: Mistake) -> MapProblem:
    """What was filled in cannot be taken."""
    detail, german, english = mistake.value
    return MapProblem(
        field=field,
        rule=INVALID,
        severity=Severity.ERROR,
        german=f"Die Angabe „{label or field}“ {german}.",
        english=f"The form's field {field} {english}.",
        detail=detail,
    )


def unused(field: str) -> MapProblem:
    """Filled in, and it does not get into the XML; ``*`` for one of no map."""
    known = field != "*"
    german = f"Die Angabe „{field}“" if known else "Eine Angabe, die hier neu ist,"
    english = f"The form's field {field}" if known else "A field unknown to the map"
    return MapProblem(
        field=field,
        rule=UNKNOWN,
        severity=Severity.WARNING,
        german=f"{german} wird nicht übernommen.",
        english=f"{english} is not taken over into the XML.",
    )


def not_given(name: str) -> MapProblem:
    """The caller did not give what the map takes from outside: ours to mend."""
    return MapProblem(
        field="",
        rule=OURS,
        severity=Severity.INTERNAL,
        german="Eine Angabe unseres Hauses fehlt, die das Formular nicht enthält.",
        english=f"The map takes `{name}` from outside, and it was not given.",
        detail=name,
    )


def failed(detail: str) -> MapProblem:
    """The map itself did not work: ours to mend. ``detail`` is in our words."""
    return MapProblem(
        field="",
        rule=OURS,
        severity=Severity.INTERNAL,
        german="Das Formular konnte hier nicht umgesetzt werden.",
        english="The map could not be applied.",
        detail=detail,
    )


def unreadable() -> MapProblem:
    """Not a JSON object at all."""
    return MapProblem(
        field="",
        rule="not-wellformed",
        severity=Severity.ERROR,
        german="Das Formular ist kein lesbares JSON-Objekt.",
        english="The form is not a well-formed JSON object.",
    )
