"""``amtsweg schema add``: from a download to a pack that is active."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import typer

from api.cli.asking import ask
from api.cli.errors import REFUSED
from api.cli.house import CLOCK
from api.cli.output import Json, Progress, note, say, say_fields, say_json
from api.cli.schema_build import second_opinion
from api.cli.schema_checker import measuring_apart
from api.cli.schema_library import places
from api.cli.schema_proposal import print_proposal, proposal_json
from schemas.packs.activation import Activation
from schemas.packs.building.install import Installed, NotActivated, Outcome, install
from schemas.packs.building.proposal import AddOptions, Proposal
from schemas.packs.building.propose import propose
from schemas.packs.library import PackLibrary


@dataclass(frozen=True, kw_only=True, slots=True)
class How:
    """What to do with the proposal."""

    dry_run: bool
    yes: bool
    keep: bool
    as_json: bool


def add_pack(source: Path, options: AddOptions, how: How) -> None:
    """Propose, ask, install. Raises PackBroken, and Exit where nothing is active."""
    library = PackLibrary(places())
    proposal = _read(source, options, library)
    is_whole = not (proposal.missing or proposal.rivals)
    if not how.as_json:
        print_proposal(proposal)
    outcome = None
    if is_whole and not how.dry_run:
        if not how.yes:
            ask(
                f"Add {proposal.manifest.key}?",
                otherwise="Nothing was installed.",
                look="--dry-run",
            )
        outcome = _install(proposal, library, keep=how.keep)
    if how.as_json:
        told = {"proposal": proposal_json(proposal), **_outcome_json(outcome)}
        say_json(told)
    else:
        _tell(proposal, outcome, is_whole=is_whole)
    if not is_whole or isinstance(outcome, NotActivated):
        raise typer.Exit(REFUSED)


def _read(source: Path, options: AddOptions, library: PackLibrary) -> Proposal:
    progress = Progress()
    progress.show(f"Reading {source.name}")
    try:
        return propose(source, library=library, options=options)
    finally:
        progress.end()


def _install(proposal: Proposal, library: PackLibrary, *, keep: bool) -> Outcome:
    place, progress = places()[-1], Progress()
    place.mkdir(parents=True, exist_ok=True)
    progress.show(f"Building {proposal.manifest.key} and trying its samples")
    try:
        return install(
            proposal,
            place,
            library,
            at=CLOCK.now(),
            keep=keep,
            measuring=measuring_apart,
        )
    finally:
        progress.end()


def _tell(proposal: Proposal, outcome: Outcome | None, *, is_whole: bool) -> None:
    key = proposal.manifest.key
    match outcome:
        case Installed():
            _tell_installed(key, outcome, proposal.notes)
        case NotActivated():
            say(f"\n{key} was not activated:")
            for reason in outcome.reasons:
                say(f"  {reason}")
            where = f"It is kept in {outcome.folder}." if outcome.folder else ""
            note(where or "Nothing was changed.")
        case None if is_whole:
            note("\nThis was a dry run: nothing was installed.")
        case None:
            note("\nNothing was installed: mend what is said above, then repeat.")


def _tell_installed(key: str, done: Installed, said: Collection[str]) -> None:
    tried = done.activation
    how = "was here already, and is active" if done.was_there else "is active now"
    say(f"\n{key} {how}.")
    say_fields(
        (
            ("Folder", str(done.folder)),
            ("Hash", tried.sha256),
            ("Samples", _samples(tried)),
            ("Engines", ", ".join(f"{name} {at}" for name, at in tried.engines)),
        )
    )
    for text in (*second_opinion(done.built), *done.notes):
        if text not in said:
            say(text)


def _samples(tried: Activation) -> str:
    if not (tried.valid_samples or tried.invalid_samples):
        return "none: its schemas were compiled, and nothing was tried with them"
    return f"{tried.valid_samples} accepted and {tried.invalid_samples} refused, as due"


def _outcome_json(outcome: Outcome | None) -> dict[str, Json]:
    match outcome:
        case None:
            return {"active": False, "reasons": [], "folder": None}
        case NotActivated():
            folder = str(outcome.folder) if outcome.folder else None
            return {
                "active": False,
                "reasons": list(outcome.reasons),
                "folder": folder,
            }
        case Installed():
            return {
                "active": True,
                "reasons": [],
                "folder": str(outcome.folder),
                "was_there": outcome.was_there,
                "sha256": outcome.activation.sha256,
                "valid_accepted": outcome.activation.valid_samples,
                "invalid_refused": outcome.activation.invalid_samples,
                "engines": dict(outcome.activation.engines),
                "notes": list(outcome.notes),
            }
