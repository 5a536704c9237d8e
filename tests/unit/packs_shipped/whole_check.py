"""The check with all of its stages, against the shipped packs."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from schemas.checking.check import check, schematron_due, with_schematron
from schemas.checking.claims import Claim, FormOf, NoClaim, SchemaUri
from schemas.checking.policy import CheckPolicy
from schemas.findings import CheckResult
from schemas.packs.library import PackLibrary, shipped_packs
from schemas.packs.manifest import Manifest
from schemas.schematron.stage import run_rules

SHIPPED: Final = shipped_packs()
KEYS: Final = tuple(sorted(path.parent.name for path in SHIPPED.glob("*/pack.json")))
SUMMER: Final = date(2026, 6, 16)
"""A day on which every shipped pack is valid."""


@cache
def library() -> PackLibrary:
    return PackLibrary([SHIPPED])


def manifest(key: str) -> Manifest:
    entry = library().entry(key)
    assert entry is not None
    return entry.manifest


def claim(key: str) -> Claim:
    """What a service says whose documents name no schema themselves."""
    pack = manifest(key)
    if pack.forms:
        return FormOf(profile=pack.forms[0].profile, id=pack.forms[0].id)
    if pack.json_schema:
        return SchemaUri(uri=pack.uri_aliases[0])
    return NoClaim()


def checked(document: bytes, key: str, *, on: date = SUMMER) -> CheckResult:
    """What the whole check has to say about a document meant for this pack."""
    is_json = bool(manifest(key).json_schema)
    result = check(
        document,
        media_type="application/json" if is_json else "application/xml",
        library=library(),
        policy=CheckPolicy(packs=(manifest(key).id,), claim=claim(key)),
        on=on,
    )
    due = schematron_due(result, library())
    if not due:
        return result
    run = run_rules(document, library().compiled(key), due)
    return with_schematron(result, run.stage, run.findings)


def rules(result: CheckResult) -> set[str]:
    return {one.rule for one in result.findings}


def fired(result: CheckResult) -> set[str]:
    """Ids of the assertions that failed."""
    return {one.detail for one in result.findings if one.rule == "schematron-failed"}


def samples(key: str, place: str) -> list[Path]:
    return sorted((SHIPPED / key / place).iterdir())
