"""Every rule that a finding can name: how bad it is, and its two sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from schemas.findings import Finding, Severity


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A sentence for staff and one for integrators; words stand in braces."""

    severity: Severity
    german: str
    english: str


def finding(
    rule: str,
    *,
    detail: str = "",
    path: str = "",
    line: int = 0,
    severity: Severity | None = None,
    **words: str | int,
) -> Finding:
    """A finding in the rule's words; ``words`` are ours or the pack's, never values."""
    german, english = _sentences(rule, tuple(words.items()))
    return Finding(
        rule=rule,
        severity=severity or RULES[rule].severity,
        german=german,
        english=english,
        detail=detail,
        path=path,
        line=line,
    )


@lru_cache(maxsize=1024)
def _sentences(rule: str, words: tuple[tuple[str, str | int], ...]) -> tuple[str, str]:
    known, said = RULES[rule], dict(words)
    return known.german.format_map(said), known.english.format_map(said)


def _error(german: str, english: str) -> Rule:
    return Rule(severity=Severity.ERROR, german=german, english=english)


def _warning(german: str, english: str) -> Rule:
    return Rule(severity=Severity.WARNING, german=german, english=english)


def _internal(german: str, english: str) -> Rule:
    return Rule(severity=Severity.INTERNAL, german=german, english=english)


RULES: Final[Mapping[str, Rule]] = {
    "too-large": _error(
        "Das Dokument ist größer als {limit} Byte.",
        "The document is larger than {limit} bytes.",
    ),
    "encoding": _error(
        "Das Dokument ist nicht in UTF-8 geschrieben.",
        "The document is not encoded in UTF-8.",
    ),
    "not-wellformed": _error(
        "Das Dokument ist kein lesbares {kind}.",
        "The document is not well-formed {kind}.",
    ),
    "doctype-forbidden": _error(
        "Das Dokument enthält eine DOCTYPE-Angabe; sie ist nicht zugelassen.",
        "The document has a DOCTYPE declaration, which is not allowed.",
    ),
    "entity-forbidden": _error(
        "Das Dokument verwendet eine Zeichenabkürzung (Entität), die XML nicht kennt.",
        "The document refers to an entity that is not defined.",
    ),
    "unknown-schema": _internal(
        "Für Dokumente dieser Art ist hier kein Schema eingerichtet.",
        "No schema pack is installed for documents of this kind.",
    ),
    "message-not-supported": _internal(
        "Nachrichten dieser Art nimmt diese Leistung nicht an.",
        "This service does not take messages of this kind.",
    ),
    "schema-version-not-valid": _internal(
        "Die Version {version} des Standards gilt am Tag des Eingangs nicht.",
        "Version {version} of the standard is not valid on the day of receipt.",
    ),
    "schema-version-ending": _warning(
        "Die Version {version} des Standards ist abgelaufen; "
        "sie wird noch bis zum {bis} angenommen.",
        "Version {version} of the standard has ended; it is taken until {until}.",
    ),
    "schema-mismatch": _error(
        "Das Dokument gehört zu einem anderen Schema als angegeben.",
        "The document belongs to another schema than the one claimed.",
    ),
    # What is wrong stands in schemas/checking/mistakes.py, one sentence per kind.
    "schema-violation": _error(
        "Das Dokument entspricht nicht dem vorgeschriebenen Schema.",
        "The document does not conform to its schema.",
    ),
    "dangling-idref": _error(
        "Das Merkmal „{attribute}“ verweist auf etwas, das im Dokument fehlt.",
        "Attribute {attribute} refers to an id that is not in the document.",
    ),
    "duplicate-id": _error(
        "Das Merkmal „{attribute}“ trägt eine Kennung, "
        "die im Dokument mehrfach vergeben ist.",
        "Attribute {attribute} has an id that occurs more than once.",
    ),
    "codelist-unknown": _warning(
        "Die Codeliste, zu der „{element}“ gehört, "
        "liegt hier in dieser Version nicht vor; der Code wurde nicht geprüft.",
        "The code list of {element} is not here in this version; "
        "the code was not checked.",
    ),
    "code-invalid": _error(
        "Der Code in „{element}“ steht nicht in seiner Codeliste.",
        "The code in {element} is not in its code list.",
    ),
    "schematron-failed": _error(
        "Eine fachliche Regel des Standards ist verletzt.",
        "A business rule of the standard is violated.",
    ),
    "schematron-skipped": _warning(
        "Die fachlichen Regeln des Standards wurden nicht geprüft.",
        "The business rules of the standard were not checked.",
    ),
    "wrong-message-code": _error(
        "Der Nachrichtentyp im Nachrichtenkopf passt nicht zur Nachricht.",
        "The message type in the head does not match the message.",
    ),
    "wrong-standard": _warning(
        "Die Nachricht nennt einen anderen Standard als den, dem sie folgt.",
        "The message names another standard than the one it follows.",
    ),
    "wrong-version": _error(
        "Die Nachricht nennt eine andere Version des Standards als die, der sie folgt.",
        "The message names another version of the standard than the one it follows.",
    ),
    "wrong-reader": _warning(
        "Die Kennung des Empfängers im Nachrichtenkopf "
        "hat nicht die Form eines DVDV-Schlüssels.",
        "The reader's key in the head does not have the form of a DVDV key.",
    ),
    "test-flag": _error(
        "Die Nachricht ist als Test gekennzeichnet; hier werden nur echte angenommen.",
        "The message is flagged as a test, and this is not a test installation.",
    ),
    "test-flag-missing": _warning(
        "Dies ist eine Testumgebung, und die Nachricht ist nicht als Test "
        "gekennzeichnet.",
        "This is a test installation, and the message is not flagged as a test.",
    ),
    "form-field-missing": _error(
        "Im Formular fehlt die Angabe „{field}“.",
        "The form lacks the field {field}.",
    ),
    "form-field-invalid": _error(
        "Die Angabe „{field}“ im Formular ist nicht verwendbar.",
        "The form's field {field} cannot be used as it is.",
    ),
    "form-field-unknown": _warning(
        "Das Formular enthält eine Angabe, die hier niemand erwartet.",
        "The form has a field that nobody expects here.",
    ),
    "pack-broken": _internal(
        "Das Schema zu diesem Dokument ist hier nicht benutzbar.",
        "The schema pack for this document cannot be used.",
    ),
    "time-limit": _internal(
        "Die Prüfung dauerte zu lange und wurde abgebrochen.",
        "The check took too long and was ended.",
    ),
    "check-failed": _internal(
        "Die Prüfung ist hier gescheitert; am Dokument muss das nicht liegen.",
        "The check failed here; the document need not be the cause.",
    ),
}
