"""What ``amtsweg schema add`` says it would make of a download."""

from collections import Counter
from typing import Final, cast

from api.cli.output import Json, say, say_fields, say_table
from schemas.packs.building.proposal import Proposal
from schemas.packs.building.survey import Role
from schemas.packs.manifest import Manifest
from schemas.packs.plain_json import to_plain

_SHOWN: Final = 10
"""Lines of a list; --json has all of it."""
_NAMED: Final = 4
"""Words of a field."""
_ROLES: Final = {
    Role.SCHEMA: "XML schemas",
    Role.JSON_SCHEMA: "JSON schemas",
    Role.CODE_LIST: "code lists",
    Role.SCHEMATRON: "Schematron",
    Role.STYLESHEET: "compiled rules (XSLT)",
    Role.SAMPLE: "samples",
    Role.LICENCE: "licence",
    Role.OTHER: "other",
}


def print_proposal(proposal: Proposal) -> None:
    """The manifest to be, the files in their roles, and what is missing."""
    manifest = proposal.manifest
    say_fields(
        (
            ("Pack", manifest.key),
            ("Title", manifest.title),
            ("Kind", manifest.kind.value),
            ("Namespace", manifest.namespace),
            ("Standard", manifest.standard_urn),
            ("Main", ", ".join(manifest.schemas) or manifest.json_schema),
            ("Messages", _messages(manifest)),
            ("Known as", ", ".join(manifest.uri_aliases)),
            ("Valid", _validity(manifest)),
            ("Requires", ", ".join(manifest.requires)),
            ("Catalogue", _catalogue(proposal)),
            ("Code lists", _few([one.uri for one in proposal.code_lists])),
            ("Files", _files(proposal)),
            ("Licence", manifest.licence),
        )
    )
    _print_aside(proposal)
    for text in proposal.notes:
        say(f"\n{text}")
    _print_lacking(proposal)


def _print_aside(proposal: Proposal) -> None:
    """What came with the download and is no part of the pack."""
    if proposal.foreign_samples:
        say("\nDocuments of another standard or version, not taken as samples")
        for name in proposal.foreign_samples[:_SHOWN]:
            say(f"  {name}")
        _print_rest(len(proposal.foreign_samples))
    told = set(proposal.foreign_samples)
    others = [one for one in proposal.left_out if one.path not in told]
    if others:
        say("\nLeft out")
        say_table(("FILE", "WHY"), [(one.path, one.reason) for one in others[:_SHOWN]])
        _print_rest(len(others))


def _print_lacking(proposal: Proposal) -> None:
    """What keeps it from becoming a pack."""
    if proposal.rivals:
        say("\nSeveral schemas could be the standard; name one with --main:")
        for name in proposal.rivals:
            say(f"  {name}")
    if proposal.missing:
        say("\nMissing")
        for one in proposal.missing:
            say_fields(
                (
                    ("Namespace", one.namespace or "(none)"),
                    ("Wanted as", one.location),
                    ("By", one.importer),
                    ("Do", one.advice),
                )
            )
            say()


def _print_rest(count: int) -> None:
    if count > _SHOWN:
        say(f"  … and {count - _SHOWN} more; --json has them all.")


def _messages(manifest: Manifest) -> str:
    return _few([one.name for one in manifest.messages])


def _few(names: list[str]) -> str:
    """How many, and the first of them."""
    if not names:
        return ""
    rest = "" if len(names) <= _NAMED else ", …"
    return f"{len(names)}: {', '.join(names[:_NAMED])}{rest}"


def _files(proposal: Proposal) -> str:
    counts = Counter(one.role for one in proposal.files)
    return ", ".join(f"{_ROLES[one]}: {counts[one]}" for one in Role if counts[one])


def _catalogue(proposal: Proposal) -> str:
    count = len(proposal.catalogue)
    return f"addresses led to files: {count}" if count else ""


def _validity(manifest: Manifest) -> str:
    days = (
        ("from", manifest.valid_from),
        ("to", manifest.valid_to),
        ("with a warning until", manifest.accept_until),
    )
    return " ".join(f"{word} {day:%d.%m.%Y}" for word, day in days if day)


def proposal_json(proposal: Proposal) -> dict[str, Json]:
    """All of it but the files' bytes."""
    return {
        "key": proposal.manifest.key,
        "manifest": cast("Json", to_plain(proposal.manifest)),
        "catalogue": dict(proposal.catalogue),
        "files": [
            {"source": one.source, "target": one.target, "role": one.role.value}
            for one in proposal.files
        ],
        "code_lists": [
            {"uri": one.uri, "version": one.version} for one in proposal.code_lists
        ],
        "foreign_samples": list(proposal.foreign_samples),
        "left_out": [
            {"path": one.path, "reason": one.reason} for one in proposal.left_out
        ],
        "rivals": list(proposal.rivals),
        "missing": [
            {
                "namespace": one.namespace,
                "location": one.location,
                "importer": one.importer,
                "advice": one.advice,
            }
            for one in proposal.missing
        ],
        "notes": list(proposal.notes),
    }
