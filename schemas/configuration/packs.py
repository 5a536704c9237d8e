"""Whether the schema packs that services name can be used here."""

from collections.abc import Iterable
from typing import Final, Protocol

from schemas.checking.claims import FormOf, SchemaUri
from schemas.configuration.check_policy import SECTION, PackCheck
from schemas.configuration.entries import nearest
from schemas.configuration.problems import ConfigProblem
from schemas.packs.manifest import Kind
from schemas.packs.presence import Active, Inactive, PackEntry
from schemas.services import Service

_ADD: Final = "Add the pack with `amtsweg schema add`; `amtsweg schema list` shows all."


class Shelf(Protocol):
    """The packs there are, as far as their manifests say."""

    def entries(self) -> tuple[PackEntry, ...]:
        """All of them, usable or not."""
        ...

    def for_uri(self, uri: str, /) -> tuple[PackEntry, ...]:
        """Active ones that a schema's URI stands for."""
        ...

    def for_form(self, profile: str, id: str, /) -> tuple[PackEntry, ...]:  # noqa: A002 - a form has an id
        """Active ones for a form of a form server."""
        ...


def pack_check(shelf: Shelf) -> PackCheck:
    """What is to be said about a service whose documents nobody could check."""

    def check(service: Service) -> tuple[ConfigProblem, ...]:
        return (*_named(service, shelf), *_claimed(service, shelf))

    return check


def _named(service: Service, shelf: Shelf) -> Iterable[ConfigProblem]:
    packs = [one for one in shelf.entries() if _recognises(one)]
    for position, name in enumerate(service.check.packs):
        meant = [one for one in packs if name in {one.manifest.id, one.key}]
        if not any(isinstance(one.status, Active) for one in meant):
            path = (SECTION, "packs", str(position))
            sentence, remedy = _why(name, meant, packs)
            yield ConfigProblem(path=path, sentence=sentence, remedy=remedy)


def _recognises(entry: PackEntry) -> bool:
    """A library recognises nothing; what cannot be read may have been anything."""
    return entry.manifest.kind is not Kind.LIBRARY or isinstance(entry.status, Inactive)


def _why(name: str, meant: list[PackEntry], packs: list[PackEntry]) -> tuple[str, str]:
    for one in meant:
        if isinstance(one.status, Inactive):
            sentence = f"The schema pack `{name}` is not active: {one.status.reason}."
            remedy = f"Add it anew; `amtsweg schema show {one.key}` says more."
            return sentence, remedy
    near = nearest(name, {one.manifest.id for one in packs})
    return (
        f"There is no schema pack `{name}`.",
        f"{near} `amtsweg schema add` adds others.",
    )


def _claimed(service: Service, shelf: Shelf) -> Iterable[ConfigProblem]:
    match service.check.claim:
        case SchemaUri(uri=uri) if not shelf.for_uri(uri):
            yield ConfigProblem(
                path=(SECTION, "schema"),
                sentence="No active schema pack knows this schema.",
                remedy=_ADD,
            )
        case FormOf(profile=profile, id=form) if not shelf.for_form(profile, form):
            yield ConfigProblem(
                path=(SECTION, "form"),
                sentence="No active schema pack knows this form.",
                remedy=_ADD,
            )
        case _:
            return
