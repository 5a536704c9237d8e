"""Stage 3: which pack a document belongs to, and whether it applies on that day."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Final, assert_never

from lxml import etree

from schemas.checking.claims import Claim, FormOf, NoClaim, SchemaUri
from schemas.checking.course import Course
from schemas.checking.head import head_value
from schemas.checking.policy import CheckPolicy, Unknown
from schemas.checking.rules import finding
from schemas.findings import Severity
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import Form, Manifest, Message
from schemas.packs.presence import Active, PackEntry

ACCEPTED: Final = "no pack; accepted as well-formed by the service's policy"
_NUMBER: Final = re.compile(r"\d+")


class Validity(IntEnum):
    """How a version stands to a day; the higher the better."""

    OUTSIDE = 0
    ENDING = 1
    VALID = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What decides beside the document."""

    library: PackLibrary
    policy: CheckPolicy
    on: date


def validity(manifest: Manifest, on: date) -> Validity:
    """Both ends of a period belong to it."""
    if manifest.valid_from is not None and on < manifest.valid_from:
        return Validity.OUTSIDE
    if manifest.valid_to is None or on <= manifest.valid_to:
        return Validity.VALID
    if manifest.accept_until is not None and on <= manifest.accept_until:
        return Validity.ENDING
    return Validity.OUTSIDE


def message_of(manifest: Manifest, namespace: str, name: str) -> Message | None:
    """The manifest's message with this root."""
    for message in manifest.messages:
        if message.name == name and (message.namespace or manifest.namespace) == (
            namespace
        ):
            return message
    return None


def recognise_xml(
    course: Course, root: etree._Element, terms: Terms
) -> PackEntry | None:
    """The pack of this root; None where the policy accepts it without one."""
    namespace, _, name = root.tag.rpartition("}")
    namespace = namespace[1:]
    fitting = terms.library.for_root(namespace, name)
    if not fitting:
        _stop_at_idle(
            course,
            terms.library,
            lambda idle: message_of(idle, namespace, name) is not None,
        )
        known = terms.library.knows_namespace(namespace)
        rule = "message-not-supported" if known else "unknown-schema"
        _stranger(course, terms.policy, rule, namespace if known else "")
        return None
    claimed = claimed_packs(terms.library, terms.policy.claim)
    said = {
        entry.manifest.key: head_value(root, entry.manifest.head.version)
        for entry in fitting
        if len(fitting) > 1 and entry.manifest.head and entry.manifest.head.version
    }
    spoken = [
        entry for entry in fitting if said.get(entry.manifest.key) == entry.ref.version
    ]
    chosen = _settle(course, spoken or fitting, terms, claimed)
    if chosen is not None:
        course.message = name
    return chosen


def recognise_json(course: Course, document: object, terms: Terms) -> PackEntry | None:
    """By what the document says of its schema, else by what is claimed of it."""
    claimed = claimed_packs(terms.library, terms.policy.claim)
    said = document.get("$schema") if isinstance(document, dict) else None
    own = packs_of_uri(terms.library, said) if isinstance(said, str) else ()
    fitting = [one for one in own or claimed if one.manifest.json_schema]
    if fitting:
        return _settle(course, fitting, terms, claimed)
    if own or claimed:
        course.stop(finding("schema-mismatch"))
    uris = frozenset([said] if isinstance(said, str) else [])
    _stop_at_idle(
        course, terms.library, lambda idle: _is_meant(idle, uris, terms.policy.claim)
    )
    _stranger(course, terms.policy, "unknown-schema", "")
    return None


def claimed_packs(library: PackLibrary, claim: Claim) -> tuple[PackEntry, ...]:
    """Active packs that the claim means; empty where it says nothing to us."""
    match claim:
        case NoClaim():
            return ()
        case SchemaUri(uri=uri):
            return packs_of_uri(library, uri)
        case FormOf(profile=profile, id=form):
            return tuple(library.for_form(profile, form))
    assert_never(claim)


def packs_of_uri(library: PackLibrary, uri: str) -> tuple[PackEntry, ...]:
    """Senders append ``#message`` to what is the schema's name."""
    return tuple(library.for_uri(uri) or library.for_uri(uri.partition("#")[0]))


def _settle(
    course: Course,
    fitting: Sequence[PackEntry],
    terms: Terms,
    claimed: Sequence[PackEntry],
) -> PackEntry | None:
    """One of those that fit: taken by the service, then valid, then the newest."""
    wanted = [entry for entry in fitting if _is_taken(entry, terms.policy)]
    if not wanted:
        named = fitting[0].manifest.key
        _stranger(course, terms.policy, "message-not-supported", named)
        return None
    meant = {entry.manifest.key for entry in claimed}
    chosen = wanted[0]
    if len(wanted) > 1:
        chosen = max(
            wanted,
            key=lambda entry: (
                entry.manifest.key in meant,
                validity(entry.manifest, terms.on),
                entry.manifest.valid_from or date.min,
                numbers(entry.manifest.version),
            ),
        )
    if meant and chosen.manifest.key not in meant:
        course.find(finding("schema-mismatch", detail=chosen.manifest.key))
    return _timely(course, chosen, terms)


def _timely(course: Course, chosen: PackEntry, terms: Terms) -> PackEntry | None:
    manifest = chosen.manifest
    match validity(manifest, terms.on):
        case Validity.VALID:
            return chosen
        case Validity.ENDING:
            until = manifest.accept_until or terms.on
            course.find(
                finding(
                    "schema-version-ending",
                    detail=manifest.key,
                    version=manifest.version,
                    until=until.isoformat(),
                    bis=f"{until:%d.%m.%Y}",
                )
            )
            return chosen
        case Validity.OUTSIDE:
            rule = "schema-version-not-valid"
            _stranger(
                course, terms.policy, rule, manifest.key, version=manifest.version
            )
            return None


def _stranger(
    course: Course, policy: CheckPolicy, rule: str, detail: str, *, version: str = ""
) -> None:
    """What the service wants of documents that none of its packs fits."""
    match policy.unknown:
        case Unknown.ACCEPT:
            return
        case Unknown.REFUSE:
            severity = Severity.ERROR
        case Unknown.QUARANTINE:
            severity = Severity.INTERNAL
    course.stop(finding(rule, detail=detail, severity=severity, version=version))


def _is_taken(entry: PackEntry, policy: CheckPolicy) -> bool:
    return not policy.packs or bool(
        {entry.manifest.id, entry.manifest.key} & set(policy.packs)
    )


def _stop_at_idle(
    course: Course, library: PackLibrary, fits: Callable[[Manifest], bool]
) -> None:
    """A pack that would fit and is there, but may not be used, is ours to mend."""
    for entry in library.entries():
        if not isinstance(entry.status, Active) and fits(entry.manifest):
            course.stop(finding("pack-broken", detail=entry.manifest.key))


def _is_meant(manifest: Manifest, uris: frozenset[str], claim: Claim) -> bool:
    match claim:
        case NoClaim():
            pass
        case SchemaUri(uri=uri):
            uris |= {uri, uri.partition("#")[0]}
        case FormOf(profile=profile, id=form):
            if Form(profile=profile, id=form) in manifest.forms:
                return True
        case _:
            assert_never(claim)
    return not uris.isdisjoint(manifest.uri_aliases)


def numbers(version: str) -> tuple[int, ...]:
    """A version in an order in which 1.10 comes after 1.9."""
    return tuple(int(one) for one in _NUMBER.findall(version))
