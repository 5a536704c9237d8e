"""Schema packs: which can be used, and whether all of their rules can be applied."""

from collections.abc import Iterable, Mapping

from api.doctor.results import Result, doubtful, good
from schemas.checking.course import JSON_ENGINES, XML_ENGINES
from schemas.errors import PackBroken
from schemas.packs.activation import Activation, read_activation
from schemas.packs.library import PackLibrary
from schemas.packs.presence import Active, Inactive, PackEntry
from schemas.schematron.saxon import engine

_LEARN = "`amtsweg schema show {key}` says more; add it anew, or take its folder away."
_INSTALL = "Install the extra: `pip install amtsweg[schematron]`."
_TRY_AGAIN = "Add it again with `amtsweg schema add`: that tries its samples anew."


def packs(library: PackLibrary, *, has_saxon: bool) -> tuple[Result, ...]:
    """One line for all that are well, and one for each that is not."""
    entries = library.entries()
    active = [one for one in entries if isinstance(one.status, Active)]
    return (
        good("schema packs", f"{len(active)} active"),
        *_inactive(entries),
        *_rules(active, has_saxon=has_saxon),
        *_engines(active, has_saxon=has_saxon),
    )


def _inactive(entries: Iterable[PackEntry]) -> Iterable[Result]:
    for one in entries:
        if isinstance(one.status, Inactive):
            yield doubtful(
                f"schema pack {one.key}",
                f"It is not used: {one.status.reason}.",
                _LEARN.format(key=one.key),
            )


def _rules(active: Iterable[PackEntry], *, has_saxon: bool) -> Iterable[Result]:
    with_rules = [one.key for one in active if one.manifest.schematron]
    if not with_rules:
        return
    if has_saxon:
        yield good("schematron", f"{len(with_rules)} packs have rules")
    else:
        yield doubtful(
            "schematron",
            "saxonche is not installed, so nobody looks at the business rules of "
            f"{', '.join(with_rules)}.",
            _INSTALL,
        )


def _engines(active: Iterable[PackEntry], *, has_saxon: bool) -> Iterable[Result]:
    """Other engines than those that tried a pack's samples may judge otherwise."""
    for one in active:
        tried = _activation(one)
        if tried is None:
            continue
        here = _here(tried, has_saxon=has_saxon)
        others = [
            f"{name} {version} (now {here[name]})"
            for name, version in tried.engines
            if name in here and here[name] != version
        ]
        if others:
            yield doubtful(
                f"schema pack {one.key}",
                f"Its samples were tried with {', '.join(others)}.",
                _TRY_AGAIN,
            )


def _activation(entry: PackEntry) -> Activation | None:
    """None for those that come with the program: its own tests try them."""
    try:
        return read_activation(entry.folder.parent, entry.ref.sha256)
    except PackBroken:
        return None


def _here(tried: Activation, *, has_saxon: bool) -> Mapping[str, str]:
    known = dict((*XML_ENGINES, *JSON_ENGINES))
    # Asking Saxon for its version starts it.
    if has_saxon and any(name not in known for name, _ in tried.engines):
        known |= [engine()]
    return known
