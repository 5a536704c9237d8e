"""A check's result for people: every finding, with the line that it is about.

The lines are shown on the operator's own terminal, out of the operator's own file;
they are in no JSON and in no log.
"""

import shutil
from dataclasses import replace
from typing import Final

from api.cli.output import note, plain, say, say_fields, width
from api.cli.schema_sources import Source
from schemas.checking.outside import Meaning, Meanings, meaning_of
from schemas.findings import CheckResult, Finding, Severity, StageRun, Verdict

_VERDICTS: Final = {
    Verdict.ACCEPTED: "angenommen / accepted",
    Verdict.REFUSED: "zurückgewiesen / refused",
    Verdict.QUARANTINED: "in Quarantäne / quarantined",
}
_SEVERITIES: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INTERNAL: "internal",
}
_NEXT: Final = {
    "unknown-schema": "`amtsweg schema list` shows the packs that are here;"
    " `amtsweg schema add` brings another.",
    "schema-version-not-valid": "`amtsweg schema list` shows from when to when each"
    " version is valid; `--on` checks for another day.",
}
_COLUMNS: Final = 100
"""Where the width is not known."""
_SHORT: Final = 12
"""Of a hash; JSON has it whole."""


def print_result(
    source: Source, result: CheckResult, meanings: Meanings | None
) -> None:
    """``meanings`` are for who wants to know everything."""
    pack = result.pack
    say(plain(f"{source.name}: {_VERDICTS[result.verdict]}"))
    say_fields(
        (
            (
                "Pack",
                f"{pack.id}-{pack.version} ({pack.sha256[:_SHORT]}…)" if pack else "",
            ),
            ("Message", result.message),
        )
    )
    _print_findings(source, result, meanings)
    if meanings is not None:
        _print_stages(result)
    for rule in dict.fromkeys(one.rule for one in result.findings):
        if rule in _NEXT:
            note(f"→ {_NEXT[rule]}")


def _print_findings(
    source: Source, result: CheckResult, meanings: Meanings | None
) -> None:
    if not result.findings:
        return
    findings = [_with_line(one, source) for one in result.findings]
    lines = source.lines({one.line for one in findings if one.line})
    rules = max(len(one.rule) for one in findings)
    say(f"\n{'SEVERITY':<8}  {'RULE':<{rules}}  {'LINE':>6}  WHERE")
    for one in findings:
        number = str(one.line) if one.line else ""
        row = f"{_SEVERITIES[one.severity]:<8}  {one.rule:<{rules}}  {number:>6}  "
        say(plain(row + one.path).rstrip())
        say(plain(f"{'':10}{one.german}"))
        if one.line in lines:
            say(_cut(f"{number:>8}| {lines[one.line].strip()}"))
        if meanings is not None:
            _print_more(one, meaning_of(one, meanings))
    if result.left_out:
        say(f"… and {result.left_out} more.")


def _with_line(found: Finding, source: Source) -> Finding:
    """Checks know no lines of JSON; one file on a terminal is worth the search."""
    if found.line or not found.path:
        return found
    return replace(found, line=source.line_of(found.path))


def _print_more(one: Finding, meaning: Meaning) -> None:
    detail = f" [{one.detail}]" if one.detail else ""
    say(plain(f"{'':10}{one.english}{detail}"))
    told = []
    if fit := meaning.fit_connect:
        told.append(("FIT-Connect", fit.type.rpartition("/")[2], fit.confirmed))
    if xoev := meaning.xoev:
        told.append(("Rückweisungsgrund", xoev.code, xoev.confirmed))
    if xta := meaning.xta:
        told.append(("XTA", f"{xta.name.value} {xta.code}", xta.confirmed))
    words = [
        f"{name} {value}{'' if confirmed else ' (unconfirmed)'}"
        for name, value, confirmed in told
    ]
    if words:
        say(f"{'':10}→ {'; '.join(words)}")


def _print_stages(result: CheckResult) -> None:
    say()
    say_fields([(run.stage, _took(run)) for run in result.stages])
    say_fields(result.engines)


def _took(run: StageRun) -> str:
    passage = f"{run.passage.value:<8} {run.milliseconds:8.2f} ms"
    return f"{passage}  {run.note}".rstrip()


def _cut(text: str) -> str:
    """As much of it as fits on the terminal's line."""
    room = shutil.get_terminal_size((_COLUMNS, 0)).columns or _COLUMNS
    shown = plain(text)
    if width(shown) <= room:
        return shown
    shown = shown[:room]
    while width(shown) >= room:
        shown = shown[:-1]
    return f"{shown}…"
