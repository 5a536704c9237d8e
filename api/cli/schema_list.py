"""What ``amtsweg schema list`` and ``show`` print."""

from datetime import date
from pathlib import Path
from typing import Final, cast

from api.cli.output import (
    Json,
    local,
    note,
    say,
    say_fields,
    say_json,
    say_table,
    stamp,
)
from api.cli.schema_library import find, is_shipped, places
from schemas.errors import PackBroken
from schemas.packs.activation import Activation, read_activation
from schemas.packs.code_lists import CodeList, read_index
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import (
    CODE_LIST_INDEX,
    INVALID_SAMPLES,
    VALID_SAMPLES,
    ListPolicy,
    Manifest,
)
from schemas.packs.plain_json import to_plain
from schemas.packs.presence import Active, Inactive, PackEntry

_POLICIES: Final = {
    ListPolicy.ERROR: "a code that is not in it refuses",
    ListPolicy.WARN: "a code that is not in it is noted",
    ListPolicy.IGNORE: "codes are not looked up",
}


def show_packs(*, as_json: bool) -> None:
    """All there are, also those that cannot be used."""
    entries = sorted(PackLibrary(places()).entries(), key=lambda one: one.key)
    if as_json:
        say_json([_summary(one) for one in entries])
        return
    if not entries:
        note("There is no schema pack; `amtsweg schema add` brings one.")
        return
    say_table(
        ("KEY", "KIND", "TITLE", "VALID FROM", "TO", "STATUS", "ORIGIN"),
        [
            (
                one.key,
                one.manifest.kind.value,
                one.manifest.title,
                _day(one.manifest.valid_from),
                _day(one.manifest.valid_to),
                _status(one),
                _origin(one),
            )
            for one in entries
        ],
    )
    if any(isinstance(one.status, Inactive) for one in entries):
        note("→ `amtsweg schema add FOLDER` tries an inactive pack again.")


def show_pack(which: str, *, as_json: bool) -> None:
    """Everything about one. Raises UnknownPack."""
    library = PackLibrary(places())
    entry = find(library, which)
    activation = _activation(entry)
    lists = _lists(entry)
    if as_json:
        say_json(_whole(entry, activation, lists))
        return
    _print_head(entry, activation)
    _print_messages(entry.manifest)
    _print_lists(entry.manifest, lists)
    if entry.manifest.schematron:
        say("\nRules")
        say_table(
            ("SOURCE", "SEVERITIES"),
            [
                (one.source, ", ".join(f"{k}: {v}" for k, v in one.severities.items()))
                for one in entry.manifest.schematron
            ],
        )


def _print_head(entry: PackEntry, activation: Activation | None) -> None:
    manifest, samples = entry.manifest, _samples(entry.folder)
    say_fields(
        (
            ("Pack", entry.key),
            ("Title", manifest.title),
            ("Kind", manifest.kind.value),
            ("Status", _status(entry)),
            ("Origin", _origin(entry)),
            ("Folder", str(entry.folder)),
            ("Hash", entry.ref.sha256),
            ("Namespace", manifest.namespace),
            ("Standard", manifest.standard_urn),
            ("Known as", ", ".join(manifest.uri_aliases)),
            ("Forms", ", ".join(f"{one.profile}/{one.id}" for one in manifest.forms)),
            ("Maps", ", ".join(manifest.maps)),
            ("Valid", _validity(manifest)),
            ("Requires", ", ".join(manifest.requires)),
            ("Samples", f"{samples[0]} valid, {samples[1]} invalid"),
            ("Tried", _tried(activation)),
            ("Licence", manifest.licence),
            ("Source", manifest.source_url),
        )
    )


def _print_messages(manifest: Manifest) -> None:
    if not manifest.messages:
        return
    say("\nMessages")
    say_table(
        ("NAME", "CODE", "ROLE", "ANSWERS"),
        [(one.name, one.code, one.role, one.answer_to) for one in manifest.messages],
    )


def _print_lists(manifest: Manifest, lists: tuple[CodeList, ...]) -> None:
    if not lists:
        return
    say("\nCode lists")
    say_table(
        ("LIST", "VERSION", "CODES", "POLICY"),
        [
            (one.uri, one.version, str(len(one.codes)), _policy_words(manifest, one))
            for one in lists
        ],
    )


def _policy_words(manifest: Manifest, one: CodeList) -> str:
    return _POLICIES[_policy(manifest, one)]


def _policy(manifest: Manifest, one: CodeList) -> ListPolicy:
    return manifest.code_list_policies.get(one.uri, manifest.code_list_default)


def _activation(entry: PackEntry) -> Activation | None:
    """None for ours: our tests try them."""
    if is_shipped(entry) or not entry.ref.sha256:
        return None
    try:
        return read_activation(entry.folder.parent, entry.ref.sha256)
    except PackBroken:
        # Its status says so already.
        return None


def _lists(entry: PackEntry) -> tuple[CodeList, ...]:
    try:
        return read_index((entry.folder / CODE_LIST_INDEX).read_bytes()).lists
    except (OSError, PackBroken):
        return ()


def _samples(folder: Path) -> tuple[int, int]:
    valid, invalid = (
        sum(path.is_file() for path in (folder / name).rglob("*"))
        for name in (VALID_SAMPLES, INVALID_SAMPLES)
    )
    return valid, invalid


def _status(entry: PackEntry) -> str:
    match entry.status:
        case Active():
            return "active"
        case Inactive(reason=reason):
            return f"inactive: {reason}"


def _origin(entry: PackEntry) -> str:
    return "shipped" if is_shipped(entry) else "own"


def _tried(activation: Activation | None) -> str:
    if activation is None:
        return ""
    engines = ", ".join(f"{name} {version}" for name, version in activation.engines)
    return (
        f"{activation.valid_samples} accepted, {activation.invalid_samples} refused"
        f" on {local(activation.at)} with {engines}"
    )


def _validity(manifest: Manifest) -> str:
    start, end = _day(manifest.valid_from), _day(manifest.valid_to)
    said = " ".join(filter(None, (start and f"from {start}", end and f"to {end}")))
    grace = _day(manifest.accept_until)
    return said + (f", taken with a warning until {grace}" if grace else "")


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""


def _summary(entry: PackEntry) -> dict[str, Json]:
    manifest, status = entry.manifest, entry.status
    return {
        "key": entry.key,
        "id": manifest.id,
        "version": manifest.version,
        "kind": manifest.kind.value,
        "title": manifest.title,
        "valid_from": _iso(manifest.valid_from),
        "valid_to": _iso(manifest.valid_to),
        "active": isinstance(status, Active),
        "reason": status.reason if isinstance(status, Inactive) else "",
        "origin": _origin(entry),
        "sha256": entry.ref.sha256,
    }


def _whole(
    entry: PackEntry, activation: Activation | None, lists: tuple[CodeList, ...]
) -> dict[str, Json]:
    samples = _samples(entry.folder)
    return _summary(entry) | {
        "folder": str(entry.folder),
        "manifest": cast("Json", to_plain(entry.manifest)),
        "code_lists": [
            {
                "uri": one.uri,
                "version": one.version,
                "codes": len(one.codes),
                "policy": _policy(entry.manifest, one).value,
            }
            for one in lists
        ],
        "samples": {"valid": samples[0], "invalid": samples[1]},
        "tried": {
            "valid_accepted": activation.valid_samples,
            "invalid_refused": activation.invalid_samples,
            "engines": dict(activation.engines),
            "at": stamp(activation.at),
        }
        if activation
        else None,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
