"""What the checks of a case found, as text and as JSON."""

from collections.abc import Iterable
from typing import Final

from api.cli.output import Json, say, say_fields, say_table
from schemas.events import DocumentChecked, Event
from schemas.findings import CheckResult, Finding, Passage, Severity, StageRun, Verdict

_VERDICTS: Final = {
    Verdict.ACCEPTED: "angenommen",
    Verdict.REFUSED: "zurückgewiesen",
    Verdict.QUARANTINED: "in Quarantäne",
}
_SEVERITIES: Final = {
    Severity.ERROR: "Fehler",
    Severity.WARNING: "Hinweis",
    Severity.INTERNAL: "intern",
}
_SHORT: Final = 12
"""Of a hash; JSON has it whole."""


def last_check(events: Iterable[Event]) -> CheckResult | None:
    """What the last check found; a released case has been checked again."""
    found = [event for event in events if isinstance(event, DocumentChecked)]
    return found[-1].result if found else None


def print_check(result: CheckResult) -> None:
    """By which rules, how it went, and every finding."""
    say("\nCheck")
    say_fields(
        (
            ("Result", f"{_VERDICTS[result.verdict]} ({result.verdict.value})"),
            ("Pack", _pack(result)),
            ("Message", result.message),
            ("Stages", ", ".join(map(_stage, result.stages))),
            ("Engines", ", ".join(f"{name} {at}" for name, at in result.engines)),
        )
    )
    if result.findings:
        say("\nFindings")
        say_table(
            ("SEVERITY", "RULE", "DETAIL", "WHERE", "WHAT"),
            [
                (
                    _SEVERITIES[one.severity],
                    one.rule,
                    one.detail,
                    where(one.path, one.line),
                    one.german,
                )
                for one in result.findings
            ],
        )
    if result.left_out:
        say(f"… and {result.left_out} more.")


def where(path: str, line: int) -> str:
    """A place in a document, as staff read it."""
    return " ".join(filter(None, (path, f"(Zeile {line})" if line else "")))


def check_json(result: CheckResult) -> dict[str, Json]:
    """Everything, with names that stay."""
    pack = result.pack
    return {
        "verdict": result.verdict.value,
        "pack": (
            {"id": pack.id, "version": pack.version, "sha256": pack.sha256}
            if pack
            else None
        ),
        "message": result.message,
        "engines": dict(result.engines),
        "stages": [
            {
                "stage": one.stage,
                "passage": one.passage.value,
                "milliseconds": one.milliseconds,
                "note": one.note,
            }
            for one in result.stages
        ],
        "findings": [finding_json(one) for one in result.findings],
        "left_out": result.left_out,
    }


def check_words(event: DocumentChecked) -> dict[str, Json]:
    """The same in the few words that a line of history has room for."""
    return {
        "position": event.position,
        "verdict": event.result.verdict.value,
        "pack": _key(event.result) or "none",
        "findings": len(event.result.findings) + event.result.left_out,
    }


def finding_json(one: Finding) -> dict[str, Json]:
    """One of them."""
    return {
        "rule": one.rule,
        "severity": one.severity.value,
        "detail": one.detail,
        "path": one.path,
        "line": one.line,
        "german": one.german,
        "english": one.english,
    }


def _pack(result: CheckResult) -> str:
    if result.pack is None:
        return "none applied"
    return f"{_key(result)} ({result.pack.sha256[:_SHORT]}…)"


def _key(result: CheckResult) -> str:
    return f"{result.pack.id}-{result.pack.version}" if result.pack else ""


def _stage(run: StageRun) -> str:
    if run.passage is Passage.SKIPPED:
        return f"{run.stage} skipped ({run.note})" if run.note else run.stage
    stopped = " stopped" if run.passage is Passage.STOPPED else ""
    return f"{run.stage}{stopped} {run.milliseconds:.1f} ms"
