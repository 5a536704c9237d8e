"""``amtsweg schema check``: documents against the packs that are here."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, cast

import typer

from api.cli.case_check import check_json, finding_json
from api.cli.errors import REFUSED, UNREACHED
from api.cli.output import Json, Progress, say, say_json
from api.cli.schema_checker import open_checker
from api.cli.schema_findings import print_result
from api.cli.schema_forms import form_of
from api.cli.schema_sources import Source, check_names, opened
from schemas.checking.claims import Claim, FormOf, NoClaim, SchemaUri
from schemas.checking.outside import Meaning, Meanings, meaning_of
from schemas.checking.policy import CheckPolicy
from schemas.findings import CheckResult, Verdict
from schemas.packs.plain_json import to_plain
from storage.configuration import load_meanings
from storage.settings import read_settings

if TYPE_CHECKING:
    from flows.checking.checker import Checker


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What was asked for."""

    files: Sequence[str]
    on: date
    claim: Claim
    verbose: bool
    as_json: bool


def claim_of(schema: str, form: str) -> Claim:
    """What the operator says the documents are. Raises BadParameter."""
    if schema and form:
        raise typer.BadParameter("Say either --schema or --form.")
    if schema:
        return SchemaUri(uri=schema)
    if not form:
        return NoClaim()
    meant = form_of(form)
    return FormOf(profile=meant.profile, id=meant.id)


def check_files(order: Order) -> None:
    """Print what was found. Raises Exit where not all are accepted."""
    check_names(order.files)
    meanings = load_meanings(read_settings().config_folder)
    told: list[Json] = []
    verdicts: set[Verdict] = set()

    def tell(source: Source, result: CheckResult) -> None:
        verdicts.add(result.verdict)
        if order.as_json:
            told.append(_json(source, result, meanings))
            return
        if len(told):
            say()
        told.append(source.name)
        print_result(source, result, meanings if order.verbose else None)

    asyncio.run(_check_all(order, tell))
    if order.as_json:
        say_json(told[0] if len(told) == 1 else told)
    raise typer.Exit(_exit_code(verdicts))


async def _check_all(order: Order, tell: Callable[[Source, CheckResult], None]) -> None:
    progress = Progress()
    try:
        async with open_checker() as checker:
            for at, name in enumerate(order.files, start=1):
                with opened(name) as source:
                    if order.as_json and len(order.files) > 1:
                        progress.show(f"Checking {at} of {len(order.files)}")
                    tell(source, await _checked(source, checker, order))
    finally:
        progress.end()


async def _checked(source: Source, checker: "Checker", order: Order) -> CheckResult:
    return await checker.check(
        source.chunks(),
        size=source.size,
        media_type=source.media_type,
        policy=CheckPolicy(claim=order.claim),
        on=order.on,
    )


def _exit_code(verdicts: Collection[Verdict]) -> int:
    """One that is refused outweighs what somebody has to look at."""
    if Verdict.REFUSED in verdicts:
        return REFUSED
    return UNREACHED if Verdict.QUARANTINED in verdicts else 0


def _json(source: Source, result: CheckResult, meanings: Meanings) -> dict[str, Json]:
    """With what each finding means outside; never with a line of the document."""
    told = check_json(result)
    findings = [
        {**finding_json(one), "outside": _outside(meaning_of(one, meanings))}
        for one in result.findings
    ]
    return {"file": source.name, **told, "findings": findings}


def _outside(meaning: Meaning) -> Json:
    return cast("Json", to_plain(meaning))
