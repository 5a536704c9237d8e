"""How commands print what was found at places outside, and how they end."""

from collections.abc import Sequence

import typer

from adapters.base import Finding
from api.cli.errors import UNREACHED
from api.cli.output import Json, note, say_json, say_table
from api.doctor.outside import Place
from api.doctor.tenants import Looked
from schemas.sources import Source

Checked = tuple[Place, Sequence[Finding]]


def tell_findings(
    checked: Sequence[Checked], looked: Looked, *, nothing: str, as_json: bool
) -> None:
    """Print them. Raises Exit where not all is well."""
    if as_json:
        say_json([_json(place, found, looked) for place, found in checked])
    elif checked:
        _show(checked, looked)
    else:
        note(nothing)
    if not all(finding.ok for _, found in checked for finding in found):
        raise typer.Exit(UNREACHED)


def _show(checked: Sequence[Checked], looked: Looked) -> None:
    kind = _kind(checked[0][0]).upper()
    whose = ("TENANT",) if looked.names_tenants else ()
    say_table(
        (*whose, kind, "LOOKED AT", "RESULT", "REMEDY"),
        [
            (
                *((place.tenant,) if looked.names_tenants else ()),
                place.id,
                finding.subject,
                "ok" if finding.ok else "WRONG",
                "" if finding.ok else looked.remedy(finding.remedy, place.tenant),
            )
            for place, found in checked
            for finding in found
        ],
    )


def _json(place: Place, found: Sequence[Finding], looked: Looked) -> dict[str, Json]:
    whose: dict[str, Json] = {"tenant": place.tenant} if looked.names_tenants else {}
    return {
        **whose,
        _kind(place): place.id,
        "ok": all(finding.ok for finding in found),
        "findings": [
            {
                "subject": one.subject,
                "ok": one.ok,
                "remedy": looked.remedy(one.remedy, place.tenant),
            }
            for one in found
        ],
    }


def _kind(place: Place) -> str:
    return "source" if isinstance(place, Source) else "destination"
