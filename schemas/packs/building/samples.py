"""Trying a pack's own samples: the valid ones are accepted, the others refused."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

from schemas.checking.check import check, schematron_due
from schemas.checking.claims import Claim, FormOf, SchemaUri
from schemas.checking.course import JSON_ENGINES, XML_ENGINES
from schemas.checking.policy import NO_CLAIM, CheckPolicy
from schemas.checking.rules import RULES
from schemas.findings import CheckResult, Finding, Severity, Verdict
from schemas.packs.building.staging import samples_in
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import INVALID_SAMPLES, VALID_SAMPLES, Manifest
from schemas.schematron.saxon import is_available
from schemas.schematron.stage import run_rules, with_rules

_SOME_DAY: Final = date(2000, 1, 1)
_MOST_REASONS: Final = 20


Measure: TypeAlias = Callable[[bytes, str, CheckPolicy, date], CheckResult]
"""Checks a document: its bytes, media type, what is wanted of it, and the day."""
Measuring: TypeAlias = Callable[[PackLibrary], AbstractContextManager[Measure]]
"""By the packs of a library. Rules of strangers may run for ever, so whoever has
processes that can be killed lends them for the trial."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """How the samples went; without reasons everything is as it should be."""

    valid: int
    invalid: int
    engines: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@contextmanager
def measuring_here(library: PackLibrary) -> Iterator[Measure]:
    """In this process, without a limit: for packs of our own."""

    def measure(
        document: bytes, media_type: str, policy: CheckPolicy, on: date
    ) -> CheckResult:
        result = check(
            document, media_type=media_type, library=library, policy=policy, on=on
        )
        due = schematron_due(result, library)
        if not due or result.pack is None:
            return result
        pack = library.compiled(f"{result.pack.id}-{result.pack.version}")
        return with_rules(result, run_rules(document, pack, due))

    yield measure


def try_samples(folder: Path, manifest: Manifest, measure: Measure) -> Trial:
    """``measure`` knows the pack already, as active."""
    engines = dict(XML_ENGINES) if manifest.schemas else {}
    engines |= dict(JSON_ENGINES) if manifest.json_schema else {}
    reasons: list[str] = []
    notes: list[str] = []
    valid = samples_in(folder / VALID_SAMPLES)
    for path in valid:
        result = _checked(path, manifest, measure)
        engines.update(result.engines)
        if result.verdict is not Verdict.ACCEPTED or result.pack is None:
            reasons.append(f"{VALID_SAMPLES}/{path.name}: {_why(result)}")
    invalid = samples_in(folder / INVALID_SAMPLES)
    for path in invalid:
        result = _checked(path, manifest, measure)
        engines.update(result.engines)
        if problem := _not_refused(path, result):
            skipped = bool(manifest.schematron) and not is_available()
            (notes if skipped else reasons).append(problem)
    if manifest.schematron and not is_available():
        notes.append("Schematron was not run: saxonche is not installed.")
    return Trial(
        valid=len(valid),
        invalid=len(invalid),
        engines=tuple(sorted(engines.items())),
        reasons=tuple(reasons[:_MOST_REASONS]),
        notes=tuple(notes[:_MOST_REASONS]),
    )


def _checked(path: Path, manifest: Manifest, measure: Measure) -> CheckResult:
    is_json = path.suffix.lower() == ".json"
    return measure(
        path.read_bytes(),
        "application/json" if is_json else "application/xml",
        CheckPolicy(packs=(manifest.key,), claim=_claim(manifest)),
        _day_of(manifest),
    )


def _claim(manifest: Manifest) -> Claim:
    """JSON does not say what it is; whoever sends it does."""
    if manifest.forms:
        return FormOf(profile=manifest.forms[0].profile, id=manifest.forms[0].id)
    if manifest.json_schema and manifest.uri_aliases:
        return SchemaUri(uri=manifest.uri_aliases[0])
    return NO_CLAIM


def _day_of(manifest: Manifest) -> date:
    """Any day on which it is valid."""
    return manifest.valid_from or manifest.valid_to or _SOME_DAY


def _not_refused(path: Path, result: CheckResult) -> str:
    """``<name>.<rule>.xml`` says in its name what must be found."""
    name = f"{INVALID_SAMPLES}/{path.name}"
    if result.verdict is not Verdict.REFUSED:
        return f"{name}: is {result.verdict.value} and must be refused"
    wanted = PurePosixPath(path.stem).suffix.removeprefix(".")
    found = {one.rule for one in result.findings}
    if wanted in RULES and wanted not in found:
        return f"{name}: {wanted} is not among what is found"
    return ""


def _why(result: CheckResult) -> str:
    if result.verdict is Verdict.ACCEPTED:
        return "is accepted without this pack"
    said = "; ".join(_told(result.findings))
    return f"is {result.verdict.value}: {said}"


def _told(findings: tuple[Finding, ...]) -> Iterator[str]:
    worst = [one for one in findings if one.severity is not Severity.WARNING]
    for one in worst[:3]:
        detail = f" ({one.detail})" if one.detail else ""
        place = f" at {one.path}" if one.path else ""
        line = f", line {one.line}" if one.line else ""
        yield f"{one.rule}{detail}{place}{line}"
